"""Float functions where Go's corner cases differ from numpy's. Arguments are float64 arrays or floats; NaN is a value."""

from __future__ import annotations

from typing import Any

import numpy as np


def go_max(a: Any, b: Any) -> Any:
    """NaN if either is, except that +Inf wins over it."""
    return np.where((a == np.inf) | (b == np.inf), np.inf, np.maximum(a, b))


def go_min(a: Any, b: Any) -> Any:
    """NaN if either is, except that -Inf wins over it."""
    return np.where((a == -np.inf) | (b == -np.inf), -np.inf, np.minimum(a, b))


def go_power(a: Any, b: Any) -> Any:
    return np.power(np.asarray(a, np.float64), b)


def go_int64(values: Any) -> Any:
    """float to int64 as amd64 converts it: towards zero; NaN and what is out of range become the least int64."""
    in_range = (values >= -(2.0**63)) & (values < 2.0**63)
    return np.where(in_range, np.trunc(np.where(in_range, values, 0.0)), -(2.0**63)).astype(np.int64)
