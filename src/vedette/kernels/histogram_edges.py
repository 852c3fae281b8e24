"""Windows of `anchored` and `smoothed` selectors over native histograms: which samples stand for the edges, what is added up between.

Flat windows: window i holds the samples [begins[i], ends[i]), the lookback beside the range included. See kernels.extended for floats.
Source of semantics: Prometheus extendedHistogramRate, correctForCounterResetsHistogram.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.extended import boundary_samples
from vedette.kernels.histogram_resets import is_reset
from vedette.kernels.histogram_table import Table, sample_table
from vedette.kernels.jit import kernel
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def edge_samples(
    times: Int64s,
    begins: Int64s,
    ends: Int64s,
    edges: tuple[Int64s, Int64s],
    smoothed: bool,
    firsts: Int64s,
    lasts: Int64s,
) -> None:
    """The samples for the edges (starts, ends) of each window; the last one below the first where nothing can be said."""
    for i in range(len(begins)):
        firsts[i], lasts[i] = boundary_samples(times, begins[i], ends[i], edges[0][i], edges[1][i], smoothed)


@kernel
def are_resets(table: Table, now: Int64s, before: Int64s, out: Bools) -> None:
    """out[i]: whether row now[i] is less than row before[i], or says so by its hint."""
    for i in range(len(now)):
        out[i] = is_reset(table, now[i], before[i])


@kernel
def edge_terms(
    table: Table,
    rows: Int64s,
    samples: tuple[Int64s, Int64s],
    edges: tuple[Int64s, Int64s],
    passes_reset: Bools,
    is_counter: bool,
    terms: Int64s,
    weights: Float64s,
    out_ends: Int64s,
) -> int:
    """The right edge, less the left one, plus what stood before each reset. `samples`: (firsts, lasts) in `rows`; `edges`: (left, right)
    rows of the table. passes_reset[i]: the left edge was drawn across a reset, which so counts already.

    Writes the terms of window i up to out_ends[i] and returns how many there are; with empty `terms` it only counts.
    """
    n = 0
    write = len(terms) > 0
    for i in range(len(out_ends)):
        first, last = samples[0][i], samples[1][i]
        left, right = edges[0][i], edges[1][i]
        if write:
            terms[n], weights[n] = right, 1.0
            terms[n + 1], weights[n + 1] = left, -1.0
        n += 2
        before = left
        at = first + 1
        if passes_reset[i]:
            before = rows[at]
            at += 1
        if is_counter and at <= last:
            for j in range(at, last + 1):
                now = rows[j] if j < last else right
                if is_reset(table, now, before):
                    if write:
                        terms[n], weights[n] = before, 1.0
                    n += 1
                before = now
        out_ends[i] = n
    return n


def warm() -> None:
    table = sample_table()
    one, two, marks = np.zeros(1, np.int64), np.array([2], np.int64), np.zeros(1, np.bool_)
    times = np.array([1, 2], np.int64)
    edge_samples(times, one, two, (one, two), True, one.copy(), one.copy())
    are_resets(table, one, one, marks.copy())
    edge_terms(table, times, (one, one), (one, one), marks, True, np.empty(8, np.int64), np.empty(8), one.copy())
