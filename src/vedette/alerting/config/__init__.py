"""alertmanager.yml: read with positions, checked as the reference checks it, rendered without secrets."""

from vedette.alerting.config.load import MatcherSyntax, load_config, render_config
from vedette.alerting.config.sections import KINDS, OUR_KINDS, AlertmanagerConfig, InhibitRule, Receiver, Route

__all__ = [
    "KINDS",
    "OUR_KINDS",
    "AlertmanagerConfig",
    "InhibitRule",
    "MatcherSyntax",
    "Receiver",
    "Route",
    "load_config",
    "render_config",
]
