"""deriv, predict_linear and double_exponential_smoothing over windows (see kernels.windows for the arguments).

Source of semantics: Prometheus linearRegression, funcDeriv, funcPredictLinear, funcDoubleExponentialSmoothing.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.kahan import kahan_add
from vedette.kernels.windows import slide
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def linear_regression(times: Int64s, values: Float64s, begin: int, end: int, origin: int) -> tuple[float, float]:
    """Slope per second, and the value of the line at time `origin` (ms), through the samples [begin, end)."""
    sum_x = 0.0
    rest_x = 0.0
    sum_y = 0.0
    rest_y = 0.0
    sum_xy = 0.0
    rest_xy = 0.0
    sum_xx = 0.0
    rest_xx = 0.0
    constant = True
    for i in range(begin, end):
        y = values[i]
        if y != values[begin] and i > begin:
            constant = False
        x = (times[i] - origin) / 1000.0
        sum_x, rest_x = kahan_add(x, sum_x, rest_x)
        sum_y, rest_y = kahan_add(y, sum_y, rest_y)
        sum_xy, rest_xy = kahan_add(x * y, sum_xy, rest_xy)
        sum_xx, rest_xx = kahan_add(x * x, sum_xx, rest_xx)
    if constant:
        if np.isinf(values[begin]):
            return np.nan, np.nan
        return 0.0, values[begin]
    n = float(end - begin)
    sum_x += rest_x
    sum_y += rest_y
    sum_xy += rest_xy
    sum_xx += rest_xx
    slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n)
    return slope, sum_y / n - slope * sum_x / n


@kernel
def window_slopes(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    out: Float64s,
    present: Bools,
) -> None:
    """deriv: per second."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end - begin >= 2
            out[s, k] = linear_regression(times, values, begin, end, times[begin])[0] if end - begin >= 2 else 0.0


@kernel
def window_predictions(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    now0: int,
    now_step: int,
    ahead_s: Float64s,
    out: Float64s,
    present: Bools,
) -> None:
    """predict_linear: the line `ahead_s` float64[n_steps] seconds after the step's own time, now0 + k * now_step."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end - begin >= 2
            out[s, k] = 0.0
            if end - begin >= 2:
                slope, intercept = linear_regression(times, values, begin, end, now0 + k * now_step)
                out[s, k] = slope * ahead_s[k] + intercept


@kernel
def window_smoothings(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    smoothing: Float64s,
    trend: Float64s,
    out: Float64s,
    present: Bools,
) -> None:
    """double_exponential_smoothing with its two factors per step, float64[n_steps], both inside (0, 1)."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end - begin >= 2
            out[s, k] = 0.0
            if end - begin < 2:
                continue
            before = 0.0
            smoothed = values[begin]
            slope = values[begin + 1] - values[begin]
            for i in range(begin + 1, end):
                if i > begin + 1:
                    slope = trend[k] * (smoothed - before) + (1.0 - trend[k]) * slope
                x = smoothing[k] * values[i]
                y = (1.0 - smoothing[k]) * (smoothed + slope)
                before = smoothed
                smoothed = x + y
            out[s, k] = smoothed


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present, per_step = np.empty((1, 2)), np.empty((1, 2), np.bool_), np.full(2, 0.5)
    window_slopes(offsets, times, values, 0, 1, 1, 1, 5, out, present)
    window_predictions(offsets, times, values, 0, 1, 1, 1, 5, 1, 1, per_step, out, present)
    window_smoothings(offsets, times, values, 0, 1, 1, 1, 5, per_step, per_step, out, present)
