"""Every function and aggregator of PromQL 3.14 with its types. Source: Prometheus promql/parser/functions.go.

The parser checks calls against this table; the engine looks its implementations up by the same names.
"""

from __future__ import annotations

from typing import Final

from vedette.query.promql.ast import Function, ValueType

_SCALAR, _VECTOR, _MATRIX, _STRING = ValueType.SCALAR, ValueType.VECTOR, ValueType.MATRIX, ValueType.STRING

AGGREGATORS: Final = (
    *("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"),
    *("topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"),
)
PARAMETER_TYPES: Final = {
    **dict.fromkeys(("topk", "bottomk", "quantile", "limitk", "limit_ratio"), _SCALAR),
    "count_values": _STRING,
}
"""Aggregators that take a parameter before the vector, and its type."""

EXPERIMENTAL_AGGREGATORS: Final = frozenset({"limitk", "limit_ratio"})

_OF_A_VECTOR: Final = (
    *("abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp"),
    *("floor", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh", "sort", "sort_desc", "sqrt", "tan", "tanh"),
    *("histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum", "timestamp"),
)
_OF_A_RANGE: Final = (
    *("absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "first_over_time"),
    *("idelta", "increase", "irate", "last_over_time", "max_over_time", "min_over_time", "present_over_time"),
    *("rate", "resets", "stddev_over_time", "stdvar_over_time", "sum_over_time"),
)
_EXPERIMENTAL_OF_A_RANGE: Final = (
    *("mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time"),
    *("ts_of_max_over_time", "ts_of_min_over_time"),
)
_OF_A_DATE: Final = (
    *("day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"),
)
_ANY: Final = -1


def _functions() -> tuple[Function, ...]:
    return (
        *(Function(name, (_VECTOR,)) for name in _OF_A_VECTOR),
        *(Function(name, (_MATRIX,)) for name in _OF_A_RANGE),
        *(Function(name, (_MATRIX,), experimental=True) for name in _EXPERIMENTAL_OF_A_RANGE),
        *(Function(name, (_VECTOR,), variadic=1) for name in _OF_A_DATE),
        *(Function(name, (), _SCALAR) for name in ("pi", "time")),
        *(Function(name, (), _SCALAR, experimental=True) for name in ("start", "end", "step", "range")),
        *(Function(name, (_SCALAR, _SCALAR), _SCALAR, experimental=True) for name in ("max_of", "min_of")),
        *(
            Function(name, (_VECTOR, _STRING), variadic=_ANY, experimental=True)
            for name in ("sort_by_label", "sort_by_label_desc")
        ),
        Function("clamp", (_VECTOR, _SCALAR, _SCALAR)),
        Function("clamp_max", (_VECTOR, _SCALAR)),
        Function("clamp_min", (_VECTOR, _SCALAR)),
        Function("double_exponential_smoothing", (_MATRIX, _SCALAR, _SCALAR), experimental=True),
        Function("histogram_fraction", (_SCALAR, _SCALAR, _VECTOR)),
        Function("histogram_quantile", (_SCALAR, _VECTOR)),
        Function("histogram_quantiles", (_VECTOR, _STRING, _SCALAR, _SCALAR), variadic=9, experimental=True),
        Function("info", (_VECTOR, _VECTOR), variadic=1, experimental=True),
        Function("label_join", (_VECTOR, _STRING, _STRING, _STRING), variadic=_ANY),
        Function("label_replace", (_VECTOR, _STRING, _STRING, _STRING, _STRING)),
        Function("predict_linear", (_MATRIX, _SCALAR)),
        Function("quantile_over_time", (_SCALAR, _MATRIX)),
        Function("round", (_VECTOR, _SCALAR), variadic=1),
        Function("scalar", (_VECTOR,), _SCALAR),
        Function("start_timestamp", (_VECTOR,), experimental=True),
        Function("vector", (_SCALAR,)),
    )


FUNCTIONS: Final = {function.name: function for function in _functions()}
