"""label_replace and label_join. Source of semantics: Prometheus evalLabelReplace, evalLabelJoin; Go's regexp.Expand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vedette.model.blocks import Bools
from vedette.model.errors import BadInput, QueryFailed
from vedette.model.label_projections import with_value
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.regex import compile_anchored
from vedette.model.remembering import remembered
from vedette.query.promql.ast import Call, Expr, StringLiteral
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.shared.steps import Grid

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))?")


def label_replace(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    target, template, source, pattern = (text_of(arg) for arg in call.args[1:])
    try:
        compile_anchored(pattern)
    except BadInput:
        raise QueryFailed(f"invalid regular expression in label_replace(): {pattern}") from None
    if not is_label_name(target):
        raise QueryFailed(f"invalid destination label name in label_replace(): {target}")
    matrix = evaluation.matrix(call.args[0], grid)
    return relabeled(matrix, target, *_replaced(matrix.labels, target, template, source, pattern))


Relabeled = tuple[list[Labels], Bools]
"""New labels, and which of them are."""


@remembered
def _replaced(labels: Sequence[Labels], target: str, template: str, source: str, pattern: str) -> Relabeled:
    expression = compile_anchored(pattern)
    listed, replaced = list(labels), with_value(target)
    values = [each.get(source) for each in listed]
    texts = {value: expand(template, match) for value in set(values) if (match := expression.fullmatch(value))}
    matches = [value in texts for value in values]
    new = [
        replaced[each, texts[value]] if matched else each
        for each, value, matched in zip(listed, values, matches, strict=True)
    ]
    return new, np.array(matches, np.bool_)


def label_join(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    target, separator, *sources = (text_of(arg) for arg in call.args[1:])
    for source in sources:
        if not is_label_name(source):
            raise QueryFailed(f"invalid source label name in label_join(): {source}")
    if not is_label_name(target):
        raise QueryFailed(f"invalid destination label name in label_join(): {target}")
    matrix = evaluation.matrix(call.args[0], grid)
    return relabeled(matrix, target, *_joined(matrix.labels, target, separator, tuple(sources)))


@remembered
def _joined(labels: Sequence[Labels], target: str, separator: str, sources: tuple[str, ...]) -> Relabeled:
    replaced = with_value(target)
    new = [replaced[each, separator.join(each.get(source) for source in sources)] for each in labels]
    return new, np.ones(len(new), np.bool_)


def relabeled(matrix: Matrix, target: str, labels: list[Labels], is_new: Bools) -> Matrix:
    """The matrix with other labels. A name that was set on purpose is kept."""
    drop_name = matrix.drop_name
    if target == METRIC_NAME:
        drop_name = drop_name & ~is_new
    return merge_same_labels(replace(matrix, labels=labels, drop_name=drop_name))


def text_of(arg: Expr) -> str:
    assert isinstance(arg, StringLiteral)
    return arg.value


def is_label_name(text: str) -> bool:
    """Not empty, and UTF-8: strings of a query may hold other bytes (as PEP 383 surrogates)."""
    return bool(text) and not any("\ud800" <= char <= "\udfff" for char in text)


def expand(template: str, match: Any) -> str:
    """`$1`, `${1}`, `$name`, `$$`; a group that does not exist or did not match is empty, a lone `$` stays."""

    def substitute(reference: re.Match[str]) -> str:
        dollar, braced, bare = reference.groups()
        if dollar:
            return "$"
        name = braced or bare
        return reference.group() if name is None else group_text(match, name)

    return _REFERENCE.sub(substitute, template)


def group_text(match: Any, name: str) -> str:
    if name.isascii() and name.isdigit() and (name == "0" or name[0] != "0"):
        number = int(name)
        return (match.group(number) or "") if number <= match.re.groups else ""
    return (match.group(name) or "") if name in match.re.groupindex else ""
