"""count_values: one series for each value that occurs in a group, counting the series that have it."""

from __future__ import annotations

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.numbers import format_fixed
from vedette.query.promql.ast import AggregateExpr, StringLiteral
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.histogram_text import format_histogram
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
    texts, value_of_cell = texts_of(matrix)
    pairs, pair_of_cell = np.unique(rows * max(1, len(texts)) + value_of_cell, return_inverse=True)
    chosen = frozenset(node.grouping) | ({METRIC_NAME} if node.without else {label})
    places: dict[Labels, int] = {}
    place_of_pair = np.empty(len(pairs), np.int64)
    for i, pair in enumerate(pairs.tolist()):
        row, value = divmod(pair, len(texts))
        labels = matrix.labels[row].replace(label, texts[value])
        labels = labels.without(chosen) if node.without else labels.only(chosen)
        place_of_pair[i] = places.setdefault(labels, len(places))
    evaluation.check_cells(len(places), grid)
    counts = np.zeros((len(places), grid.n_steps))
    np.add.at(counts, (place_of_pair[pair_of_cell], steps), 1.0)
    return Matrix.of(list(places), grid, counts, counts > 0)


def texts_of(matrix: Matrix) -> tuple[list[str], Int64s]:
    """The distinct values as texts, and which one each present cell holds, series by series."""
    values = matrix.values[matrix.present]
    values = np.where(np.isnan(values), np.nan, values)
    # By the values' bits, so that -0 and 0 stay apart as their texts do.
    distinct, text_of_cell = np.unique(np.ascontiguousarray(values).view(np.uint64), return_inverse=True)
    texts = [format_fixed(value) for value in distinct.view(np.float64).tolist()]
    if matrix.histograms is None:
        return texts, text_of_cell
    cells = matrix.histograms[matrix.present]
    places = {text: place for place, text in enumerate(texts)}
    for cell in np.flatnonzero(cells.rows != FLOAT).tolist():
        text = format_histogram(cells.table.at(int(cells.rows[cell])))
        text_of_cell[cell] = places.setdefault(text, len(places))
    return list(places), text_of_cell
