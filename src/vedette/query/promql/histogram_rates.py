"""rate, increase, delta, irate and idelta of native histograms.

The increase over a window is one sum of a few terms (kernels.histogram_terms), whatever the window's length; then it is stretched
towards the window's ends as a float's would be. Source of semantics: Prometheus histogramRate, extrapolatedRate, instantValue.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vedette.kernels import histogram_workspace as workspace
from vedette.kernels.histogram_scaling import divide, multiply
from vedette.kernels.histogram_sums import Sums, sum_histograms
from vedette.kernels.histogram_terms import increase_terms, window_minima
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import CounterReset, Histograms, join_histograms
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.histogram_results import Found, say_incompatible, say_reconciled
from vedette.query.promql.histogram_windows import MixedWindows, Spans
from vedette.query.promql.start_times import is_start_reset, overlaps

ADDITION = "addition"
SUBTRACTION = "subtraction"


def histogram_increase(windows: MixedWindows, wanted: Bools, *, is_counter: bool, is_rate: bool) -> Found:
    series = windows.histograms
    places = np.flatnonzero(wanted)
    begins = windows.histogram_places.begins.reshape(-1)[places]
    ends = windows.histogram_places.ends.reshape(-1)[places]
    resets = series.resets
    if series.start_times_ms is not None:
        resets = resets | is_start_reset(series.start_times_ms, series.times_ms)
    spans = Spans(series, begins, ends, resets)
    sums = add_increases(spans, is_counter)
    found = Found(places, windows.grid.n_steps, sums.rows, sums.histograms)
    annotate_increase(found, spans, sums, is_counter)
    window_end = windows.window_ends_ms[places % windows.grid.n_steps]
    factors = extrapolation(found, spans, (window_end - windows.windows.range_ms, window_end), is_counter)
    if is_rate:
        factors /= windows.windows.range_ms / 1000.0
    found.table = multiply(found.table, factor_of_rows(found, factors))
    return found


def add_increases(spans: Spans, is_counter: bool) -> Sums:
    """Not yet stretched; a gauge, because it may shrink from one step to the next. Nothing where schemas do not mix."""
    series = spans.series
    begins = spans.begins + spans.starts_anew if is_counter else spans.begins
    custom = series.is_custom
    agree = spans.agree(begins) if is_counter else custom[begins] == custom[spans.ends - 1]
    arrays = (series.rows, spans.resets, spans.begins, np.where(agree, spans.ends, spans.begins), is_counter)
    term_ends = np.empty(len(spans.begins), np.int64)
    n = increase_terms(*arrays, np.empty(0, np.int64), np.empty(0), term_ends)
    terms, weights = np.empty(max(1, n), np.int64), np.empty(max(1, n))
    increase_terms(*arrays, terms, weights, term_ends)
    schemas = series.table.schemas[series.rows]
    coarsest = np.minimum(schemas[spans.begins], schemas[spans.ends - 1])
    if is_counter:
        window_minima(schemas, begins, spans.ends, coarsest)
    starts = np.concatenate([np.zeros(1, np.int64), term_ends])[:-1]
    sums = sum_histograms(series.table, terms, weights, (starts, term_ends), coarsest=coarsest, compensated=False)
    hints = np.full(len(sums.histograms), int(CounterReset.GAUGE))
    flags = np.where(agree, sums.flags, sums.flags | workspace.INCOMPATIBLE)
    return replace(sums, histograms=replace(sums.histograms, hints=hints), flags=flags)


def annotate_increase(found: Found, spans: Spans, sums: Sums, is_counter: bool) -> None:
    said = ~say_incompatible(found, sums) & (spans.ends - spans.begins >= 2)
    gauge = spans.series.hints == int(CounterReset.GAUGE)
    if is_counter:
        found.of_metric.append((said & spans.any_in(gauge, spans.begins, spans.ends), Annotations.not_a_counter))
    else:
        both = gauge[spans.begins] & gauge[spans.ends - 1]
        found.of_metric.append((said & ~both, Annotations.not_a_gauge))
    say_reconciled(found, said & sums.flagged(workspace.RECONCILED_SUBTRACTING), SUBTRACTION)
    say_reconciled(found, said & sums.flagged(workspace.RECONCILED_ADDING), ADDITION)
    if is_counter and spans.series.start_times_ms is not None:
        crossed = overlaps(spans.series.start_times_ms, spans.series.times_ms)
        where = said & spans.any_in(crossed, np.minimum(spans.begins + 1, spans.ends), spans.ends)
        found.of_metric.append((where, lambda notes, name, at: notes.start_time_overlap(name, at, int(where.sum()))))


def extrapolation(found: Found, spans: Spans, window: tuple[Int64s, Int64s], is_counter: bool) -> Float64s:
    """The factor that stretches each increase to its window's ends.

    A counter that started inside the window, as its first sample says, counts from there: its first sample is added.
    """
    series = spans.series
    first_ms, last_ms = series.times_ms[spans.begins], series.times_ms[spans.ends - 1]
    started = np.zeros(len(spans.begins), np.bool_)
    sampled = (last_ms - first_ms) / 1000.0
    if is_counter and series.start_times_ms is not None:
        start_ms = series.start_times_ms[spans.begins]
        started = (start_ms != 0) & (start_ms > window[0]) & (start_ms < first_ms)
        started &= (found.rows >= 0) | (spans.ends - spans.begins == 1)
        add_firsts(found, spans, started)
        sampled = np.where(started, (last_ms - start_ms) / 1000.0, sampled)
    kept = found.rows >= 0
    n_gaps = (spans.ends - spans.begins - 1).astype(np.float64)
    average = np.where(n_gaps > 0, (last_ms - first_ms) / 1000.0 / np.maximum(n_gaps, 1), 0.0)
    to_start = (first_ms - window[0]) / 1000.0
    to_end = (window[1] - last_ms) / 1000.0
    to_start = np.where(to_start >= average * 1.1, average / 2, to_start)
    to_end = np.where(to_end >= average * 1.1, average / 2, to_end)
    if is_counter and kept.any():
        count = np.where(kept, found.table.counts[np.maximum(found.rows, 0)], 0.0)
        first_count = series.table.counts[series.rows[spans.begins]]
        to_zero = sampled * (first_count / count)
        to_start = np.where((count > 0) & (first_count >= 0) & (to_zero < to_start), to_zero, to_start)
    to_start = np.where(started, 0.0, to_start)
    return np.where(sampled != 0, (sampled + to_start + to_end) / sampled, 1.0)


def add_firsts(found: Found, spans: Spans, where: Bools) -> None:
    """The first histogram of some windows added to their increase, or instead of it where there is none."""
    chosen = np.flatnonzero(where)
    table = join_histograms([found.table, spans.series.table])
    terms = np.stack([found.rows[chosen], len(found.table) + spans.series.rows[spans.begins[chosen]]], axis=1).reshape(
        -1
    )
    begins = 2 * np.arange(len(chosen), dtype=np.int64)
    lone = (found.rows[chosen] < 0).astype(np.int64)
    sums = sum_histograms(table, terms, np.ones(len(terms)), (begins + lone, begins + 2), compensated=False)
    say_incompatible_at(found, chosen, sums)
    rows = found.rows.copy()
    rows[chosen] = np.where(sums.rows >= 0, len(found.table) + sums.rows, -1)
    used = np.flatnonzero(rows >= 0)
    found.table = join_histograms([found.table, sums.histograms]).take(rows[used])
    found.rows = np.full(len(rows), -1, np.int64)
    found.rows[used] = np.arange(len(used))


def say_incompatible_at(found: Found, chosen: Int64s, sums: Sums) -> None:
    where = np.zeros(len(found.places), np.bool_)
    where[chosen] = sums.flagged(workspace.INCOMPATIBLE)
    found.of_metric.append((where, Annotations.mixed_schemas))
    reconciled = np.zeros(len(found.places), np.bool_)
    reconciled[chosen] = sums.flagged(workspace.RECONCILED_ADDING)
    say_reconciled(found, reconciled, ADDITION)


def factor_of_rows(found: Found, factors: Float64s) -> Float64s:
    """The factor of each row of the table, from those of the cells."""
    out = np.ones(len(found.table))
    kept = found.rows >= 0
    out[found.rows[kept]] = factors[kept]
    return out


def last_histogram_change(windows: MixedWindows, wanted: Bools, *, is_rate: bool) -> Found:
    """irate and idelta: from the last two histograms of each window."""
    series = windows.histograms
    places = np.flatnonzero(wanted)
    last = windows.histogram_places.ends.reshape(-1)[places] - 1
    resets = series.resets
    if series.start_times_ms is not None:
        resets = resets | is_start_reset(series.start_times_ms, series.times_ms)
    subtracts = ~resets[last] if is_rate else np.ones(len(last), np.bool_)
    terms = np.stack([series.rows[last], series.rows[last - 1]], axis=1).reshape(-1)
    weights = np.tile([1.0, -1.0], len(last))
    begins = 2 * np.arange(len(last), dtype=np.int64)
    sums = sum_histograms(series.table, terms, weights, (begins, begins + 1 + subtracts), compensated=False)
    found = Found(places, windows.grid.n_steps, sums.rows, as_gauges(sums.histograms))
    say_incompatible(found, sums)
    gauge = series.hints == int(CounterReset.GAUGE)
    if is_rate:
        found.of_metric.append((gauge[last] | gauge[last - 1], Annotations.not_a_counter))
        seconds = (series.times_ms[last] - series.times_ms[last - 1]) / 1000.0
        found.table = divide(found.table, factor_of_rows(found, seconds))
    else:
        found.of_metric.append((~(gauge[last] & gauge[last - 1]), Annotations.not_a_gauge))
    say_reconciled(found, sums.flagged(workspace.RECONCILED_SUBTRACTING), SUBTRACTION)
    return found


def as_gauges(histograms: Histograms) -> Histograms:
    return replace(histograms, hints=np.full(len(histograms), int(CounterReset.GAUGE)))
