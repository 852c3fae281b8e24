"""count_values: one series for each value that occurs in a group, counting the series that have it."""

from __future__ import annotations

import numpy as np

from vedette.model.errors import QueryFailed
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.numbers import format_fixed
from vedette.query.promql.ast import AggregateExpr, StringLiteral
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.label_functions import is_label_name
from vedette.query.promql.values import Matrix
from vedette.query.shared.quoting import quote
from vedette.query.shared.steps import Grid


def count_values(evaluation: Evaluation, node: AggregateExpr, grid: Grid) -> Matrix:
    """The value becomes a label, then series are grouped as in any aggregation. (Prometheus aggregationCountValues.)"""
    assert isinstance(node.param, StringLiteral)
    label = node.param.value
    if not is_label_name(label):
        raise QueryFailed(f"invalid label name {quote(label)}")
    matrix = evaluation.matrix(node.expr, grid)
    rows, steps = np.nonzero(matrix.present)
    values = matrix.values[rows, steps]
    values = np.where(np.isnan(values), np.nan, values)
    # By the values' bits, so that -0 and 0 stay apart as their texts do.
    distinct, value_of_cell = np.unique(np.ascontiguousarray(values).view(np.uint64), return_inverse=True)
    pairs, pair_of_cell = np.unique(rows * max(1, len(distinct)) + value_of_cell, return_inverse=True)
    texts = [format_fixed(value) for value in distinct.view(np.float64).tolist()]
    chosen = frozenset(node.grouping) | ({METRIC_NAME} if node.without else {label})
    places: dict[Labels, int] = {}
    place_of_pair = np.empty(len(pairs), np.int64)
    for i, pair in enumerate(pairs.tolist()):
        row, value = divmod(pair, len(distinct))
        labels = matrix.labels[row].replace(label, texts[value])
        labels = labels.without(chosen) if node.without else labels.only(chosen)
        place_of_pair[i] = places.setdefault(labels, len(places))
    evaluation.check_cells(len(places), grid)
    counts = np.zeros((len(places), grid.n_steps))
    np.add.at(counts, (place_of_pair[pair_of_cell], steps), 1.0)
    return Matrix.of(list(places), grid, counts, counts > 0)
