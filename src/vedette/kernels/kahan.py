"""Compensated summation (Kahan with Neumaier's improvement), as Prometheus' util/kahansum does it."""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import inlined

_LARGEST = np.finfo(np.float64).max


@inlined
def kahan_add(value: float, total: float, compensation: float) -> tuple[float, float]:
    """The new total and compensation. An infinite total forgets its compensation, which would be NaN."""
    new = total + value
    if new > _LARGEST or new < -_LARGEST:
        compensation = 0.0
    elif abs(total) >= abs(value):
        compensation += (total - new) + value
    else:
        compensation += (value - new) + total
    return new, compensation


def warm() -> None:
    kahan_add(1.0, 1.0, 0.0)
