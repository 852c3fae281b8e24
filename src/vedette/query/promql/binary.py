"""Binary operators: scalars, vector with scalar, vector with vector (arithmetic and comparison), set operators; and the sign.

How two vectors are matched is in vector_matching. Source of semantics: Prometheus VectorscalarBinop, scalarBinop, VectorAnd.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vedette.query.promql.ast import COMPARISONS, SET_OPERATORS, BinaryExpr, UnaryExpr
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.histogram_operators import Operand, annotate_steps, negated, operate
from vedette.query.promql.operators import ARITHMETIC, TRIMS, element_result, scalar_result
from vedette.query.promql.values import Matrix, Scalar, Value, merge_same_labels
from vedette.query.promql.vector_matching import combine_vectors, join_rows
from vedette.query.shared import matching
from vedette.query.shared.matching import MatchRule
from vedette.query.shared.steps import Grid


def evaluate_binary(evaluation: Evaluation, node: BinaryExpr, grid: Grid) -> Value:
    left = evaluation.evaluate(node.lhs, grid)
    right = evaluation.evaluate(node.rhs, grid)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return Scalar(grid, scalar_result(node.op, left.values, right.values))
    if isinstance(left, Matrix) and isinstance(right, Matrix):
        if node.op in SET_OPERATORS:
            return combine_sets(evaluation, node, left, right)
        return combine_vectors(evaluation, node, left, right)
    return combine_with_scalar(evaluation, node, left, right)


def combine_with_scalar(evaluation: Evaluation, node: BinaryExpr, left: Value, right: Value) -> Matrix:
    """The vector's own values survive a comparison, on whichever side it stands."""
    swapped = isinstance(left, Scalar)
    vector, scalar = (right, left) if swapped else (left, right)
    assert isinstance(vector, Matrix) and isinstance(scalar, Scalar)
    if node.op in TRIMS or vector.histograms is not None:
        result = combine_histograms_with_scalar(evaluation, node, vector, scalar, swapped)
    else:
        operands = (scalar.values, vector.values) if swapped else (vector.values, scalar.values)
        values, kept = element_result(node.op, *operands)
        if node.op in COMPARISONS and swapped:
            values = vector.values
        if node.return_bool:
            values, kept = kept.astype(np.float64), np.ones(kept.shape, np.bool_)
        result = vector.with_cells(np.ascontiguousarray(values), vector.present & kept)
    result = result.without_empty_series()
    if node.op in ARITHMETIC or node.return_bool:
        return evaluation.without_names(result, merge=merge_same_labels)
    return result


def combine_histograms_with_scalar(
    evaluation: Evaluation, node: BinaryExpr, vector: Matrix, scalar: Scalar, swapped: bool
) -> Matrix:
    ours, theirs = Operand.of(vector.values, vector.histograms), Operand.of(scalar.values.reshape(1, -1), None)
    left, right = (theirs, ours) if swapped else (ours, theirs)
    outcome = operate(node.op, left, right, vector.present)
    annotate_steps(evaluation.annotations, node.op, outcome.notes, node.start)
    if node.return_bool:
        return vector.with_cells(outcome.compared.astype(np.float64), outcome.kept)
    if node.op in COMPARISONS:
        return replace(vector, present=outcome.kept & outcome.compared)
    return replace(vector, values=outcome.values, present=outcome.kept, histograms=outcome.cells)


def combine_sets(evaluation: Evaluation, node: BinaryExpr, left: Matrix, right: Matrix) -> Matrix:
    assert node.matching is not None
    groups = matching.match_groups(left.labels, right.labels, MatchRule(node.matching.on, node.matching.labels))
    if node.op == "or":
        in_left = groups.any_present(groups.left, left.present)
        added = replace(right, present=right.present & ~in_left[groups.right])
        return join_rows(evaluation, [left, added.without_empty_series()])
    in_right = groups.any_present(groups.right, right.present)[groups.left]
    kept = in_right if node.op == "and" else ~in_right
    return replace(left, present=left.present & kept).without_empty_series()


def evaluate_unary(evaluation: Evaluation, node: UnaryExpr, grid: Grid) -> Value:
    value = evaluation.evaluate(node.expr, grid)
    if node.op == "+":
        return value
    if isinstance(value, Scalar):
        return Scalar(grid, -value.values)
    assert isinstance(value, Matrix)
    cells = None if value.histograms is None else negated(value.histograms)
    return evaluation.without_names(replace(value, values=-value.values, histograms=cells), merge=merge_same_labels)
