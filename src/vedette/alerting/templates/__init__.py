"""Notification texts: what templates see, their functions, and our default templates in two languages."""

from vedette.alerting.templates.data import Data, group_data, notification_data
from vedette.alerting.templates.data_files import data_from_json
from vedette.alerting.templates.expansion import Language, Templates
from vedette.alerting.templates.payloads import fill_payload

__all__ = ["Data", "Language", "Templates", "data_from_json", "fill_payload", "group_data", "notification_data"]
