"""From what discovery found to the URLs that alerts are posted to. Source: Prometheus notifier/alertmanager.go."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote as quote_url

from vedette.intake.config.alerting import AlertmanagerConfig
from vedette.intake.config.discovery import check_target_address
from vedette.intake.target import TargetGroup
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.signals.relabel import relabel

_PATH: Final = "__alerts_path__"


@dataclass(frozen=True, slots=True)
class FoundAlertmanagers:
    """URLs, each once; `problems`: why a target is none."""

    active: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def find_alertmanagers(
    config: AlertmanagerConfig, groups: Iterable[TargetGroup], scheme: ValidationScheme
) -> FoundAlertmanagers:
    rules = config.target_rules(scheme)
    active: dict[str, None] = {}
    dropped: list[str] = []
    problems: list[str] = []
    for group in groups:
        for own in group.targets:
            fixed = {"__scheme__": config.scheme, _PATH: push_path(config)}
            found = Labels.of({**(group.labels or {}), **own, **fixed})
            kept = relabel(found, rules)
            if kept is None:
                dropped.append(_url(found))
                continue
            try:
                check_target_address(kept.get("__address__"))
                active.setdefault(_url(kept))
            except BadInput as error:
                problems.append(error.message)
    return FoundAlertmanagers(tuple(active), tuple(dropped), tuple(problems))


def push_path(config: AlertmanagerConfig) -> str:
    return posixpath.normpath(posixpath.join("/", config.path_prefix.lstrip("/"), f"api/{config.api_version}/alerts"))


def _url(labels: Labels) -> str:
    path = quote_url(labels.get(_PATH), safe="/:@!$&'()*+,;=~%")
    return f"{labels.get('__scheme__')}://{labels.get('__address__')}{path}"
