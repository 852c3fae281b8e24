"""Which series of two vectors belong together: `on (job)`, `ignoring (instance)`, `group_left`.

Series with the same signature (the values of the labels they are matched by) form a match group. Who is present may change
from step to step, so matching yields all pairs of a group; the caller says at which steps both sides are there.
Source of semantics and error texts: Prometheus VectorBinop, resultMetric, VectorAnd, VectorOr, VectorUnless.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vedette.model.blocks import Bools, Int64s
from vedette.model.errors import QueryFailed
from vedette.model.label_projections import with_only, without
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.remembering import remembered
from vedette.query.shared.series_text import braced

AMBIGUOUS_ONE_TO_ONE = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
AMBIGUOUS_GROUPING = "multiple matches for labels: grouping labels must ensure unique matches"


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Match by `labels` only (`on`), or by all labels but those and the name."""

    on: bool
    labels: tuple[str, ...]

    @property
    def signatures(self) -> Mapping[Labels, Labels]:
        """By the labels of a series."""
        names = frozenset(self.labels)
        return with_only(names) if self.on else without(names | {METRIC_NAME})

    def signature(self, labels: Labels) -> Labels:
        return self.signatures[labels]


@dataclass(frozen=True, slots=True)
class MatchGroups:
    """The match group of each series on both sides, int64[n_left] and int64[n_right], and how many groups there are."""

    left: Int64s
    right: Int64s
    n: int

    @property
    def identity(self) -> Hashable:
        return id(self)

    def any_present(self, groups: Int64s, present: Bools) -> Bools:
        """bool[n, n_steps]: whether the group has a series present at the step."""
        out = np.zeros((self.n, present.shape[1]), np.bool_)
        np.logical_or.at(out, groups, present)
        return out

    @property
    def n_pairs(self) -> int:
        """How many pairs `pair_up` makes of them."""
        return int(np.dot(np.bincount(self.left, minlength=self.n), np.bincount(self.right, minlength=self.n)))


@remembered
def match_groups(left: Sequence[Labels], right: Sequence[Labels], rule: MatchRule) -> MatchGroups:
    places: dict[Labels, int] = {}
    signatures = rule.signatures
    sides = [
        np.array([places.setdefault(signatures[labels], len(places)) for labels in side], np.int64)
        for side in (left, right)
    ]
    return MatchGroups(sides[0], sides[1], len(places))


def pair_up(groups: MatchGroups) -> tuple[Int64s, Int64s]:
    """All pairs (left row, right row) of equal group, by left row."""
    order = np.argsort(groups.right, kind="stable")
    begins = np.searchsorted(groups.right[order], groups.left, side="left")
    counts = np.searchsorted(groups.right[order], groups.left, side="right") - begins
    left = np.repeat(np.arange(len(groups.left)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left.astype(np.int64), order[np.repeat(begins, counts) + within].astype(np.int64)


def check_one_side(
    labels: Sequence[Labels], present: Bools, of_series: Int64s, rule: MatchRule, side: str, steps: Bools
) -> None:
    """Raises QueryFailed where two series of the "one" side are in a match group at a step; `steps`: those that count."""
    if np.bincount(of_series).max(initial=0) <= 1:
        return
    seen = np.zeros((int(of_series.max()) + 1, present.shape[1]), np.bool_)
    owner = np.zeros(seen.shape, np.int64)
    for row in range(len(of_series)):
        group = of_series[row]
        clash = seen[group] & present[row] & steps
        if clash.any():
            other = labels[owner[group, int(np.argmax(clash))]]
            raise duplicate_series(labels[row], other, rule, side)
        owner[group, present[row]] = row
        seen[group] |= present[row]


def duplicate_series(a: Labels, b: Labels, rule: MatchRule, side: str) -> QueryFailed:
    first, second = sorted((braced(a), braced(b)))
    return QueryFailed(
        f"found duplicate series for the match group {braced(rule.signature(a))} on the {side} hand-side of the operation: "
        f"[{first}, {second}];many-to-many matching not allowed: matching labels must be unique on one side"
    )
