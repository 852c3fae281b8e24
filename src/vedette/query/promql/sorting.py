"""sort, sort_desc, sort_by_label, sort_by_label_desc: the order of an instant query's series.

Range queries are sorted by labels when they are done, so there sorting does nothing but warn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.labels import Labels
from vedette.query.promql.ast import Call, StringLiteral
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

_CHUNKS = re.compile(r"[0-9]+|[^0-9]+")


def sort_series(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    if not grid.is_instant:
        evaluation.annotations.sort_in_range_query(call.start)
    matrix = evaluation.matrix(call.args[0], grid)
    if not call.function.name.startswith("sort_by_label") and matrix.histograms is not None:
        matrix = matrix.with_cells(matrix.values, matrix.float_present).without_empty_series()
    if not grid.is_instant:
        return matrix
    descending = call.function.name.endswith("_desc")
    if call.function.name.startswith("sort_by_label"):
        names = [arg.value for arg in call.args[1:] if isinstance(arg, StringLiteral)]
        return matrix.rows(order_by_labels(matrix.labels, names, descending))
    matrix = matrix.sorted_by_labels()
    values = matrix.values[:, 0]
    # equal values keep the order of their labels, as Prometheus' storage gives them; NaN goes last, and among several
    # the last comes first, because the reference finds each NaN below every other value
    keys = np.where(np.isnan(values), -np.arange(len(values)), -values if descending else values)
    return matrix.rows(np.lexsort((keys, np.isnan(values))))


def order_by_labels(labels: Sequence[Labels], names: list[str], descending: bool) -> Int64s:
    """Indices in natural order (`a2` before `a10`) of the named labels, then of all labels."""
    every = list(labels)

    def compare(i: int, j: int) -> int:
        a, b = every[i], every[j]
        return -compare_by(a, b, names) if descending else compare_by(a, b, names)

    return np.array(sorted(range(len(labels)), key=cmp_to_key(compare)), np.int64)


def compare_by(a: Labels, b: Labels, names: list[str]) -> int:
    for name in names:
        if a.get(name) != b.get(name):
            return -1 if naturally_before(a.get(name), b.get(name)) else 1
    return -1 if a.pairs < b.pairs else int(a.pairs > b.pairs)


def naturally_before(a: str, b: str) -> bool:
    """Runs of digits compare as numbers. Source: github.com/facette/natsort, which the reference uses."""
    chunks_a, chunks_b = _CHUNKS.findall(a), _CHUNKS.findall(b)
    for i, chunk in enumerate(chunks_a):
        if i >= len(chunks_b):
            return False
        other = chunks_b[i]
        numeric = chunk.isdigit() and other.isdigit()
        if (int(chunk) == int(other)) if numeric else (chunk == other):
            if i == len(chunks_a) - 1:
                return True
            if i == len(chunks_b) - 1:
                return False
            continue
        return int(chunk) < int(other) if numeric else str(chunk) < str(other)
    return False
