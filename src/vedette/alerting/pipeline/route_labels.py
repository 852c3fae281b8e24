"""Labels of routes: templates over the group's alerts. Where one fails the group has none; it is logged, and holds nothing up."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from vedette.alerting.alerts import Alert
from vedette.alerting.pipeline.groups import Group
from vedette.alerting.templates import Templates, group_data
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.signals.template.errors import TemplateError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpandedRouteLabels:
    templates: Templates

    def __call__(self, group: Group, alerts: Sequence[Alert], now_ms: int) -> Labels:
        options = group.route.options
        raw = Labels.of(options.labels)
        external_url = self.templates.external_url
        data = group_data(options.receiver, group.labels, raw, alerts, external_url=external_url, now_ms=now_ms)
        try:
            return Labels.of(self.templates.route_labels(options.labels, data))
        except TemplateError as error:
            log.error("the labels of a route cannot be expanded", extra={"group": group.key, "error": str(error)})
            return EMPTY_LABELS
