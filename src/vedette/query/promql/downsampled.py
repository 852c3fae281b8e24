"""Range functions and instant selectors over downsampled samples, where raw ones have expired or were not wanted.

A downsampled sample stands at the end of its bucket for all that the bucket covers, so windows, left-open as buckets are,
see whole buckets. What has to be different from raw samples:

    windows     one shorter than a bucket is widened to see one (two, for functions of neighbours); what adds up over time
                (increase, sums, counts) is scaled back to the range
    rates       the value at the window's start is taken from the bucket that ends there, as for an anchored selector:
                nothing is left to extrapolate
    counts      a sample stands for many: avg_over_time divides sums by counts, count_over_time adds counts up
    look-back   a bucket is looked back to for as long as it is wide

Only the steps whose window reaches into downsampled time are computed so; the others are raw, and computed as ever.
docs/downsampling.md has the error bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.kernels import extended, window_sums
from vedette.model.blocks import Bools, Downsampled, Float64s
from vedette.query.promql.extended_ranges import RATES
from vedette.query.shared.steps import Grid

if TYPE_CHECKING:
    from vedette.query.promql.range_functions import Job

Computed = tuple[Float64s, Bools]

ADDING_UP: Final = frozenset({"increase", "delta", "sum_over_time", "count_over_time"})
"""Results that grow with the range."""

OF_NEIGHBOURS: Final = frozenset({"irate", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"})


def first_raw_step(downsampled: Downsampled, end0_ms: int, end_step_ms: int, range_ms: int, n_steps: int) -> int:
    """The first step whose window sees raw samples only."""
    reaches_ms = downsampled.until_ms + range_ms - end0_ms
    if reaches_ms <= 0:
        return 0
    return n_steps if end_step_ms == 0 else min(n_steps, -(-reaches_ms // end_step_ms))


def split_job(job: Job, downsampled: Downsampled, run_raw: Callable[[Job], Computed]) -> Computed:
    """Steps over downsampled windows, then those over raw ones."""
    windows = job.windows
    step = first_raw_step(downsampled, windows.end0_ms, windows.end_step_ms, windows.range_ms, job.grid.n_steps)
    parts = []
    if step > 0:
        parts.append(run_downsampled(part_of(job, 0, step), downsampled, run_raw))
    if step < job.grid.n_steps:
        parts.append(run_raw(part_of(job, step, job.grid.n_steps)))
    return join(parts)


def join(parts: list[Computed]) -> Computed:
    if len(parts) == 1:
        return parts[0]
    values, present = (np.ascontiguousarray(np.concatenate(arrays, axis=1)) for arrays in zip(*parts, strict=True))
    return values, present


def part_of(job: Job, low: int, high: int) -> Job:
    """The steps low .. high - 1."""
    windows = replace(job.windows, end0_ms=job.windows.end0_ms + low * job.windows.end_step_ms)
    parameters = [np.ascontiguousarray(values[low:high]) for values in job.parameters]
    return replace(job, grid=part_of_grid(job.grid, low, high), windows=windows, parameters=parameters)


def part_of_grid(grid: Grid, low: int, high: int) -> Grid:
    return replace(grid, start_ms=grid.start_ms + low * grid.step_ms, n_steps=high - low)


def run_downsampled(job: Job, downsampled: Downsampled, run_raw: Callable[[Job], Computed]) -> Computed:
    name, range_ms = job.call.function.name, job.windows.range_ms
    widened_ms = max(range_ms, downsampled.width_ms * (2 if name in OF_NEIGHBOURS else 1))
    job = replace(job, windows=replace(job.windows, range_ms=widened_ms))
    if name in RATES:
        lookback_ms = max(job.evaluation.lookback_ms, downsampled.width_ms)
        values, present = job.run(extended.extended_rate, lookback_ms, False, *RATES[name])
    elif downsampled.counts is not None:
        values, present = _from_counts(job, downsampled.counts, is_average=name == "avg_over_time")
    else:
        values, present = run_raw(job)
    if name in ADDING_UP and widened_ms > range_ms:
        values = values * (range_ms / widened_ms)
    return values, present


def _from_counts(job: Job, counts: Float64s, *, is_average: bool) -> Computed:
    columns = replace(job.windows.columns, values=counts)
    counting = replace(job, windows=replace(job.windows, columns=columns))
    totals, present = counting.run(window_sums.window_sums, window_sums.SUM, job.prefixes, job.prefixes)
    if not is_average:
        return totals, present
    sums, present = job.run(window_sums.window_sums, window_sums.SUM, job.prefixes, job.prefixes)
    return np.divide(sums, totals, out=sums, where=present), present
