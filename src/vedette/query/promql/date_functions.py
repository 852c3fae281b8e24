"""hour(), day_of_week() and their siblings: parts of a UTC date, computed on whole arrays.

Days to dates by the era arithmetic of Howard Hinnant's `civil_from_days`; exact for every int64 second we can meet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vedette.model.blocks import Int64s
from vedette.query.promql.ast import Call
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.go_math import go_int64
from vedette.query.promql.instant_functions import finish, vector_of
from vedette.query.promql.values import Matrix, Scalar
from vedette.query.shared.steps import Grid

_DAY_S = 86_400
_WRAPS_BELOW_S = -9_223_372_028_715_321_600
"""Go counts seconds in a uint64 from a year before all others; what is earlier wraps round to the year 292277026596."""
_WRAP_DAYS, _WRAP_REST_S = divmod(1 << 64, _DAY_S)
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def days_and_seconds(seconds: Int64s) -> tuple[Any, Any]:
    """Days since the epoch and seconds of the day. The lowest seconds, which stand for NaN and infinity, wrap round."""
    wraps = seconds < _WRAPS_BELOW_S
    shifted = seconds + wraps * _WRAP_REST_S
    return shifted // _DAY_S + wraps * _WRAP_DAYS, shifted % _DAY_S


def civil_date(seconds: Int64s) -> tuple[Any, Any, Any]:
    """Year, month and day of UTC seconds since the epoch."""
    days = days_and_seconds(seconds)[0] + 719_468
    era = days // 146_097
    of_era = days - era * 146_097
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = np.where(shifted < 10, shifted + 3, shifted - 9)
    return year_of_era + era * 400 + (month <= 2), month, day


def _is_leap(year: Any) -> Any:
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


def _day_of_year(seconds: Int64s) -> Any:
    year, month, day = civil_date(seconds)
    return _DAYS_BEFORE[month - 1] + day + (_is_leap(year) & (month > 2))


def _days_in_month(seconds: Int64s) -> Any:
    year, month, _ = civil_date(seconds)
    return _DAYS_IN_MONTH[month - 1] + (_is_leap(year) & (month == 2))


DATE_FUNCTIONS: dict[str, Callable[[Int64s], Any]] = {
    "year": lambda seconds: civil_date(seconds)[0],
    "month": lambda seconds: civil_date(seconds)[1],
    "day_of_month": lambda seconds: civil_date(seconds)[2],
    "day_of_week": lambda seconds: (days_and_seconds(seconds)[0] + 4) % 7,
    "day_of_year": _day_of_year,
    "days_in_month": _days_in_month,
    "hour": lambda seconds: days_and_seconds(seconds)[1] // 3600,
    "minute": lambda seconds: days_and_seconds(seconds)[1] // 60 % 60,
}


def date_part(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Of the values as seconds; without an argument, of the time of evaluation."""
    part = DATE_FUNCTIONS[call.function.name]
    if not call.args:
        return vector_of(Scalar(grid, part(grid.times_ms // 1000).astype(np.float64)))
    matrix = evaluation.matrix(call.args[0], grid)
    return finish(evaluation, matrix.with_cells(part(go_int64(matrix.values)).astype(np.float64), matrix.present))
