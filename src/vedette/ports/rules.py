"""What the API and the page need to know of rules, their alerts, and the Alertmanagers these go to; `alerting` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.model.labels import EMPTY_LABELS, Labels


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """`state`: pending or firing. Times in ms since the epoch."""

    labels: Labels
    annotations: Labels
    state: str
    active_at_ms: int
    value: float
    keep_firing_since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """`kind`: alerting or recording; what only alerting rules have is empty for the others."""

    kind: str
    name: str
    query: str
    labels: Labels
    health: str
    """ok, err or unknown (never evaluated yet)."""
    last_error: str
    evaluation_s: float
    last_evaluation_ms: int
    """0: never."""
    state: str = ""
    """unknown, inactive, pending or firing."""
    hold_ms: int = 0
    keep_firing_ms: int = 0
    annotations: Labels = EMPTY_LABELS
    alerts: Sequence[AlertStatus] = ()


@dataclass(frozen=True, slots=True)
class GroupStatus:
    name: str
    file: str
    interval_ms: int
    limit: int
    rules: Sequence[RuleStatus]
    evaluation_s: float
    last_evaluation_ms: int


class Rules(Protocol):
    """From any thread."""

    def groups(self) -> Sequence[GroupStatus]:
        """In the order of files, then names."""
        ...


class Alertmanagers(Protocol):
    """The others that alerts are sent to, by URL."""

    def active(self) -> Sequence[str]: ...

    def dropped(self) -> Sequence[str]: ...


class NoRules:
    """Where nothing evaluates rules: a server that only answers queries, a test."""

    def groups(self) -> Sequence[GroupStatus]:
        return ()


class NoAlertmanagers:
    def active(self) -> Sequence[str]:
        return ()

    def dropped(self) -> Sequence[str]:
        return ()
