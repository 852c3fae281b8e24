"""Selectors: instant vectors from samples, windows for range functions, subqueries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vedette.kernels.instant import select_instant
from vedette.kernels.places import newest_places
from vedette.kernels.window_ends import COUNT, window_ends
from vedette.model.blocks import Bools, Float64s, Int64s, SeriesColumns
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT, HistogramCells, offsets_of
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN_BITS
from vedette.query.promql.ast import MatrixSelector, SubqueryExpr, VectorSelector
from vedette.query.promql.downsampled import first_raw_step, join, part_of_grid
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.extended_ranges import extend_samples, extended_selector, smoothed_vector
from vedette.query.promql.mixed_extended import smoothed_vector_of_both
from vedette.query.promql.plan import StepInvariant
from vedette.query.promql.sample_sizes import count_vector, count_windows
from vedette.query.promql.samples import RangeColumns, Samples, Windows, range_columns_of
from vedette.query.promql.values import METADATA_LABELS, SAME_LABELSET, Matrix, RawSamples, Scalar, Value
from vedette.query.shared.steps import Grid


def reference_times(at_ms: int | None, offset_ms: int, grid: Grid) -> tuple[int, int]:
    """First time and step of the times a selector looks at; the step is 0 with an `@` modifier."""
    if at_ms is not None:
        return at_ms - offset_ms, 0
    return grid.start_ms - offset_ms, grid.step_ms


def samples_read(
    evaluation: Evaluation, selector: VectorSelector, times: tuple[int, int], grid: Grid, reach_ms: int
) -> Samples:
    """`reach_ms`: how far before each of its times the selector looks."""
    samples = evaluation.samples(selector)
    if selector not in evaluation.plan.statistics_only:
        return samples
    return samples.statistics(*times, grid.n_steps, reach_ms)


def select_vector(evaluation: Evaluation, node: VectorSelector, grid: Grid) -> Matrix:
    times = reference_times(node.timestamp_ms, node.offset_ms, grid)
    samples = samples_read(evaluation, node, times, grid, evaluation.lookback_ms - 1)
    if node.smoothed and samples.resolved is not None:
        matrix = smoothed_vector_of_both(evaluation, samples, times, grid, node.start)
    else:
        select = smoothed_vector if node.smoothed else newest_samples
        matrix = select(evaluation, samples, times, grid)
    if evaluation.stats.detailed:
        evaluation.stats.look_at(grid, count_vector(matrix))
    return matrix.without_empty_series().as_selected()


def newest_samples(evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid) -> Matrix:
    if samples.resolved is not None:
        return newest_of_both_kinds(evaluation, samples, samples.resolved[0], times, grid)
    downsampled, lookback_ms = samples.columns.downsampled, evaluation.lookback_ms
    if downsampled is None:
        values, present = look_back(evaluation, samples, times, grid, lookback_ms)
    else:
        step = first_raw_step(downsampled, *times, lookback_ms, grid.n_steps)
        steps = ((0, step, max(lookback_ms, downsampled.width_ms)), (step, grid.n_steps, lookback_ms))
        parts = [
            look_back(evaluation, samples, (times[0] + low * times[1], times[1]), part_of_grid(grid, low, high), span)
            for low, high, span in steps
            if low < high
        ]
        values, present = join(parts)
    return Matrix.of(samples.columns.labels, grid, values, present)


def look_back(
    evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid, lookback_ms: int
) -> tuple[Float64s, Bools]:
    columns = samples.columns
    values, present = evaluation.allocate(columns.n_series, grid)
    arrays = (columns.offsets, columns.times_ms, columns.values, samples.bits)

    def select_slice(low: int, high: int) -> None:
        select_instant(*arrays, low, high, *times, lookback_ms, values, present)

    evaluation.run_slices(select_slice, columns.n_series, values.size)
    return values, present


def newest_of_both_kinds(
    evaluation: Evaluation, samples: Samples, cells: HistogramCells, times: tuple[int, int], grid: Grid
) -> Matrix:
    """As `newest_samples`, where some samples are histograms."""
    columns = samples.columns
    evaluation.check_cells(columns.n_series, grid)
    places = newest_places_of(evaluation, samples, times, grid)
    present = places >= 0
    values = np.where(present, columns.values[places], 0.0)
    rows = np.where(present, cells.rows[places], FLOAT)
    return replace(Matrix.of(columns.labels, grid, values, present), histograms=HistogramCells(rows, cells.table))


def newest_places_of(evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid) -> Int64s:
    """int64[n_series, n_steps]: which sample is selected, or -1."""
    columns = samples.columns
    places = np.empty((columns.n_series, grid.n_steps), np.int64)
    evaluation.deadline.check("expression evaluation")
    stale = samples.bits == STALE_NAN_BITS
    newest_places(columns.offsets, columns.times_ms, stale, *times, evaluation.lookback_ms, places)
    return places


def select_times(evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid) -> Matrix:
    """As `newest_samples`, but the values are the samples' own times, in ms."""
    columns = samples.columns
    _, present = evaluation.allocate(columns.n_series, grid)
    times_ms = np.empty(present.shape, np.int64)
    arrays = (columns.offsets, columns.times_ms, columns.times_ms, samples.bits)

    def select_slice(low: int, high: int) -> None:
        select_instant(*arrays, low, high, *times, evaluation.lookback_ms, times_ms, present)

    evaluation.run_slices(select_slice, columns.n_series, present.size)
    return Matrix.of(columns.labels, grid, times_ms.astype(np.float64), present)


def windows_of(evaluation: Evaluation, node: MatrixSelector | SubqueryExpr, grid: Grid) -> Windows:
    """The windows of a range vector at the times of the grid."""
    if isinstance(node, SubqueryExpr):
        columns = range_columns_of(evaluate_subquery(evaluation, node, grid))
        times = reference_times(node.timestamp_ms, node.offset_ms, grid)
    else:
        times = reference_times(node.selector.timestamp_ms, node.selector.offset_ms, grid)
        columns = samples_read(evaluation, node.selector, times, grid, node.range_ms).ranged
    windows = Windows(columns, *times, node.range_ms)
    if evaluation.stats.detailed and columns.histograms is not None:
        evaluation.stats.look_at(grid, count_windows(windows, columns.histograms, grid))
    elif evaluation.stats.detailed:
        values, present = evaluation.allocate(columns.n_series, grid)
        arrays = (columns.offsets, columns.times_ms, columns.values)
        window_ends(*arrays, 0, columns.n_series, *times, node.range_ms, COUNT, values, present)
        evaluation.stats.look_at(grid, values.sum(axis=0).astype(np.int64))
    return windows


def subquery_grid(node: SubqueryExpr, grid: Grid, default_step_ms: int) -> Grid:
    """The inner grid: absolute multiples of the step, after the first window's start, up to the last window's end."""
    step = node.step_ms or default_step_ms
    first, _ = reference_times(node.timestamp_ms, node.offset_ms, grid)
    last = first if node.timestamp_ms is not None else grid.end_ms - node.offset_ms
    start = ((first - node.range_ms) // step + 1) * step
    return Grid.between(start, last, step)


def evaluate_subquery(evaluation: Evaluation, node: SubqueryExpr, grid: Grid) -> Matrix:
    inner = subquery_grid(node, grid, evaluation.options.subquery_step_ms)
    value = evaluation.evaluate(node.expr, inner)
    if isinstance(value, Scalar):
        raise TypeError("the type checker allows subqueries of instant vectors only")
    assert isinstance(value, Matrix)
    return value


def select_raw(evaluation: Evaluation, node: MatrixSelector | SubqueryExpr, grid: Grid) -> RawSamples:
    """The value of a range vector that stands alone, at the grid's only step: no function will drop names any more."""
    windows = windows_of(evaluation, node, grid)
    columns = windows.columns
    edges = (windows.end0_ms - windows.range_ms, windows.end0_ms)
    selector = extended_selector(node)
    found: dict[Labels, list[Piece]] = {}
    for row, labels in enumerate(columns.labels):
        own = slice(columns.offsets[row], columns.offsets[row + 1])
        if selector is None:
            inside = slice(
                *(columns.offsets[row] + np.searchsorted(columns.times_ms[own], edges, side="right")).tolist()
            )
            rows = None if columns.histograms is None else columns.histograms.rows[inside]
            chosen = Piece(columns.times_ms[inside], columns.values[inside], rows)
        else:
            if columns.histograms is not None and (columns.histograms.rows[own] != FLOAT).any():
                modifier = "anchored" if selector.anchored else "smoothed"
                raise QueryFailed(f"{modifier} modifier is not supported with histograms")
            near = samples_near(columns, own, edges, selector, evaluation.lookback_ms)
            chosen = Piece(*extend_samples(*near, edges, selector.smoothed), None)
        if len(chosen.times):
            found.setdefault(labels.without(METADATA_LABELS) if columns.drop_name[row] else labels, []).append(chosen)
    parts = {labels: join_pieces(found[labels]) for labels in sorted(found)}
    offsets = offsets_of([len(part.times) for part in parts.values()])
    joined = concatenate_pieces(list(parts.values()))
    cells = None
    if columns.histograms is not None and joined.rows is not None:
        cells = HistogramCells(joined.rows, columns.histograms.table)
    return RawSamples(
        SeriesColumns(list(parts), offsets, joined.times, joined.values, has_stale=False, histograms=cells)
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of one series; `rows` as in HistogramCells, None: floats only."""

    times: Int64s
    values: Float64s
    rows: Int64s | None


def join_pieces(parts: list[Piece]) -> Piece:
    """One series' samples by time. Raises QueryFailed where two parts have one at the same time."""
    if len(parts) == 1:
        return parts[0]
    joined = concatenate_pieces(parts)
    order = np.argsort(joined.times, kind="stable")
    if (np.diff(joined.times[order]) == 0).any():
        raise QueryFailed(SAME_LABELSET)
    return Piece(joined.times[order], joined.values[order], None if joined.rows is None else joined.rows[order])


def concatenate_pieces(parts: list[Piece]) -> Piece:
    rows = [part.rows for part in parts if part.rows is not None]
    return Piece(
        np.concatenate([np.empty(0, np.int64), *(part.times for part in parts)]),
        np.concatenate([np.empty(0), *(part.values for part in parts)]),
        np.concatenate(rows) if rows else None,
    )


def samples_near(
    columns: RangeColumns, own: slice, edges: tuple[int, int], selector: VectorSelector, lookback_ms: int
) -> tuple[Int64s, Float64s]:
    """One series' samples inside the edges and the lookback beside them."""
    bounds = (edges[0] - lookback_ms, edges[1] + (lookback_ms if selector.smoothed else 0))
    inside = slice(*np.searchsorted(columns.times_ms[own], bounds, side="right").tolist())
    return columns.times_ms[own][inside], columns.values[own][inside]


def evaluate_invariant(evaluation: Evaluation, node: StepInvariant, grid: Grid) -> Value:
    """Evaluated at the first step; repeated at every step, except range vectors, which have times of their own."""
    value = evaluation.evaluate(node.expr, grid.first_step())
    if isinstance(value, Scalar):
        return Scalar(grid, np.full(grid.n_steps, value.values[0]))
    if not isinstance(value, Matrix) or isinstance(node.expr, SubqueryExpr):
        return value
    shape = (value.n_series, grid.n_steps)
    values, present = np.broadcast_to(value.values, shape), np.broadcast_to(value.present, shape)
    return Matrix(
        value.labels,
        grid,
        np.ascontiguousarray(values),
        np.ascontiguousarray(present),
        value.drop_name,
        None if value.histograms is None else value.histograms[:, np.zeros(grid.n_steps, np.int64)],
    )
