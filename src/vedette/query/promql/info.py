"""info(): adds the labels of info metrics (target_info by default) of the same job and instance."""

from __future__ import annotations

from vedette.query.promql.ast import Call
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid


def add_info_labels(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    return evaluation.matrix(call.args[0], grid)
