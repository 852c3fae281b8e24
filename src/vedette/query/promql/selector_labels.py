"""The labels that a selector fixes: what `absent` and `absent_over_time` answer with."""

from __future__ import annotations

from vedette.model.labels import EMPTY_LABELS, METRIC_NAME, Labels
from vedette.model.matchers import MatchType
from vedette.query.promql.ast import MatrixSelector, VectorSelector
from vedette.query.promql.plan import PlanExpr, StepInvariant


def exact_labels(expr: PlanExpr) -> Labels:
    """Labels matched by exactly one `=`; none when the expression is no selector. (Prometheus createLabelsForAbsentFunction.)"""
    if isinstance(expr, StepInvariant):
        return exact_labels(expr.expr)
    if isinstance(expr, MatrixSelector):
        expr = expr.selector
    if not isinstance(expr, VectorSelector):
        return EMPTY_LABELS
    labels: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in expr.matchers:
        if matcher.name == METRIC_NAME:
            continue
        if matcher.type is MatchType.EQUAL and matcher.name not in seen:
            seen.add(matcher.name)
            labels[matcher.name] = matcher.value
        else:
            labels.pop(matcher.name, None)
    return Labels.of(labels)
