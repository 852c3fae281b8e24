"""Groups of series by labels: `sum by (job)`, `sum without (instance)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vedette.model import label_projections
from vedette.model.blocks import Int64s
from vedette.model.label_rows import LabelRows, number_by, take_labels
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.remembering import remembered


@dataclass(frozen=True, slots=True)
class Groups:
    """`of_series` int64[n_series]: the group of each series; groups are numbered as they first appear."""

    labels: list[Labels]
    of_series: Int64s

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def members(self) -> Int64s:
        """The series group by group, in their order inside a group."""
        return np.argsort(self.of_series, kind="stable").astype(np.int64)

    @property
    def starts(self) -> Int64s:
        """int64[n + 1]: where each group begins in `members`."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.of_series, minlength=self.n))]).astype(np.int64)


@remembered
def group_series(labels: Sequence[Labels], names: Sequence[str], *, without: bool) -> Groups:
    """By the named labels, or by all but those and the metric name."""
    chosen = frozenset(names) | {METRIC_NAME} if without else frozenset(names)
    keys = label_projections.without(chosen) if without else label_projections.with_only(chosen)
    if isinstance(labels, LabelRows):
        shown = [name for name in labels.names() if (name in chosen) != without]
        rows, firsts = number_by(labels, shown)
        found = take_labels(labels, firsts)
        return Groups([keys[each] for each in found], rows)
    places: dict[Labels, int] = {}
    of_series = np.array([places.setdefault(keys[each], len(places)) for each in labels], np.int64)
    return Groups(list(places), of_series)
