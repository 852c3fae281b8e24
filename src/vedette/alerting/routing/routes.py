"""The routing tree: each alert goes to the deepest routes that match it, left to right, until one does not `continue`.

`RouteSpec` is what a configuration says, with gaps; `build_routes` fills them from the parents, once, so that what runs asks nobody.
Keys and ids are printed as the reference prints them: group keys hold them, and receivers and logs hold group keys.
Source: alertmanager dispatch/route.go.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vedette.alerting.matchers.index import MatcherIndex
from vedette.alerting.matchers.matcher import Matchers, format_matchers, matches_all, sorted_matchers
from vedette.model.labels import Labels
from vedette.model.quoting import quote

ALL_LABELS = "..."
"""As `group_by`: each label set is a group of its own."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route of the configuration; None: as its parent says."""

    receiver: str | None = None
    matchers: Matchers = ()
    continues: bool = False
    group_by: tuple[str, ...] | None = None
    group_wait_ms: int | None = None
    group_interval_ms: int | None = None
    repeat_interval_ms: int | None = None
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Values are templates."""
    routes: tuple[RouteSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteOptions:
    receiver: str = ""
    group_by: frozenset[str] = frozenset()
    group_by_all: bool = False
    group_wait_ms: int = 30_000
    group_interval_ms: int = 300_000
    repeat_interval_ms: int = 4 * 3600_000
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def under(self, spec: RouteSpec) -> RouteOptions:
        """What a route has whose parent has these. Time intervals are not inherited."""
        by_all, group_by = self.group_by_all, self.group_by
        if spec.group_by is not None:
            by_all = ALL_LABELS in spec.group_by
            group_by = self.group_by if by_all else frozenset(spec.group_by)
        return RouteOptions(
            receiver=spec.receiver or self.receiver,
            group_by=group_by,
            group_by_all=by_all,
            group_wait_ms=_or(spec.group_wait_ms, self.group_wait_ms),
            group_interval_ms=_or(spec.group_interval_ms, self.group_interval_ms),
            repeat_interval_ms=_or(spec.repeat_interval_ms, self.repeat_interval_ms),
            mute_intervals=spec.mute_intervals,
            active_intervals=spec.active_intervals,
            labels={**self.labels, **spec.labels},
        )


class Route:
    """A node of the tree. `index` numbers it among all, children before parents, as the reference does."""

    __slots__ = ("_index_of_children", "continues", "id", "index", "key", "matchers", "options", "routes")

    def __init__(self, spec: RouteSpec, parent: Route | None, place: int, counter: Iterator[int]) -> None:
        self.options: RouteOptions = (parent.options if parent else RouteOptions()).under(spec)
        self.matchers: Matchers = sorted_matchers(spec.matchers)
        self.continues: bool = spec.continues
        own = format_matchers(self.matchers)
        self.key: str = f"{parent.key}/{own}" if parent else own
        self.id: str = f"{parent.id}/{own}/{place}" if parent else own
        self.routes: Sequence[Route] = tuple(
            Route(child, self, place, counter) for place, child in enumerate(spec.routes)
        )
        self.index: int = next(counter)
        self._index_of_children = MatcherIndex([child.matchers for child in self.routes])

    def match(self, labels: Mapping[str, str]) -> list[Route]:
        """The routes that alerts with these labels take; empty where this one does not match."""
        return self._matched(labels) if matches_all(self.matchers, labels) else []

    def _matched(self, labels: Mapping[str, str]) -> list[Route]:
        found: list[Route] = []
        for place in self._index_of_children.matching(labels):
            child = self.routes[place]
            found += child._matched(labels)
            if not child.continues:
                break
        return found or [self]

    def walk(self) -> Iterator[Route]:
        """This route, then those below it."""
        yield self
        for child in self.routes:
            yield from child.walk()

    def group_labels(self, labels: Labels) -> Labels:
        return labels if self.options.group_by_all else labels.only(self.options.group_by)


def build_routes(spec: RouteSpec) -> Route:
    """The root matches every alert."""
    return Route(spec, None, 0, itertools.count())


def group_key(route: Route, group_labels: Labels) -> str:
    """`{}/{a="b"}:{alertname="c"}`: the name of a group, the same after a restart."""
    return f"{route.key}:{format_label_set(group_labels)}"


def format_label_set(labels: Labels) -> str:
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels) + "}"


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
