"""sum and avg of native histograms, by group and step.

A group with floats and histograms at a step has no result there; nor has one with both kinds of buckets. Source of semantics: Prometheus
evaluator.aggregation.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels import histogram_workspace as workspace
from vedette.kernels.histogram_sums import Sums
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import FLOAT, HistogramCells, offsets_of
from vedette.model.labels import METRIC_NAME
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.histogram_averages import AGGREGATION, add_or_average, has_conflict
from vedette.query.promql.values import Matrix
from vedette.query.shared.grouping import Groups

Result = tuple[Float64s, Bools, HistogramCells]


def aggregate_histograms(
    matrix: Matrix,
    groups: Groups,
    floats: tuple[Float64s, Bools],
    annotations: Annotations,
    position: int,
    *,
    averaged: bool,
) -> Result:
    """`floats`: values and mask [n_groups, n_steps] of the floats alone."""
    assert matrix.histograms is not None
    # Cells in the order group, step, series: the terms of a result stand together.
    order = groups.members
    sizes = np.diff(groups.starts)
    group_of = groups.of_series[order]
    is_histogram = matrix.histogram_present[order]
    chosen = leading(matrix.float_present[order], is_histogram, groups)
    rows, steps = np.nonzero(chosen)
    cell = group_of[rows] * matrix.grid.n_steps + steps
    by_cell = np.argsort(cell, kind="stable")
    terms = matrix.histograms.rows[order][rows, steps][by_cell]
    places, counts = np.unique(cell, return_counts=True)
    offsets = offsets_of(counts)
    sums = add_or_average(matrix.histograms.table, terms, (offsets[:-1], offsets[1:]), averaged=averaged)
    series = order[rows][by_cell]
    annotate_sums(annotations, matrix, sums, (series, offsets), position)
    shape = (len(sizes), matrix.grid.n_steps)
    cells = np.full(shape, FLOAT, np.int64)
    cells.reshape(-1)[places] = sums.rows
    had_histograms = any_in_groups(is_histogram, groups)
    mixed = had_histograms & floats_before_break(matrix, groups, sums, places, series, offsets, floats[1])
    if mixed.any():
        annotations.mixed_floats_and_histograms_in_aggregation(position)
    cells[mixed] = FLOAT
    conflict = np.zeros(shape, np.bool_)
    conflict.reshape(-1)[places] = has_conflict(sums)
    if (conflict & (cells != FLOAT)).any():
        annotations.conflicting_resets(AGGREGATION, position)
    present = (floats[1] & ~had_histograms) | (cells != FLOAT)
    return np.where(cells == FLOAT, floats[0], np.nan), present, HistogramCells(cells, sums.histograms)


def leading(is_float: Bools, is_histogram: Bools, groups: Groups) -> Bools:
    """The histograms of the groups and steps whose first sample is one; series in the order of the groups."""
    chosen = is_histogram.copy()
    for begin, end in zip(groups.starts[:-1].tolist(), groups.starts[1:].tolist(), strict=True):
        present = is_float[begin:end] | is_histogram[begin:end]
        first = np.argmax(present, axis=0)
        chosen[begin:end] &= is_histogram[begin:end][first, np.arange(present.shape[1])]
    return chosen


def any_in_groups(marks: Bools, groups: Groups) -> Bools:
    """bool[n_groups, n_steps] of marks in the order of the groups."""
    return np.asarray(np.logical_or.reduceat(marks, groups.starts[:-1], axis=0), np.bool_)


def floats_before_break(
    matrix: Matrix,
    groups: Groups,
    sums: Sums,
    places: Int64s,
    series: Int64s,
    offsets: Int64s,
    has_floats: Bools,
) -> Bools:
    """Where floats were met. A sum that broke off at incompatible buckets has not looked at the series behind."""
    met = has_floats.copy()
    float_present = matrix.float_present
    for i in np.flatnonzero(sums.flagged(workspace.INCOMPATIBLE)).tolist():
        group, step = divmod(int(places[i]), matrix.grid.n_steps)
        last = series[offsets[i] + sums.used_terms[i]]
        own = np.flatnonzero(groups.of_series == group)
        met[group, step] = float_present[own[own <= last], step].any()
    return met


def annotate_sums(
    annotations: Annotations, matrix: Matrix, sums: Sums, terms: tuple[Int64s, Int64s], position: int
) -> None:
    """`terms`: the series of each term, and where each result's terms begin. The series that broke a sum is named."""
    series, offsets = terms
    broken = np.flatnonzero(sums.flagged(workspace.INCOMPATIBLE))
    for row in np.unique(series[offsets[broken] + sums.used_terms[broken]]).tolist():
        annotations.mixed_schemas(matrix.labels[row].get(METRIC_NAME), position)
    if sums.flagged(workspace.RECONCILED_ADDING).any():
        annotations.mismatched_bounds(AGGREGATION, position)
