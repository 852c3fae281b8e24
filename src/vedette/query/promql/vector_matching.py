"""Arithmetic and comparison between two vectors.

They are matched once for the whole grid: every pair of series that may meet becomes a row, with a mask of the steps at
which both are there; rows with the same resulting labels are then joined. With fill values a series that meets nobody at a
step makes a row of its own. The side that `group_left` / `group_right` points at is "many", the other one "one"; without
them both sides are unique in their match group. Source of semantics: Prometheus VectorBinop, resultMetric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT
from vedette.model.label_projections import with_only, with_value, without
from vedette.model.label_rows import concatenated, take_labels
from vedette.model.labels import Labels
from vedette.model.remembering import remembered
from vedette.query.promql.ast import COMPARISONS, BinaryExpr, Cardinality, VectorMatching
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.histogram_operators import Operand, Outcome, annotate_steps, operate
from vedette.query.promql.operators import ARITHMETIC, TRIMS, element_result
from vedette.query.promql.values import METADATA_LABELS, Matrix, concatenate_cells, merge_same_labels
from vedette.query.shared import matching
from vedette.query.shared.matching import MatchGroups, MatchRule


@dataclass(frozen=True, slots=True)
class Results:
    """What pairs of series result in, by their labels."""

    spec: VectorMatching
    drops_name: bool
    """Whether the result loses its name at once, not when the query is done."""

    @property
    def of_pair(self) -> Callable[[Labels, Labels], Labels]:
        """(many, one) -> result"""
        bare = without(METADATA_LABELS) if self.drops_name else None
        matched = None
        if self.spec.cardinality is Cardinality.ONE_TO_ONE and (self.spec.on or self.spec.labels):
            names = frozenset(self.spec.labels)
            matched = with_only(names) if self.spec.on else without(names)
        included = [(name, with_value(name)) for name in self.spec.include]

        def derive(many: Labels, one: Labels) -> Labels:
            labels = many if bare is None else bare[many]
            if matched is not None:
                labels = matched[labels]
            for name, replaced in included:
                labels = replaced[labels, one.get(name)]
            return labels

        return derive


@dataclass(frozen=True, slots=True, eq=False)
class PairLabels(Sequence[Labels]):
    """What pairs result in, made when it is asked for: `many` and `one` int64[n], rows of the two sides. Told apart by identity."""

    results: Results
    many_labels: Sequence[Labels]
    one_labels: Sequence[Labels]
    many: Int64s
    one: Int64s

    def __len__(self) -> int:
        return len(self.many)

    @overload
    def __getitem__(self, row: int) -> Labels: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Labels]: ...
    def __getitem__(self, row: int | slice) -> Labels | Sequence[Labels]:
        if isinstance(row, slice):
            return listed(self)[row]
        return self.results.of_pair(self.many_labels[self.many[row]], self.one_labels[self.one[row]])

    def __iter__(self) -> Iterator[Labels]:
        return iter(listed(self))


@remembered
def listed(pairs: PairLabels) -> list[Labels]:
    many, one, derive = list(pairs.many_labels), list(pairs.one_labels), pairs.results.of_pair
    return [derive(many[i], one[j]) for i, j in zip(pairs.many.tolist(), pairs.one.tolist(), strict=True)]


@remembered
def pair_labels(
    results: Results, many_labels: Sequence[Labels], one_labels: Sequence[Labels], groups: MatchGroups
) -> PairLabels:
    """Of the pairs that `pair_up` makes of the groups."""
    return PairLabels(results, many_labels, one_labels, *matching.pair_up(groups))


@dataclass(frozen=True, slots=True)
class Meetings:
    """Rows of operands: `many` and `one` float64[n_rows, n_steps], `met` the steps that count, `group` int64[n_rows]."""

    labels: Sequence[Labels]
    many: Float64s
    one: Float64s
    met: Bools
    group: Int64s
    place: Int64s
    """Where the reference has it: at the row of its many side; behind them, at its one side's row, where there is no many side."""
    many_rows: Int64s | None = None
    """As HistogramCells.rows, of the many side's table; None: floats only."""
    one_rows: Int64s | None = None

    def in_place(self) -> Meetings:
        order = np.argsort(self.place, kind="stable")
        return Meetings(
            take_labels(self.labels, order),
            self.many[order],
            self.one[order],
            self.met[order],
            self.group[order],
            self.place[order],
            None if self.many_rows is None else self.many_rows[order],
            None if self.one_rows is None else self.one_rows[order],
        )


@dataclass(frozen=True, slots=True)
class Matching:
    """The two sides of one operation and how they are matched."""

    node: BinaryExpr
    spec: VectorMatching
    many: Matrix
    one: Matrix
    drops_name: bool

    @property
    def rule(self) -> MatchRule:
        return MatchRule(self.spec.on, self.spec.labels)

    @property
    def results(self) -> Results:
        return Results(self.spec, self.drops_name)

    @property
    def filters(self) -> bool:
        """Whether the result has fewer series than pairs, as a rule: a comparison between unique series."""
        comparison = self.node.op in COMPARISONS and not self.node.return_bool
        return comparison and self.spec.cardinality is Cardinality.ONE_TO_ONE

    def pairs(self, groups: MatchGroups) -> Meetings:
        labels = pair_labels(self.results, self.many.labels, self.one.labels, groups)
        rows, ones = labels.many, labels.one
        met = self.many.present[rows] & self.one.present[ones]
        return Meetings(
            labels if self.filters else listed(labels),
            self.many.values[rows],
            self.one.values[ones],
            met,
            groups.left[rows],
            rows,
            rows_of(self.many, rows),
            rows_of(self.one, ones),
        )

    def fill_one_side(self, groups: MatchGroups, fill: float) -> Meetings:
        """Series of the many side, where the one side has none for them."""
        met = self.many.present & ~groups.any_present(groups.right, self.one.present)[groups.left]
        derive, signatures = self.results.of_pair, self.rule.signatures
        labels = [derive(labels, signatures[labels]) for labels in self.many.labels]
        none = None if self.one.histograms is None else np.full(met.shape, FLOAT, np.int64)
        places = np.arange(len(labels))
        filled = np.full(met.shape, fill)
        return Meetings(labels, self.many.values, filled, met, groups.left, places, rows_of(self.many), none)

    def fill_many_side(self, groups: MatchGroups, fill: float, matched: Bools) -> Meetings:
        """Series of the one side, where their match group is not `matched` bool[n_groups, n_steps]."""
        met = self.one.present & ~matched[groups.right]
        derive, signatures = self.results.of_pair, self.rule.signatures
        labels = [derive(signatures[labels], labels) for labels in self.one.labels]
        none = None if self.many.histograms is None else np.full(met.shape, FLOAT, np.int64)
        places = self.many.n_series + np.arange(len(labels))
        filled = np.full(met.shape, fill)
        return Meetings(labels, filled, self.one.values, met, groups.right, places, none, rows_of(self.one))

    def check_unique(self, rows: Meetings) -> None:
        """Raises QueryFailed where a match group yields a result twice at one step."""
        if self.spec.cardinality is Cardinality.ONE_TO_ONE:
            place, problem = rows.group, matching.AMBIGUOUS_ONE_TO_ONE
        else:
            place, problem = number_results(rows.labels, rows.group), matching.AMBIGUOUS_GROUPING
        if np.bincount(place).max(initial=0) <= 1:
            return
        counts = np.zeros((int(place.max()) + 1, rows.met.shape[1]), np.int64)
        np.add.at(counts, place, rows.met)
        if (counts > 1).any():
            raise QueryFailed(problem)

    def outcome(self, rows: Meetings) -> Outcome:
        """The operator applied where there are histograms."""
        swapped = self.spec.cardinality is Cardinality.ONE_TO_MANY
        many = operand_of(rows.many, rows.many_rows, self.many)
        one = operand_of(rows.one, rows.one_rows, self.one)
        return operate(self.node.op, *((one, many) if swapped else (many, one)), rows.met)

    def result_of_histograms(self, rows: Meetings, outcome: Outcome) -> Matrix:
        drop_name = np.full(len(rows.labels), self.node.return_bool, np.bool_)
        if self.node.return_bool:
            return Matrix(rows.labels, self.many.grid, outcome.compared.astype(np.float64), outcome.kept, drop_name)
        present = outcome.kept & outcome.compared
        return Matrix(rows.labels, self.many.grid, outcome.values, present, drop_name, outcome.cells)

    def result(self, rows: Meetings) -> Matrix:
        """The operator applied, without series that have no value; a comparison keeps what stands left, or says 1 or 0 with `bool`."""
        swapped = self.spec.cardinality is Cardinality.ONE_TO_MANY
        operands = (rows.one, rows.many) if swapped else (rows.many, rows.one)
        values, kept = element_result(self.node.op, *operands)
        if self.node.return_bool:
            values, kept = kept.astype(np.float64), np.ones(kept.shape, np.bool_)
        present = rows.met & kept
        used = np.flatnonzero(present.any(axis=1))
        drop_name = np.full(len(used), self.node.return_bool, np.bool_)
        labels = take_labels(rows.labels, used)
        return Matrix(labels, self.many.grid, np.ascontiguousarray(values[used]), present[used], drop_name)


@remembered
def number_results(labels: Sequence[Labels], groups: Int64s) -> Int64s:
    """int64[n]: equal for results with the same labels in the same match group."""
    places: dict[Any, int] = {}
    keys = zip(groups.tolist(), labels, strict=True)
    return np.array([places.setdefault(key, len(places)) for key in keys], np.int64)


def combine_vectors(evaluation: Evaluation, node: BinaryExpr, left: Matrix, right: Matrix) -> Matrix:
    spec = node.matching
    assert spec is not None
    swapped = spec.cardinality is Cardinality.ONE_TO_MANY
    many, one = (right, left) if swapped else (left, right)
    drops_name = node.op in ARITHMETIC or (node.return_bool and not evaluation.options.delayed_name_removal)
    has_histograms = node.op in TRIMS or many.histograms is not None or one.histograms is not None
    if has_histograms:  # whoever has none may be in another order than the reference's
        many, one = (side.sorted_by_labels() if side.histograms is None else side for side in (many, one))
    match = Matching(node, spec, many, one, drops_name)
    groups = matching.match_groups(many.labels, one.labels, match.rule)
    filled = spec.fill_left is not None or spec.fill_right is not None
    steps = np.logical_or(many.present.any(axis=0), filled)
    matching.check_one_side(one.labels, one.present, groups.right, match.rule, "left" if swapped else "right", steps)
    evaluation.check_cells(groups.n_pairs, many.grid)
    rows = match.pairs(groups)
    # The reference fills the one side with fill_right and the many side with fill_left, also under group_right.
    if spec.fill_right is not None:
        rows = join_meetings(rows, match.fill_one_side(groups, spec.fill_right))
    if spec.fill_left is not None:
        matched = groups.any_present(groups.left, many.present)
        if has_histograms:
            # Who met nothing that the operator takes counts as having met nobody.
            matched = groups.any_present(rows.group, match.outcome(rows).kept)
        rows = join_meetings(rows, match.fill_many_side(groups, spec.fill_left, matched))
    if has_histograms:
        rows = rows.in_place()
        outcome = match.outcome(rows)
        annotate_steps(evaluation.annotations, node.op, outcome.notes, node.start)
        match.check_unique(replace(rows, met=outcome.kept))
        return settle(evaluation, match.result_of_histograms(rows, outcome).without_empty_series())
    match.check_unique(rows)
    return settle(evaluation, match.result(rows))


def join_meetings(a: Meetings, b: Meetings) -> Meetings:
    return Meetings(
        [*a.labels, *b.labels],
        np.concatenate([a.many, b.many]),
        np.concatenate([a.one, b.one]),
        np.concatenate([a.met, b.met]),
        np.concatenate([a.group, b.group]),
        np.concatenate([a.place, b.place]),
        None if a.many_rows is None or b.many_rows is None else np.concatenate([a.many_rows, b.many_rows]),
        None if a.one_rows is None or b.one_rows is None else np.concatenate([a.one_rows, b.one_rows]),
    )


def rows_of(matrix: Matrix, chosen: Int64s | None = None) -> Int64s | None:
    if matrix.histograms is None:
        return None
    return matrix.histograms.rows if chosen is None else matrix.histograms.rows[chosen]


def operand_of(values: Float64s, rows: Int64s | None, side: Matrix) -> Operand:
    if rows is None or side.histograms is None:
        return Operand.of(values, None)
    return Operand(values, rows, side.histograms.table)


def join_rows(evaluation: Evaluation, parts: list[Matrix]) -> Matrix:
    """The series of all parts; those with equal labels become one."""
    matrix = Matrix(
        concatenated(*(part.labels for part in parts)),
        parts[0].grid,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.present for part in parts]),
        np.concatenate([part.drop_name for part in parts]),
        concatenate_cells(parts),
    )
    return settle(evaluation, matrix)


def settle(evaluation: Evaluation, matrix: Matrix) -> Matrix:
    """Series with equal labels joined. An instant query with delayed name removal may carry them to its end.

    Where some of them are to lose their name and others are not, the one that is there first decides for all. The one that is
    there first comes first, too, which decides of which histograms an operator around speaks last.
    Source: Prometheus evaluator.rangeEval.
    """
    if matrix.grid.is_instant and evaluation.options.delayed_name_removal:
        return matrix
    some_drop_names = matrix.drop_name.any() and not matrix.drop_name.all()
    if some_drop_names or matrix.histograms is not None:
        matrix = matrix.rows(np.argsort(np.argmax(matrix.present, axis=1), kind="stable"))
    return merge_same_labels(matrix)
