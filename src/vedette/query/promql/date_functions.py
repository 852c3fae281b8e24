"""hour(), day_of_week() and their siblings: parts of a UTC date, computed on whole arrays.

Days to dates by the era arithmetic of Howard Hinnant's `civil_from_days`; exact for every int64 second we can meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
_DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_GO_YEAR_ZERO_S = -9_223_372_028_715_321_600
"""Where Go's calendar begins; it counts from there in uint64, so earlier seconds (NaN becomes one) are 2^64 later."""


@dataclass(frozen=True, slots=True)
class Moments:
    """UTC: days since the epoch and the second of the day, int64."""

    days: Any
    seconds: Any

    @classmethod
    def of(cls, unix_seconds: Int64s) -> Moments:
        wrapped = unix_seconds < _GO_YEAR_ZERO_S
        days, seconds = np.divmod(unix_seconds, _DAY_S)
        carry, seconds = np.divmod(seconds + wrapped * ((1 << 64) % _DAY_S), _DAY_S)
        return cls(days + carry + wrapped * ((1 << 64) // _DAY_S), seconds)


def civil_date(days: Any) -> tuple[Any, Any, Any]:
    """Year, month and day of days since the epoch."""
    shifted_days = days + 719_468
    era = shifted_days // 146_097
    of_era = shifted_days - era * 146_097
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = np.where(shifted < 10, shifted + 3, shifted - 9)
    return year_of_era + era * 400 + (month <= 2), month, day


def _is_leap(year: Any) -> Any:
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


def _day_of_year(at: Moments) -> Any:
    year, month, day = civil_date(at.days)
    return _DAYS_BEFORE[month - 1] + day + (_is_leap(year) & (month > 2))


def _days_in_month(at: Moments) -> Any:
    year, month, _ = civil_date(at.days)
    return _DAYS_IN_MONTH[month - 1] + (_is_leap(year) & (month == 2))


DATE_FUNCTIONS: dict[str, Callable[[Moments], Any]] = {
    "year": lambda at: civil_date(at.days)[0],
    "month": lambda at: civil_date(at.days)[1],
    "day_of_month": lambda at: civil_date(at.days)[2],
    "day_of_week": lambda at: (at.days + 4) % 7,
    "day_of_year": _day_of_year,
    "days_in_month": _days_in_month,
    "hour": lambda at: at.seconds // 3600,
    "minute": lambda at: at.seconds // 60 % 60,
}


def date_part(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Of the values as seconds; without an argument, of the time of evaluation."""
    part = DATE_FUNCTIONS[call.function.name]
    if not call.args:
        return vector_of(Scalar(grid, part(Moments.of(grid.times_ms // 1000)).astype(np.float64)))
    matrix = evaluation.matrix(call.args[0], grid)
    values = part(Moments.of(go_int64(matrix.values))).astype(np.float64)
    return finish(evaluation, matrix.with_cells(values, matrix.float_present))
