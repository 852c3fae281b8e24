"""What each binary operator does to two floats; arrays broadcast. Source: Prometheus scalarBinop, vectorElemBinop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vedette.model.blocks import Float64s
from vedette.query.promql.ast import COMPARISONS
from vedette.query.promql.go_math import go_power

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": go_power,
    "atan2": np.arctan2,
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
TRIMS = frozenset({"</", ">/"})
"""Operators of native histograms: between floats they only say that they do not fit."""


def scalar_result(op: str, left: Float64s, right: Float64s) -> Float64s:
    """A comparison of scalars is 1 or 0."""
    if op in COMPARISONS:
        return np.asarray(COMPARE[op](left, right), np.float64)
    return np.asarray(ARITHMETIC[op](left, right), np.float64)


def element_result(op: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Values, and which of them stay: all for arithmetic, the left ones that compare for comparisons."""
    if op in COMPARISONS:
        kept = COMPARE[op](left, right)
        return np.broadcast_to(left, kept.shape), kept
    values = ARITHMETIC[op](left, right)
    return values, np.ones(values.shape, np.bool_)
