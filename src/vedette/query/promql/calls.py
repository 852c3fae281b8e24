"""Which function evaluates which call and which node: the two tables of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from vedette.query.promql.aggregations import evaluate_aggregate
from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)
from vedette.query.promql.binary import evaluate_binary, evaluate_unary
from vedette.query.promql.classic_histograms import histogram_fraction, histogram_quantile, histogram_quantiles
from vedette.query.promql.date_functions import DATE_FUNCTIONS, date_part
from vedette.query.promql.evaluation import Evaluation, Evaluator
from vedette.query.promql.histogram_functions import HISTOGRAM_FUNCTIONS, measure_histograms
from vedette.query.promql.info import add_info_labels
from vedette.query.promql.instant_functions import (
    VALUE_FUNCTIONS,
    absent,
    clamp,
    extreme_of_two,
    map_values,
    pi,
    round_values,
    start_timestamp,
    time_now,
    timestamp,
    to_scalar,
    to_vector,
)
from vedette.query.promql.label_functions import label_join, label_replace
from vedette.query.promql.plan import StepInvariant
from vedette.query.promql.range_functions import RANGE_FUNCTIONS, evaluate_range_call
from vedette.query.promql.selectors import evaluate_invariant, select_raw, select_vector
from vedette.query.promql.sorting import sort_series
from vedette.query.promql.values import Scalar, StringValue, Value
from vedette.query.shared.steps import Grid

CALLS: Mapping[str, Callable[[Evaluation, Call, Grid], Value]] = {
    **dict.fromkeys(RANGE_FUNCTIONS, evaluate_range_call),
    **dict.fromkeys(VALUE_FUNCTIONS, map_values),
    **dict.fromkeys(DATE_FUNCTIONS, date_part),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), clamp),
    **dict.fromkeys(("max_of", "min_of"), extreme_of_two),
    **dict.fromkeys(("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"), sort_series),
    **dict.fromkeys(HISTOGRAM_FUNCTIONS, measure_histograms),
    "start_timestamp": start_timestamp,
    "round": round_values,
    "absent": absent,
    "scalar": to_scalar,
    "vector": to_vector,
    "time": time_now,
    "pi": pi,
    "timestamp": timestamp,
    "label_replace": label_replace,
    "label_join": label_join,
    "histogram_quantile": histogram_quantile,
    "histogram_quantiles": histogram_quantiles,
    "histogram_fraction": histogram_fraction,
    "info": add_info_labels,
}


def evaluate_call(evaluation: Evaluation, node: Call, grid: Grid) -> Value:
    return CALLS[node.function.name](evaluation, node, grid)


def evaluate_number(evaluation: Evaluation, node: NumberLiteral, grid: Grid) -> Value:
    return Scalar(grid, np.full(grid.n_steps, node.value))


def evaluate_string(evaluation: Evaluation, node: StringLiteral, grid: Grid) -> Value:
    return StringValue(node.value)


def evaluate_parentheses(evaluation: Evaluation, node: ParenExpr, grid: Grid) -> Value:
    return evaluation.evaluate(node.expr, grid)


EVALUATORS: Mapping[type, Evaluator] = {
    NumberLiteral: evaluate_number,
    StringLiteral: evaluate_string,
    ParenExpr: evaluate_parentheses,
    VectorSelector: select_vector,
    MatrixSelector: select_raw,
    SubqueryExpr: select_raw,
    Call: evaluate_call,
    AggregateExpr: evaluate_aggregate,
    BinaryExpr: evaluate_binary,
    UnaryExpr: evaluate_unary,
    StepInvariant: evaluate_invariant,
}
