"""Receivers: one small file a vendor, over one layer for HTTP (`http.py`) and one for texts (`texts.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vedette.alerting.config.paging import PagerdutyConfig
from vedette.alerting.config.sections import KINDS, Receiver
from vedette.alerting.notification import Integration
from vedette.alerting.receivers.aliyun_sms import AliyunSms
from vedette.alerting.receivers.chat_rooms import Discord, MsTeams, MsTeamsV2, Webex
from vedette.alerting.receivers.dingtalk import Dingtalk
from vedette.alerting.receivers.email import Email
from vedette.alerting.receivers.feishu import Feishu
from vedette.alerting.receivers.incidentio import Incidentio
from vedette.alerting.receivers.jira import Jira
from vedette.alerting.receivers.mattermost import Mattermost
from vedette.alerting.receivers.opsgenie import Opsgenie
from vedette.alerting.receivers.pagerduty import PagerdutyV1, PagerdutyV2
from vedette.alerting.receivers.pushover import Pushover
from vedette.alerting.receivers.rocketchat import Rocketchat
from vedette.alerting.receivers.slack import Slack
from vedette.alerting.receivers.sns import Sns
from vedette.alerting.receivers.telegram import Telegram
from vedette.alerting.receivers.victorops import Victorops
from vedette.alerting.receivers.webhook import Webhook
from vedette.alerting.receivers.wechat import Wechat
from vedette.alerting.templates import Templates

__all__ = ["BUILDERS", "build_integrations"]

Builder = Callable[[Any, int, Templates], Integration]


def _pagerduty(section: PagerdutyConfig, index: int, templates: Templates) -> Integration:
    by_service = section.service_key or section.service_key_file
    return (PagerdutyV1 if by_service else PagerdutyV2)(section, index, templates)


BUILDERS: Final[tuple[tuple[str, Builder], ...]] = (
    ("webhook", Webhook),
    ("email", Email),
    ("pagerduty", _pagerduty),
    ("opsgenie", Opsgenie),
    ("wechat", Wechat),
    ("slack", Slack),
    ("victorops", Victorops),
    ("pushover", Pushover),
    ("sns", Sns),
    ("telegram", Telegram),
    ("discord", Discord),
    ("webex", Webex),
    ("msteams", MsTeams),
    ("msteamsv2", MsTeamsV2),
    ("jira", Jira),
    ("incidentio", Incidentio),
    ("rocketchat", Rocketchat),
    ("mattermost", Mattermost),
    ("dingtalk", Dingtalk),
    ("feishu", Feishu),
    ("aliyun_sms", AliyunSms),
)
"""By the names of their sections, in the order in which a receiver's integrations stand."""

assert tuple(kind for kind, _ in BUILDERS) == KINDS


def build_integrations(receiver: Receiver, templates: Templates) -> tuple[Integration, ...]:
    """Of one of `ready_receivers`. They belong to the event loop that asks them."""
    builders = dict(BUILDERS)
    return tuple(builders[kind](section, index, templates) for kind, index, section in receiver.sections())
