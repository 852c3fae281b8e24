"""alertmanager.yml: read with positions, checked as the reference checks it, rendered without secrets."""

from vedette.alerting.config.checking import ConfigReport, check_config
from vedette.alerting.config.load import load_config, render_config
from vedette.alerting.config.routing import route_spec, source_matchers, target_matchers
from vedette.alerting.config.sections import KINDS, OUR_KINDS, AlertmanagerConfig, InhibitRule, Receiver, Route

__all__ = [
    "KINDS",
    "OUR_KINDS",
    "AlertmanagerConfig",
    "ConfigReport",
    "InhibitRule",
    "Receiver",
    "Route",
    "check_config",
    "load_config",
    "render_config",
    "route_spec",
    "source_matchers",
    "target_matchers",
]
