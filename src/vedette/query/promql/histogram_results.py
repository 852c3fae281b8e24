"""Histograms computed for some cells of a result, and what there is to say about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vedette.kernels import histogram_workspace as workspace
from vedette.kernels.histogram_sums import Sums
from vedette.model.blocks import Bools, Int64s
from vedette.model.histograms import Histograms
from vedette.model.labels import METRIC_NAME, Labels
from vedette.query.promql.annotations import Annotations


@dataclass(slots=True)
class Found:
    """places int64[n]: flat cells of (series, step), `n_steps` a series; rows int64[n]: of `table`, or -1 for none.

    The other arrays are bool[n]: which cells have what said of them.
    """

    places: Int64s
    n_steps: int
    rows: Int64s
    table: Histograms
    of_metric: list[tuple[Bools, Callable[[Annotations, str, int], None]]] = field(default_factory=list)
    of_query: list[tuple[Bools, Callable[[Annotations, int], None]]] = field(default_factory=list)

    def annotate(self, annotations: Annotations, labels: Sequence[Labels], position: int) -> None:
        for where, say_of_metric in self.of_metric:
            series = np.unique(self.places[where] // self.n_steps)
            for name in {labels[row].get(METRIC_NAME) for row in series.tolist()}:
                say_of_metric(annotations, name, position)
        for where, say in self.of_query:
            if where.any():
                say(annotations, position)


def say_incompatible(found: Found, sums: Sums) -> Bools:
    """Which cells met both kinds of buckets: that alone is said of them."""
    incompatible = sums.flagged(workspace.INCOMPATIBLE)
    found.of_metric.append((incompatible, Annotations.mixed_schemas))
    return incompatible


def say_reconciled(found: Found, where: Bools, operation: str) -> None:
    found.of_query.append((where, lambda annotations, position: annotations.mismatched_bounds(operation, position)))


def say_conflict(found: Found, where: Bools, operation: str) -> None:
    found.of_query.append((where, lambda annotations, position: annotations.conflicting_resets(operation, position)))
