"""`anchored` and `smoothed` selectors of series that hold native histograms, perhaps beside floats.

Source of semantics: Prometheus extrapolatedRate, smoothSeries, pickFirstSampleIndices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vedette.kernels.places import first_places
from vedette.model.blocks import Int64s
from vedette.model.histograms import HistogramCells
from vedette.model.labels import METRIC_NAME, Labels
from vedette.query.promql.ast import VectorSelector
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.extended_ranges import EVENTS, RATES, extended_kernel, smoothed_floats
from vedette.query.promql.histogram_extended import draw_samples, edged_increase, edged_rate
from vedette.query.promql.histogram_windows import MixedCells, MixedWindows, Places
from vedette.query.promql.mixed_events import EVENTS_OF_BOTH, events_between
from vedette.query.promql.samples import Samples, Windows
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

if TYPE_CHECKING:
    from vedette.query.promql.range_functions import Job


def evaluate_extended(job: Job, selector: VectorSelector, cells: HistogramCells) -> MixedCells:
    """As the kernel of `extended_kernel`, where some samples are histograms. Raises QueryFailed as that does."""
    name, windows = job.call.function.name, job.windows
    lookback = job.evaluation.lookback_ms
    kernel, arguments = extended_kernel(selector, name, lookback)
    after = lookback if selector.smoothed else 0
    wider = replace(windows, end0_ms=windows.end0_ms + after, range_ms=windows.range_ms + lookback + after)
    mixed = MixedWindows(wider, cells, job.grid)
    ends_ms = mixed.window_ends_ms - after
    bounds = (ends_ms - windows.range_ms, ends_ms)
    if name in EVENTS:
        return count_anchored_events(mixed, name, bounds[0])
    position = job.call.args[0].start
    warn_of_mix(job.evaluation, mixed, position)
    floats = replace(job, windows=replace(windows, columns=mixed.floats.columns))
    values, present = floats.run(kernel, *arguments)
    is_counter, is_rate = RATES[name]
    found = edged_increase(mixed, mixed.has_histograms_only, bounds, smoothed=selector.smoothed, is_counter=is_counter)
    found.annotate(job.evaluation.annotations, mixed.columns.labels, position)
    if is_rate:
        edged_rate(found, windows.range_ms)
    return MixedCells.join((values, present & (mixed.n_histograms == 0)), found.places, found.rows, found.table)


def count_anchored_events(mixed: MixedWindows, name: str, starts_ms: Int64s) -> MixedCells:
    """From the last sample at or before the range's start on; nothing where none comes after it."""
    places = mixed.all_places
    after_ms = np.broadcast_to(starts_ms + 1, places.begins.shape)
    first = np.empty(places.begins.size, np.int64)
    flat = (places.begins.reshape(-1), places.ends.reshape(-1), np.ascontiguousarray(after_ms).reshape(-1))
    first_places(mixed.columns.times_ms, *flat, first)
    inside = first.reshape(places.begins.shape)
    present = inside < places.ends
    begins = np.maximum(inside - 1, places.begins)
    values = events_between(EVENTS_OF_BOTH[name](mixed), Places(begins, places.ends), present)
    return MixedCells.of_floats(values, present, mixed.cells.table)


def warn_of_mix(evaluation: Evaluation, mixed: MixedWindows, position: int) -> None:
    labels: Sequence[Labels] = mixed.columns.labels
    for row in np.flatnonzero(mixed.is_mixed.any(axis=1)).tolist():
        evaluation.annotations.mixed_floats_and_histograms(labels[row].get(METRIC_NAME), position)


def smoothed_vector_of_both(
    evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid, position: int
) -> Matrix:
    """As `smoothed_vector`, where some samples are histograms: a window that holds both kinds has no value."""
    lookback = evaluation.lookback_ms
    columns = samples.ranged
    assert columns.histograms is not None
    mixed = MixedWindows(Windows(columns, times[0] + lookback, times[1], 2 * lookback), columns.histograms, grid)
    warn_of_mix(evaluation, mixed, position)
    floats = smoothed_floats(evaluation, mixed.floats.columns, times, grid)
    found = draw_samples(mixed, mixed.has_histograms_only, mixed.window_ends_ms - lookback)
    found.annotate(evaluation.annotations, samples.labels, position)
    of_floats = floats.values, floats.present & (mixed.n_histograms == 0)
    joined = MixedCells.join(of_floats, found.places, found.rows, found.table)
    cells = HistogramCells(joined.rows, joined.table)
    return replace(floats, values=joined.values, present=joined.present, histograms=cells)
