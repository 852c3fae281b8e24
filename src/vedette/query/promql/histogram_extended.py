"""`anchored` and `smoothed` selectors of native histograms: increases between the range's edges, and smoothed instant vectors.

An edge is a sample, or drawn between two: such histograms are computed first and put behind the samples in one table, so that what
follows is a sum of rows as for any other rate. Source of semantics: Prometheus extendedHistogramRate, interpolateHistograms,
smoothSeries, pickFirstSampleIndices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vedette.kernels.histogram_edges import are_resets, edge_samples, edge_terms
from vedette.kernels.histogram_scaling import divide, multiply
from vedette.kernels.histogram_sums import Sums, sum_histograms
from vedette.kernels.histogram_table import table_of
from vedette.kernels.histogram_workspace import RECONCILED_ADDING, RECONCILED_SUBTRACTING
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import CounterReset, Histograms, join_histograms
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.histogram_rates import ADDITION, SUBTRACTION, as_gauges
from vedette.query.promql.histogram_results import Found, say_reconciled
from vedette.query.promql.histogram_windows import HistogramSeries, MixedWindows, Spans

_GAUGE = int(CounterReset.GAUGE)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Histograms between pairs of others; bool[n]: where bounds were reconciled on the way."""

    histograms: Histograms
    subtracting: Bools
    adding: Bools


def draw_between(
    table: Histograms, before: Int64s, after: Int64s, fractions: Float64s, is_counter: Bools | bool
) -> Drawn:
    """From the rows `before` to the rows `after`, which mix; a counter that was reset between them begins at zero."""
    resets = np.empty(len(before), np.bool_)
    are_resets(table_of(table), after, before, resets)
    resets &= is_counter
    starts = 2 * np.arange(len(before), dtype=np.int64)
    terms = np.stack([after, before], axis=1).reshape(-1)
    weights = np.tile([1.0, -1.0], len(before))
    change = sum_histograms(table, terms, weights, (starts, starts + 2 - resets), compensated=False)
    shared = join_histograms([table, multiply(change.histograms, fractions)])
    terms = np.stack([len(table) + change.rows, before], axis=1).reshape(-1)
    drawn = sum_histograms(shared, terms, np.ones(len(terms)), (starts, starts + 2 - resets), compensated=False)
    return Drawn(drawn.histograms, change.flagged(RECONCILED_SUBTRACTING), drawn.flagged(RECONCILED_ADDING))


@dataclass(frozen=True, slots=True)
class Edges:
    """Windows with a sample for each edge: (left, right) rows of `table`, and what was said in drawing them."""

    table: Histograms
    left: Int64s
    right: Int64s
    subtracting: Bools
    adding: Bools


def edged_increase(
    windows: MixedWindows, wanted: Bools, bounds: tuple[Int64s, Int64s], *, smoothed: bool, is_counter: bool
) -> Found:
    """`windows` with the lookback beside the range; `bounds`: int64[n_steps], where the ranges start and end."""
    series = windows.histograms
    places = np.flatnonzero(wanted)
    begins = windows.histogram_places.begins.reshape(-1)[places]
    ends = windows.histogram_places.ends.reshape(-1)[places]
    steps = places % windows.grid.n_steps
    edges = (bounds[0][steps], bounds[1][steps])
    firsts, lasts = np.empty(len(places), np.int64), np.empty(len(places), np.int64)
    edge_samples(series.times_ms, begins, ends, edges, smoothed, firsts, lasts)
    known = lasts >= firsts
    spans = Spans(series, firsts[known], lasts[known] + 1, series.resets)
    found = Found(places[known], windows.grid.n_steps, np.full(int(known.sum()), -1, np.int64), series.table)
    agree = spans.agree(spans.begins)
    found.of_metric.append((~agree, Annotations.mixed_schemas))
    if is_counter:
        gauge = spans.any_in(series.hints == _GAUGE, spans.begins, spans.ends)
        found.of_metric.append((agree & gauge, Annotations.not_a_counter))
    chosen = np.flatnonzero(agree)
    edges = (edges[0][known][chosen], edges[1][known][chosen])
    begins = begins[known][chosen]
    spans = Spans(series, spans.begins[chosen], spans.ends[chosen], series.resets)
    add_between(
        found, chosen, spans, draw_edges(spans, begins, edges, smoothed, is_counter), is_counter, edges, smoothed
    )
    return found


def draw_edges(spans: Spans, begins: Int64s, edges: tuple[Int64s, Int64s], smoothed: bool, is_counter: bool) -> Edges:
    series = spans.series
    table, rows, times = series.table, series.rows, series.times_ms
    first, last = spans.begins, spans.ends - 1
    left, right = rows[first], rows[last]
    subtracting, adding = np.zeros(len(first), np.bool_), np.zeros(len(first), np.bool_)
    if not smoothed:
        return Edges(table, left, right, subtracting, adding)
    tables = [table]
    n = len(table)
    before_start = np.flatnonzero(times[first] < edges[0])
    after_end = np.flatnonzero((last > begins) & (times[last] > edges[1]))
    for which, earlier, at_ms, out in (
        (before_start, first, edges[0], left),
        (after_end, last - 1, edges[1], right),
    ):
        a, b = earlier[which], earlier[which] + 1
        fractions = (at_ms[which] - times[a]) / (times[b] - times[a])
        drawn = draw_between(table, rows[a], rows[b], fractions.astype(np.float64), is_counter)
        out[which] = n + np.arange(len(which))
        n += len(which)
        tables.append(drawn.histograms)
        subtracting[which] |= drawn.subtracting
        adding[which] |= drawn.adding
    return Edges(join_histograms(tables), left, right, subtracting, adding)


def add_between(
    found: Found,
    chosen: Int64s,
    spans: Spans,
    edges: Edges,
    is_counter: bool,
    bounds: tuple[Int64s, Int64s],
    smoothed: bool,
) -> None:
    """The increases of the windows `chosen` of all that were found."""
    series = spans.series
    second = np.minimum(spans.begins + 1, spans.ends - 1)
    passes = is_counter & smoothed & (series.times_ms[spans.begins] < bounds[0]) & hinted_resets(series, second)
    arrays = (table_of(edges.table), series.rows, (spans.begins, spans.ends - 1), (edges.left, edges.right))
    ends = np.empty(len(chosen), np.int64)
    n = edge_terms(*arrays, passes, is_counter, np.empty(0, np.int64), np.empty(0), ends)
    terms, weights = np.empty(max(1, n), np.int64), np.empty(max(1, n))
    edge_terms(*arrays, passes, is_counter, terms, weights, ends)
    sums = add_corrected(edges.table, terms, weights, ends)
    found.rows[chosen] = sums.rows
    found.table = as_gauges(sums.histograms)

    def among_all(marks: Bools) -> Bools:
        out = np.zeros(len(found.places), np.bool_)
        out[chosen] = marks
        return out

    if not is_counter:
        hints = edges.table.hints
        both = (hints[edges.left] == _GAUGE) & (hints[edges.right] == _GAUGE)
        found.of_metric.append((among_all(~both), Annotations.not_a_gauge))
    say_reconciled(found, among_all(edges.subtracting | sums.flagged(RECONCILED_SUBTRACTING)), SUBTRACTION)
    say_reconciled(found, among_all(edges.adding | sums.flagged(RECONCILED_ADDING)), ADDITION)


def add_corrected(table: Histograms, terms: Int64s, weights: Float64s, ends: Int64s) -> Sums:
    """Of each result the first two terms and the sum of the others, which the reference adds up by themselves first."""
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    several = np.flatnonzero(ends - starts > 3)
    if not len(several):
        return sum_histograms(table, terms, weights, (starts, ends), compensated=False)
    corrections = sum_histograms(table, terms, weights, (starts[several] + 2, ends[several]), compensated=False)
    terms[starts[several] + 2] = len(table) + corrections.rows
    place = np.arange(len(terms)) - np.repeat(starts, ends - starts)
    kept = np.flatnonzero(place < 3)
    ends = np.cumsum(np.minimum(ends - starts, 3))
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    shared = join_histograms([table, corrections.histograms])
    sums = sum_histograms(shared, terms[kept], weights[kept], (starts, ends), compensated=False)
    sums.flags[several] |= corrections.flags & RECONCILED_ADDING
    return sums


def hinted_resets(series: HistogramSeries, places: Int64s) -> Bools:
    out = np.empty(len(places), np.bool_)
    are_resets(table_of(series.table), series.rows[places], series.rows[np.maximum(places - 1, 0)], out)
    return out


def draw_samples(windows: MixedWindows, wanted: Bools, times_ms: Int64s) -> Found:
    """A smoothed instant vector at times_ms int64[n_steps], where windows hold histograms only: the sample at that time, one
    drawn between its neighbours, or the one before.
    """
    series = windows.histograms
    places = np.flatnonzero(wanted)
    begins = windows.histogram_places.begins.reshape(-1)[places]
    ends = windows.histogram_places.ends.reshape(-1)[places]
    at_ms = times_ms[places % windows.grid.n_steps]
    after = windows.first_from(begins, ends, at_ms)
    exists = after < ends
    exact = exists & (series.times_ms[np.minimum(after, len(series.times_ms) - 1)] == at_ms)
    between = np.flatnonzero(exists & ~exact & (after > begins))
    alone = np.flatnonzero(~exists & (after > begins))
    found = Found(places, windows.grid.n_steps, np.full(len(places), -1, np.int64), series.table)
    a, b = after[between] - 1, after[between]
    agree = series.is_custom[a] == series.is_custom[b]
    mixed = np.zeros(len(places), np.bool_)
    mixed[between[~agree]] = True
    found.of_metric.append((mixed, Annotations.mixed_schemas))
    between, a, b = between[agree], a[agree], b[agree]
    is_counter = (series.hints[a] != _GAUGE) | (series.hints[b] != _GAUGE)
    fractions = (at_ms[between] - series.times_ms[a]) / (series.times_ms[b] - series.times_ms[a])
    drawn = draw_between(series.table, series.rows[a], series.rows[b], fractions.astype(np.float64), is_counter)
    last = series.table.take(series.rows[after[alone] - 1])
    last = replace(last, hints=np.full(len(last), int(CounterReset.UNKNOWN)))
    found.table = join_histograms([series.table, drawn.histograms, last])
    found.rows[exact] = series.rows[after[exact]]
    found.rows[between] = len(series.table) + np.arange(len(between))
    found.rows[alone] = len(series.table) + len(between) + np.arange(len(alone))
    for marks, operation in ((drawn.subtracting, SUBTRACTION), (drawn.adding, ADDITION)):
        where = np.zeros(len(places), np.bool_)
        where[between] = marks
        say_reconciled(found, where, operation)
    return found


def edged_rate(found: Found, range_ms: int) -> None:
    """Per second, in place."""
    found.table = divide(found.table, np.full(len(found.table), range_ms / 1000.0))
