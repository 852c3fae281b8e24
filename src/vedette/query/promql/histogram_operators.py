"""Binary operators and the sign where an operand is a native histogram; floats beside them keep their arithmetic.

What two operands say of each other is noted cell by cell, because the reference reports only the last pair of a step.
Source of semantics: Prometheus vectorElemBinop, VectorBinop, VectorscalarBinop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vedette.kernels import histogram_workspace as workspace
from vedette.kernels.histogram_equality import equal_rows
from vedette.kernels.histogram_scaling import compact, divide, multiply
from vedette.kernels.histogram_sums import sum_histograms
from vedette.kernels.histogram_table import table_of
from vedette.kernels.histogram_trimming import trim_histograms
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import (
    FLOAT,
    NO_HISTOGRAMS,
    Buckets,
    CounterReset,
    HistogramCells,
    Histograms,
    join_histograms,
)
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.histogram_averages import has_conflict
from vedette.query.promql.operators import TRIMS, element_result

_SILENT: Final = 0
_TYPES: Final = 1
"""_TYPES + 2 * left is a histogram + right is one: the operator is not defined for such operands."""
_LAYOUTS: Final = 5
_CONFLICT: Final = 6
_RECONCILED: Final = 7

_OPERATIONS: Final = {"+": "addition", "-": "subtraction"}
_KIND: Final = ("float", "histogram")


@dataclass(frozen=True, slots=True)
class Operand:
    """Values of cells; `rows` int64 of the same shape into `table`, or FLOAT."""

    values: Float64s
    rows: Int64s
    table: Histograms

    @classmethod
    def of(cls, values: Float64s, cells: HistogramCells | None) -> Operand:
        if cells is None:
            return cls(values, np.full(values.shape, FLOAT, np.int64), NO_HISTOGRAMS)
        return cls(values, cells.rows, cells.table)

    @property
    def is_histogram(self) -> Bools:
        return np.asarray(self.rows != FLOAT, np.bool_)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kept`: cells that have a result; `compared`: those where a comparison holds (all others for arithmetic); `notes`: see above."""

    values: Float64s
    kept: Bools
    compared: Bools
    cells: HistogramCells
    notes: Int64s


def operate(op: str, left: Operand, right: Operand, met: Bools) -> Outcome:
    """The operator on cells where `met`."""
    shape = met.shape
    left_is, right_is = np.broadcast_to(left.is_histogram, shape), np.broadcast_to(right.is_histogram, shape)
    floats = met & ~left_is & ~right_is
    parts = Parts(shape)
    if op in TRIMS:
        values, compared = np.full(shape, np.nan), np.ones(shape, np.bool_)
        parts.notes[floats] = _TYPES
        parts.kept[...] = False
    else:
        values, compared = (
            np.array(np.broadcast_to(each, shape)) for each in element_result(op, left.values, right.values)
        )
        parts.kept[...] = floats
    for kinds, chosen in (
        (1, met & ~left_is & right_is),
        (2, met & left_is & ~right_is),
        (3, met & left_is & right_is),
    ):
        places = np.flatnonzero(chosen)
        if len(places):
            combine = _COMBINATIONS.get((op, kinds))
            if combine is None:
                parts.notes.reshape(-1)[places] = _TYPES + kinds
            else:
                held = combine(parts, places, _at(left, places, shape), _at(right, places, shape))
                compared.reshape(-1)[places] = held
    values = np.where(parts.rows != FLOAT, np.nan, values)
    cells = HistogramCells(parts.rows, join_histograms(parts.tables))
    return Outcome(values, parts.kept, compared, cells, parts.notes)


class Parts:
    """The histograms of a result as they come, and what is said of its cells."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.rows = np.full(shape, FLOAT, np.int64)
        self.kept = np.zeros(shape, np.bool_)
        self.notes = np.zeros(shape, np.int64)
        self.tables: list[Histograms] = []
        self._n = 0

    def put(self, places: Int64s, rows: Int64s, table: Histograms) -> None:
        """At flat places; a row of -1 is no result."""
        self.rows.reshape(-1)[places] = np.where(rows >= 0, rows + self._n, FLOAT)
        self.kept.reshape(-1)[places] = rows >= 0
        self.tables.append(table)
        self._n += len(table)


Combination = Callable[[Parts, Int64s, Operand, Operand], Bools]


def _at(operand: Operand, places: Int64s, shape: tuple[int, ...]) -> Operand:
    values = np.broadcast_to(operand.values, shape).reshape(-1)[places]
    return Operand(values, np.broadcast_to(operand.rows, shape).reshape(-1)[places], operand.table)


def _all(places: Int64s) -> Bools:
    return np.ones(len(places), np.bool_)


def _scale(operation: Callable[[Histograms, Float64s], Histograms]) -> Combination:
    """The histogram on either side times, or through, the float on the other."""

    def scale(parts: Parts, places: Int64s, left: Operand, right: Operand) -> Bools:
        histogram, number = (left, right) if left.is_histogram.all() else (right, left)
        table = operation(histogram.table.take(histogram.rows), number.values)
        parts.put(places, np.arange(len(places)), table)
        return _all(places)

    return scale


def _add(weight: float) -> Combination:
    """+ and -. A result whose operands contradict each other on a counter reset is left out, with a warning."""

    def add(parts: Parts, places: Int64s, left: Operand, right: Operand) -> Bools:
        table = join_histograms([left.table, right.table])
        terms = np.stack([left.rows, right.rows + len(left.table)], axis=1).reshape(-1)
        begins = 2 * np.arange(len(places), dtype=np.int64)
        weights = np.tile([1.0, weight], len(places))
        sums = sum_histograms(table, terms, weights, (begins, begins + 2), compensated=False)
        result = sums.histograms
        if weight < 0:
            result = replace(result, hints=np.full(len(result), int(CounterReset.GAUGE)))
        notes = np.zeros(len(places), np.int64)
        notes[sums.flagged(workspace.RECONCILED_ADDING | workspace.RECONCILED_SUBTRACTING)] = _RECONCILED
        conflict = has_conflict(sums) & (sums.rows >= 0)
        notes[conflict] = _CONFLICT
        notes[sums.flagged(workspace.INCOMPATIBLE)] = _LAYOUTS
        parts.put(places, np.where(conflict, -1, sums.rows), result)
        parts.notes.reshape(-1)[places] = notes
        return _all(places)

    return add


def _compare(equal: bool) -> Combination:
    def compare(parts: Parts, places: Int64s, left: Operand, right: Operand) -> Bools:
        table = join_histograms([left.table, right.table])
        out = np.empty(len(places), np.bool_)
        equal_rows(table_of(table), left.rows, right.rows + len(left.table), out)
        parts.put(places, left.rows, left.table)
        return out if equal else ~out

    return compare


def _trim(keep_below: bool) -> Combination:
    def trim(parts: Parts, places: Int64s, left: Operand, right: Operand) -> Bools:
        parts.put(
            places, np.arange(len(places)), trimmed(left.table.take(left.rows), right.values, keep_below=keep_below)
        )
        return _all(places)

    return trim


_COMBINATIONS: dict[tuple[str, int], Combination] = {
    ("*", 1): _scale(multiply),
    ("*", 2): _scale(multiply),
    ("/", 2): _scale(divide),
    ("</", 2): _trim(keep_below=True),
    (">/", 2): _trim(keep_below=False),
    ("+", 3): _add(1.0),
    ("-", 3): _add(-1.0),
    ("==", 3): _compare(equal=True),
    ("!=", 3): _compare(equal=False),
}
"""By operator and kinds: 1 float with histogram, 2 histogram with float, 3 two histograms."""


def trimmed(histograms: Histograms, limits: Float64s, *, keep_below: bool) -> Histograms:
    n = len(histograms)
    totals = (np.empty(n), np.empty(n), np.empty(n))
    positive, negative = np.empty(len(histograms.positive.counts)), np.empty(len(histograms.negative.counts))
    rows = np.arange(n, dtype=np.int64)
    limits = np.ascontiguousarray(limits)
    trim_histograms(table_of(histograms), rows, limits, keep_below, totals, positive, negative)
    sides = (
        Buckets(side.offsets, side.indexes, counts)
        for side, counts in ((histograms.positive, positive), (histograms.negative, negative))
    )
    kept_positive, kept_negative = map(compact, sides)
    return replace(
        histograms,
        counts=totals[0],
        sums=totals[1],
        zero_counts=totals[2],
        positive=kept_positive,
        negative=kept_negative,
    )


def annotate_steps(annotations: Annotations, op: str, notes: Int64s, position: int) -> None:
    """notes int64[n_rows, n_steps]: of each step the last one that is not silent is reported."""
    said: set[int] = set()
    for step in np.flatnonzero((notes != _SILENT).any(axis=0)).tolist():
        column = notes[:, step]
        said.add(int(column[np.flatnonzero(column)[-1]]))
    _say_all(annotations, op, sorted(said), position)


def _say_all(annotations: Annotations, op: str, said: Sequence[int], position: int) -> None:
    for note in said:
        if note == _LAYOUTS:
            annotations.incompatible_buckets(op, position)
        elif note == _CONFLICT:
            annotations.conflicting_resets(_OPERATIONS[op], position)
        elif note == _RECONCILED:
            annotations.mismatched_bounds(_OPERATIONS[op], position)
        else:
            kinds = note - _TYPES
            annotations.incompatible_types(_KIND[kinds >> 1], op, _KIND[kinds & 1], position)


def negated(cells: HistogramCells) -> HistogramCells:
    return HistogramCells(cells.rows, multiply(cells.table, np.full(len(cells.table), -1.0)))
