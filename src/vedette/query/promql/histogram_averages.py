"""Sums and averages of native histograms: over windows, and what aggregations share with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vedette.kernels import histogram_workspace as workspace
from vedette.kernels.histogram_scaling import divide
from vedette.kernels.histogram_sums import Sums, sum_histograms
from vedette.model.blocks import Bools, Int64s
from vedette.model.histograms import Histograms, join_histograms, stretches
from vedette.query.promql.histogram_results import Found, say_conflict, say_incompatible, say_reconciled
from vedette.query.promql.histogram_windows import MixedWindows

AGGREGATION = "aggregation"


def add_over_windows(windows: MixedWindows, wanted: Bools, *, averaged: bool) -> Found:
    """The sum or mean of the histograms in each wanted window. Source: Prometheus funcSumOverTime, funcAvgOverTime."""
    series = windows.histograms
    places = np.flatnonzero(wanted)
    spans = (windows.histogram_places.begins.reshape(-1)[places], windows.histogram_places.ends.reshape(-1)[places])
    sums = add_or_average(series.table, series.rows, spans, averaged=averaged)
    found = Found(places, windows.grid.n_steps, sums.rows, sums.histograms)
    said = ~say_incompatible(found, sums)
    say_reconciled(found, said & sums.flagged(workspace.RECONCILED_ADDING), AGGREGATION)
    say_conflict(found, said & has_conflict(sums), AGGREGATION)
    return found


def has_conflict(sums: Sums) -> Bools:
    return sums.flagged(workspace.RESET_SEEN) & sums.flagged(workspace.NOT_RESET_SEEN)


def add_or_average(table: Histograms, terms: Int64s, spans: tuple[Int64s, Int64s], *, averaged: bool) -> Sums:
    """Result i is the sum or the mean of the rows terms[starts[i]:ends[i]].

    A mean whose sum overflows is summed up from terms that were divided before.
    """
    sums = sum_histograms(table, terms, np.ones(len(terms)), spans)
    if not averaged:
        return sums
    counts = (spans[1] - spans[0]).astype(np.float64)
    kept = sums.rows >= 0
    means = replace(sums, histograms=divide(sums.histograms, counts[kept]))
    again = np.flatnonzero(kept & sums.flagged(workspace.NOT_FINITE))
    if not len(again):
        return means
    offsets, places = stretches(spans[0][again], (spans[1] - spans[0])[again])
    weights = 1.0 / np.repeat(counts[again], np.diff(offsets))
    careful = sum_histograms(table, terms[places], weights, (offsets[:-1], offsets[1:]))
    rows = means.rows.copy()
    rows[again] = len(means.histograms) + careful.rows
    return replace(means, rows=rows, histograms=join_histograms([means.histograms, careful.histograms]))
