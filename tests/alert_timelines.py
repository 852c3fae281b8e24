"""Timelines of alerts: what is posted when, which notifications are expected when, and the check of what came.

Times are seconds from the timeline's beginning. The rules of the check are those of the reference's acceptance suites: each expected
batch came within its interval, and no alert more came than was expected. Source: alertmanager test/testutils (collector.go, mock.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TimedAlert:
    """`starts`, `ends`: None where it is not said."""

    labels: Mapping[str, str]
    starts: float | None = None
    ends: float | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


def alert(name: str, /, active: tuple[float, ...] = (), note: str = "", **labels: str) -> TimedAlert:
    """`active`: its start, or its start and end; a start that is not above 0 is not said, as in the reference's suite."""
    starts = active[0] if active and active[0] > 0 else None
    ends = active[1] if len(active) > 1 else None
    return TimedAlert({"alertname": name, **labels}, starts, ends, {"ann": note} if note else {})


@dataclass(frozen=True, slots=True)
class Push:
    at: float
    alerts: tuple[TimedAlert, ...]


@dataclass(frozen=True, slots=True)
class SetSilence:
    at: float
    name: str
    matcher: str
    starts: float
    ends: float


@dataclass(frozen=True, slots=True)
class EndSilence:
    at: float
    name: str


@dataclass(frozen=True, slots=True)
class Reload:
    at: float


Step = Push | SetSilence | EndSilence | Reload


def push(at: float, *alerts: TimedAlert) -> Push:
    return Push(at, alerts)


@dataclass(frozen=True, slots=True)
class Expected:
    begin: float
    end: float
    alerts: tuple[TimedAlert, ...]


def want(begin: float, end: float, *alerts: TimedAlert) -> Expected:
    return Expected(begin, end, alerts)


@dataclass(frozen=True, slots=True)
class Collector:
    """A webhook's server. Before `drops_until` it takes notifications and forgets them; before `hangs_until` it is too slow."""

    expected: tuple[Expected, ...] = ()
    drops_until: float = 0.0
    hangs_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """`config` names the collectors' addresses as `{0}`, `{1}`."""

    name: str
    config: str
    steps: tuple[Step, ...]
    collectors: tuple[Collector, ...]
    tolerance: float = 0.15
    start_delay: float = 0.0
    servers: int = 1
    compare_with_one_server: bool = False
    """The same alerts come from the servers together as from one alone."""

    @property
    def lasts(self) -> float:
        ends = [each.end for collector in self.collectors for each in collector.expected]
        return max((*ends, *(step.at for step in self.steps)), default=0.0) + 0.05


Batch = Sequence[TimedAlert]


def misses(collector: Collector, got: Sequence[tuple[float, Batch]], tolerance: float) -> list[str]:
    """What is wrong with the notifications that came; `got`: when, and the alerts of each."""
    wrong = []
    for expected in collector.expected:
        inside = [batch for at, batch in got if expected.begin <= at <= expected.end]
        found = any(_equal(expected.alerts, batch, tolerance) for batch in inside)
        if not found and (expected.alerts or inside):
            wrong.append(f"between {expected.begin} and {expected.end}: expected {expected.alerts}, got {inside}")
    n_expected = sum(len(expected.alerts) for expected in collector.expected)
    n_got = sum(len(batch) for _, batch in got)
    if n_expected != n_got:
        wrong.append(f"expected {n_expected} alerts, got {n_got}: {got}")
    return wrong


def _equal(expected: Batch, got: Batch, tolerance: float) -> bool:
    return len(expected) == len(got) and all(any(_same(alert, other, tolerance) for other in got) for alert in expected)


def _same(alert: TimedAlert, other: TimedAlert, tolerance: float) -> bool:
    return (
        dict(alert.labels) == dict(other.labels)
        and dict(alert.annotations) == dict(other.annotations)
        and _close(alert.starts, other.starts, tolerance)
        and _close(alert.ends, other.ends, tolerance)
    )


def _close(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance


def same_alerts(some: Sequence[tuple[float, Batch]], others: Sequence[tuple[float, Batch]], tolerance: float) -> bool:
    """Whether the same alerts came to both, whenever."""
    mine = [alert for _, batch in some for alert in batch]
    theirs = [alert for _, batch in others for alert in batch]
    return len(mine) == len(theirs) and all(any(_same(one, other, tolerance) for other in theirs) for one in mine)
