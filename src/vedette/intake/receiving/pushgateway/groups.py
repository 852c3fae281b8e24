"""The groups of one tenant and what a push does to them. Pure: a change is worked out, checked, and only then taken over.

    PUT     the group's families are replaced       POST    families of the same names are replaced
    DELETE  the group goes                          refused the group notes when a push failed, nothing else changes

Every family carries the group's labels, whatever the pushed metrics say. `push_time_seconds` and
`push_failure_time_seconds` are families of every group. Source: Pushgateway storage/diskmetricstore.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.labels import METRIC_NAME, Labels

PUSH_TIME: Final = "push_time_seconds"
FAILURE_TIME: Final = "push_failure_time_seconds"
_TIME_HELP: Final = {
    PUSH_TIME: "Last Unix time when changing this group in the Pushgateway succeeded.",
    FAILURE_TIME: "Last Unix time when changing this group in the Pushgateway failed.",
}
_SUFFIXES: Final = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


class Inconsistent(BadInput):
    """Well formed and refused: the group notes the failure."""


@dataclass(frozen=True, slots=True)
class PushedSample:
    """`labels` without the name; `value` as the text format writes it."""

    name: str
    labels: Labels
    value: str


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    type: str
    help: str
    samples: tuple[PushedSample, ...]
    pushed_ms: int = 0

    def within(self, group: Labels, pushed_ms: int) -> Family:
        """With the labels of its group."""
        own = dict(group)
        samples = (replace(one, labels=Labels({**dict(one.labels), **own}.items())) for one in self.samples)
        return replace(self, samples=tuple(samples), pushed_ms=pushed_ms)


@dataclass(frozen=True, slots=True)
class Group:
    labels: Labels
    families: Mapping[str, Family] = field(default_factory=dict)

    def seconds_of(self, name: str) -> float:
        """Of `push_time_seconds` and its sibling; 0 where it never happened."""
        return float(self.families[name].samples[0].value) if name in self.families else 0.0

    @property
    def last_push_succeeded(self) -> bool:
        return self.seconds_of(PUSH_TIME) > self.seconds_of(FAILURE_TIME)


def pushed(group: Group, families: Iterable[Family], now_ms: int, *, replace_all: bool) -> Group:
    """The group after a push that succeeded."""
    kept = {name: group.families[name] for name in group.families if not replace_all or name in _TIME_HELP}
    fresh = {family.name: family.within(group.labels, now_ms) for family in families}
    times = {PUSH_TIME: _time_family(PUSH_TIME, group.labels, now_ms)}
    if FAILURE_TIME not in kept:
        times[FAILURE_TIME] = _time_family(FAILURE_TIME, group.labels, 0)
    return Group(group.labels, kept | fresh | times)


def failed(group: Group, now_ms: int) -> Group:
    """The group after a push that was refused."""
    times = {FAILURE_TIME: _time_family(FAILURE_TIME, group.labels, now_ms)}
    if PUSH_TIME not in group.families:
        times[PUSH_TIME] = _time_family(PUSH_TIME, group.labels, 0)
    return Group(group.labels, {**group.families, **times})


def check_consistent(group: Group, others: Iterable[Group]) -> None:
    """Raises Inconsistent when the group's families contradict themselves or those of other groups."""
    types = {name: family.type for other in others for name, family in other.families.items()}
    for family in group.families.values():
        known = types.get(family.name, family.type)
        if known != family.type:
            raise Inconsistent(f"collected metric {family.name} of type {family.type} is not a {known.upper()}")
        _check_collisions(family, types.keys() | group.families.keys())
        seen: set[tuple[str, Labels]] = set()
        for sample in family.samples:
            if (sample.name, sample.labels) in seen:
                raise Inconsistent(
                    f'collected metric "{sample.name}" {sample.labels} was collected before with the same name and '
                    "label values"
                )
            seen.add((sample.name, sample.labels))


def _check_collisions(family: Family, names: Iterable[str]) -> None:
    for suffix in _SUFFIXES.get(family.type, ()):
        if family.name + suffix in names:
            raise Inconsistent(
                f'collected metric named "{family.name}{suffix}" collides with previously collected {family.type} '
                f'named "{family.name}"'
            )


def _time_family(name: str, group: Labels, now_ms: int) -> Family:
    sample = PushedSample(name, Labels(), repr(now_ms / 1000) if now_ms else "0")
    return Family(name, "gauge", _TIME_HELP[name], (sample,)).within(group, now_ms)


def split_name(labels: Labels) -> tuple[str, Labels]:
    return labels.name, labels.without({METRIC_NAME})
