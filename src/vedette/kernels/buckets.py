"""Quantiles and fractions of classic histograms (series with `le` labels), step by step.

The buckets of histogram g are the rows members[starts[g]:starts[g+1]] of `values` and `present`, in ascending order of
`bounds` float64[len(members)], parallel to `members`. At a step only the buckets present count; those with equal bounds are
added up. Source of semantics: Prometheus BucketQuantile, BucketFraction, ensureMonotonicAndIgnoreSmallDeltas.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.jit import kernel
from vedette.model.blocks import Bools, Float64s, Int64s

_SMALL_DELTA = 1e-12
"""Relative differences between neighbouring buckets below this are rounding errors (Prometheus smallDeltaTolerance)."""
_MIN_NORMAL = np.finfo(np.float64).tiny
_LARGEST = np.finfo(np.float64).max


@kernel
def almost_equal(a: float, b: float, epsilon: float) -> bool:
    if np.isnan(a) and np.isnan(b):
        return True
    if a == b:
        return True
    magnitude = abs(a) + abs(b)
    difference = abs(a - b)
    if a == 0 or b == 0 or magnitude < _MIN_NORMAL:
        return bool(difference < epsilon * _MIN_NORMAL)
    return bool(difference / min(magnitude, _LARGEST) < epsilon)


@kernel
def gather_buckets(
    values: Float64s,
    present: Bools,
    members: Int64s,
    bounds: Float64s,
    begin: int,
    end: int,
    k: int,
    uppers: Float64s,
    counts: Float64s,
) -> int:
    """The buckets of one histogram at step k, equal bounds coalesced; returns how many."""
    n = 0
    for m in range(begin, end):
        if not present[members[m], k]:
            continue
        if n > 0 and uppers[n - 1] == bounds[m]:
            counts[n - 1] += values[members[m], k]
        else:
            uppers[n] = bounds[m]
            counts[n] = values[members[m], k]
            n += 1
    return n


@kernel
def force_monotonic(uppers: Float64s, counts: Float64s, n: int) -> tuple[bool, Any, Any, Any]:
    """Removes decreases of the counts. Returns whether any was more than rounding, the bounds between, the largest one."""
    forced = False
    least = np.inf
    greatest = -np.inf
    difference = 0.0
    before = counts[0]
    for i in range(1, n):
        now = counts[i]
        if now == before:
            continue
        if almost_equal(before, now, _SMALL_DELTA):
            counts[i] = before
        elif now < before:
            counts[i] = before
            forced = True
            least = min(least, uppers[i])
            greatest = max(greatest, uppers[i])
            difference = max(difference, before - now)
        else:
            before = now
    return forced, least, greatest, difference


@kernel
def quantile_of_buckets(q: float, uppers: Float64s, counts: Float64s, n: int) -> Any:
    """Of monotonic buckets, the last of them +Inf; 0 <= q <= 1."""
    if n < 2 or counts[n - 1] == 0:
        return np.nan
    rank = q * counts[n - 1]
    b = 0
    high = n - 1
    while b < high:
        middle = (b + high) >> 1
        if counts[middle] >= rank:
            high = middle
        else:
            b = middle + 1
    if b == n - 1:
        return uppers[n - 2]
    if b == 0 and uppers[0] <= 0:
        return uppers[0]
    start = 0.0
    count = counts[b]
    if b > 0:
        start = uppers[b - 1]
        count -= counts[b - 1]
        rank -= counts[b - 1]
    return start + (uppers[b] - start) * (rank / count)


@kernel
def bucket_quantiles(
    values: Float64s,
    present: Bools,
    members: Int64s,
    bounds: Float64s,
    starts: Int64s,
    lo: int,
    hi: int,
    quantiles: Float64s,
    scratch: Float64s,
    out: Float64s,
    out_present: Bools,
    forced: Float64s,
) -> None:
    """Histograms [lo, hi). `quantiles` float64[n_steps]; `scratch` float64[2, most buckets of one].

    `forced` float64[n_histograms, n_steps, 3]: least and greatest bound and largest decrease where buckets had to be made
    monotonic; the decrease is 0 where not.
    """
    uppers = scratch[0]
    counts = scratch[1]
    for g in range(lo, hi):
        for k in range(out.shape[1]):
            n = gather_buckets(values, present, members, bounds, starts[g], starts[g + 1], k, uppers, counts)
            out_present[g, k] = n > 0
            out[g, k] = np.nan
            forced[g, k, 2] = 0.0
            q = quantiles[k]
            if n == 0 or np.isnan(q):
                continue
            if q < 0 or q > 1:
                out[g, k] = -np.inf if q < 0 else np.inf
            elif uppers[n - 1] == np.inf:
                was_forced, least, greatest, difference = force_monotonic(uppers, counts, n)
                if was_forced:
                    forced[g, k, 0] = least
                    forced[g, k, 1] = greatest
                    forced[g, k, 2] = difference
                out[g, k] = quantile_of_buckets(q, uppers, counts, n)


@kernel
def rank_of(bound: float, uppers: Float64s, counts: Float64s, n: int) -> Any:
    """How many observations lie below the bound, linear inside a bucket."""
    rank = 0.0
    lower = 0.0 if uppers[0] > 0 else -np.inf
    for i in range(n):
        if i > 0:
            lower = uppers[i - 1]
        if lower >= bound:
            return min(rank, counts[n - 1])
        if uppers[i] > bound:
            if lower == -np.inf:
                return min(counts[i], counts[n - 1])
            return min(rank + (counts[i] - rank) * (bound - lower) / (uppers[i] - lower), counts[n - 1])
        rank = counts[i]
    return counts[n - 1]


@kernel
def bucket_fractions(
    values: Float64s,
    present: Bools,
    members: Int64s,
    bounds: Float64s,
    starts: Int64s,
    lo: int,
    hi: int,
    lower: Float64s,
    upper: Float64s,
    scratch: Float64s,
    out: Float64s,
    out_present: Bools,
) -> None:
    """histogram_fraction of histograms [lo, hi); `lower` and `upper` float64[n_steps]; scratch as above."""
    uppers = scratch[0]
    counts = scratch[1]
    for g in range(lo, hi):
        for k in range(out.shape[1]):
            n = gather_buckets(values, present, members, bounds, starts[g], starts[g + 1], k, uppers, counts)
            out_present[g, k] = n > 0
            out[g, k] = np.nan
            if n == 0 or uppers[n - 1] != np.inf or counts[n - 1] == 0 or np.isnan(lower[k]) or np.isnan(upper[k]):
                continue
            if lower[k] >= upper[k]:
                out[g, k] = 0.0
                continue
            total = counts[n - 1]
            out[g, k] = (rank_of(upper[k], uppers, counts, n) - rank_of(lower[k], uppers, counts, n)) / total


def warm() -> None:
    values, present = np.zeros((1, 2)), np.ones((1, 2), np.bool_)
    members, bounds, starts = np.zeros(1, np.int64), np.full(1, np.inf), np.array([0, 1], np.int64)
    scratch, out, per_step = np.empty((2, 1)), np.empty((1, 2)), np.zeros(2)
    bucket_quantiles(
        values, present, members, bounds, starts, 0, 1, per_step, scratch, out, present.copy(), np.empty((1, 2, 3))
    )
    bucket_fractions(values, present, members, bounds, starts, 0, 1, per_step, per_step, scratch, out, present.copy())
