"""Aggregation of a matrix (series x steps) into groups, step by step.

Arguments: `values` float64[n_series, n_steps] and `present` bool of the same shape; `groups` int64[n_series], the group of
each series; the range of steps [lo, hi) to work on; `out` float64[n_groups, n_steps] and `out_present`, which the kernels
initialise. Series are taken in their order, compensated, as the reference does, so sums are the same bits for the same order.
Source of semantics: Prometheus evaluator.aggregation.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.kahan import kahan_add
from vedette.model.blocks import Bools, Float64s, Int64s

MIN: Final = 0
MAX: Final = 1
COUNT: Final = 2
GROUP: Final = 3


@kernel
def group_sums(
    values: Float64s, present: Bools, groups: Int64s, lo: int, hi: int, out: Float64s, out_present: Bools
) -> None:
    rest = np.zeros((out.shape[0], hi - lo))
    out[:, lo:hi] = 0.0
    out_present[:, lo:hi] = False
    for s in range(values.shape[0]):
        g = groups[s]
        for k in range(lo, hi):
            if present[s, k]:
                if out_present[g, k]:
                    out[g, k], rest[g, k - lo] = kahan_add(values[s, k], out[g, k], rest[g, k - lo])
                else:
                    out_present[g, k] = True
                    out[g, k] = values[s, k]
    for g in range(out.shape[0]):
        for k in range(lo, hi):
            out[g, k] += rest[g, k - lo]


@kernel
def group_averages(
    values: Float64s, present: Bools, groups: Int64s, lo: int, hi: int, out: Float64s, out_present: Bools
) -> None:
    """The mean of compensated sums; incremental from where a group's sum would overflow."""
    rest = np.zeros((out.shape[0], hi - lo))
    count = np.zeros((out.shape[0], hi - lo))
    incremental = np.zeros((out.shape[0], hi - lo), np.bool_)
    out[:, lo:hi] = 0.0
    out_present[:, lo:hi] = False
    for s in range(values.shape[0]):
        g = groups[s]
        for k in range(lo, hi):
            if not present[s, k]:
                continue
            value = values[s, k]
            count[g, k - lo] += 1.0
            n = count[g, k - lo]
            if n == 1.0:
                out_present[g, k] = True
                out[g, k] = value
                continue
            if not incremental[g, k - lo]:
                total, compensation = kahan_add(value, out[g, k], rest[g, k - lo])
                if not np.isinf(total):
                    out[g, k] = total
                    rest[g, k - lo] = compensation
                    continue
                incremental[g, k - lo] = True
                out[g, k] /= n - 1.0
                rest[g, k - lo] /= n - 1.0
            q = (n - 1.0) / n
            out[g, k], rest[g, k - lo] = kahan_add(value / n, q * out[g, k], q * rest[g, k - lo])
    for g in range(out.shape[0]):
        for k in range(lo, hi):
            if incremental[g, k - lo]:
                out[g, k] += rest[g, k - lo]
            elif out_present[g, k]:
                out[g, k] = out[g, k] / count[g, k - lo] + rest[g, k - lo] / count[g, k - lo]


@kernel
def group_extremes(
    values: Float64s, present: Bools, groups: Int64s, lo: int, hi: int, what: int, out: Float64s, out_present: Bools
) -> None:
    """MIN, MAX (NaN gives way to any number), COUNT, GROUP."""
    out[:, lo:hi] = 0.0
    out_present[:, lo:hi] = False
    for s in range(values.shape[0]):
        g = groups[s]
        for k in range(lo, hi):
            if not present[s, k]:
                continue
            value = values[s, k]
            if not out_present[g, k]:
                out_present[g, k] = True
                out[g, k] = value if what in (MIN, MAX) else 1.0
            elif what == COUNT:
                out[g, k] += 1.0
            elif what == MIN:
                if out[g, k] > value or np.isnan(out[g, k]):
                    out[g, k] = value
            elif what == MAX and (out[g, k] < value or np.isnan(out[g, k])):
                out[g, k] = value


@kernel
def group_variances(
    values: Float64s,
    present: Bools,
    groups: Int64s,
    lo: int,
    hi: int,
    square_root: bool,
    out: Float64s,
    out_present: Bools,
) -> None:
    """stdvar, or stddev with `square_root`; of the population (Welford). NaN when the first value is not finite."""
    mean = np.zeros((out.shape[0], hi - lo))
    count = np.zeros((out.shape[0], hi - lo))
    out[:, lo:hi] = 0.0
    out_present[:, lo:hi] = False
    for s in range(values.shape[0]):
        g = groups[s]
        for k in range(lo, hi):
            if not present[s, k]:
                continue
            value = values[s, k]
            count[g, k - lo] += 1.0
            if count[g, k - lo] == 1.0:
                out_present[g, k] = True
                mean[g, k - lo] = value
                if not np.isfinite(value):
                    out[g, k] = np.nan
                continue
            delta = value - mean[g, k - lo]
            mean[g, k - lo] += delta / count[g, k - lo]
            out[g, k] += delta * (value - mean[g, k - lo])
    for g in range(out.shape[0]):
        for k in range(lo, hi):
            if out_present[g, k]:
                variance = out[g, k] / count[g, k - lo]
                out[g, k] = np.sqrt(variance) if square_root else variance


def warm() -> None:
    values, present, groups = np.zeros((1, 2)), np.ones((1, 2), np.bool_), np.zeros(1, np.int64)
    out, out_present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    group_sums(values, present, groups, 0, 2, out, out_present)
    group_averages(values, present, groups, 0, 2, out, out_present)
    group_extremes(values, present, groups, 0, 2, MIN, out, out_present)
    group_variances(values, present, groups, 0, 2, True, out, out_present)
