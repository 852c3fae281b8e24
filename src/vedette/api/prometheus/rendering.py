"""Query results as the JSON of the reference, written by kernels, slice of series by slice of series.

A result of one slice is one buffer, ready when the query's worker thread returns; a larger one is a list of pieces for
`answers` to render while the first ones are already on their way. No Python object per point; one small text per series.
Source of the shapes: prometheus web/api/v1/json_codec.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec
import numpy as np

from vedette.api.answers import Buffer, Piece
from vedette.api.prometheus import envelope
from vedette.kernels.json_histograms import histogram_texts, write_mixed
from vedette.kernels.json_rows import Texts, times_as_rows, write_samples, write_steps
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import FLOAT
from vedette.model.labels import Labels
from vedette.query.promql.values import Matrix, RawSamples, Scalar, StringValue, Value

POINTS_PER_PIECE: Final = 32_768
"""About a megabyte of JSON and two milliseconds of a thread."""

_DOCUMENT: Final = envelope.OPEN + b'{"resultType":"%s","result":%s'
_MATRIX_TAIL: Final = b"]},"
_VECTOR_TAIL: Final = b"},"

_MIXED_MATRIX: Final = (b',"values":[', b',"histograms":[', b"]")
_MIXED_VECTOR: Final = (b',"value":', b',"histogram":', b"")
_HISTOGRAM_POINTS: Final = 20

Slice = tuple[int, int]
Writer = Callable[[int, int], memoryview]

_encode: Final = msgspec.json.Encoder().encode


def render(value: Value, *, time_ms: int | None, ending: bytes) -> Buffer | list[Piece]:
    """The whole answer. `time_ms`: of an instant query; None for a range query. `ending`: what stands behind the result."""
    match value:
        case Scalar():
            return _DOCUMENT % (b"scalar", _render_scalar(float(value.values[0]), value.grid.start_ms)) + ending
        case StringValue():
            return _DOCUMENT % (b"string", _render_string(value.text, time_ms or 0)) + ending
        case Matrix():
            return _render_matrix(value, ending, is_range=time_ms is None)
        case RawSamples():
            return _render_samples(value.columns, ending)


def truncate(value: Value, limit: int) -> tuple[Value, bool]:
    """At most `limit` series of a vector or matrix (0: all), and whether any were cut."""
    if isinstance(value, Matrix) and 0 < limit < value.n_series:
        return value.rows(np.arange(limit, dtype=np.int64)), True
    if isinstance(value, RawSamples) and 0 < limit < value.columns.n_series:
        return RawSamples(_first_series(value.columns, limit)), True
    return value, False


def _first_series(columns: SeriesColumns, n: int) -> SeriesColumns:
    end = int(columns.offsets[n])
    return SeriesColumns(
        columns.labels[:n],
        columns.offsets[: n + 1],
        columns.times_ms[:end],
        columns.values[:end],
        columns.has_stale,
        None if columns.histograms is None else columns.histograms[:end],
    )


def _render_scalar(value: float, time_ms: int) -> bytes:
    return _time_text(time_ms) + b'"%s"]' % _plain(value).encode()


def _plain(value: float) -> str:
    """A scalar, other than a sample, never has an exponent (promql.Scalar's own MarshalJSON)."""
    if math.isfinite(value):
        return format(Decimal(repr(value)).normalize(), "f")
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _render_string(text: str, time_ms: int) -> bytes:
    return _time_text(time_ms) + _encode(text) + b"]"


def _time_text(time_ms: int) -> bytes:
    """`[1435781430,`"""
    return times_as_rows(np.array([time_ms])).data.tobytes().removesuffix(b'"')


def _render_matrix(matrix: Matrix, ending: bytes, *, is_range: bool) -> Buffer | list[Piece]:
    matrix = matrix.without_empty_series()
    if matrix.histograms is not None:
        return _render_mixed(_samples_of(matrix), ending, is_range=is_range)
    kind, key, tail = (b"matrix", b"values", _MATRIX_TAIL) if is_range else (b"vector", b"value", _VECTOR_TAIL)
    times = times_as_rows(matrix.grid.times_ms)

    def write(first: int, last: int) -> memoryview:
        heads = _heads(matrix.labels[first:last], key, is_list=is_range)
        return write_steps(heads, times, matrix.values[first:last], matrix.present[first:last], tail)

    return _assemble(kind, _slices(matrix.n_series, matrix.grid.n_steps), write, ending)


def _render_samples(columns: SeriesColumns, ending: bytes) -> Buffer | list[Piece]:
    if columns.histograms is not None:
        return _render_mixed(columns, ending, is_range=True)

    def write(first: int, last: int) -> memoryview:
        heads = _heads(columns.labels[first:last], b"values", is_list=True)
        offsets = columns.offsets[first : last + 1]
        return write_samples(heads, offsets, columns.times_ms, columns.values, _MATRIX_TAIL)

    return _assemble(b"matrix", _slices(columns.n_series, _longest(columns)), write, ending)


def _render_mixed(columns: SeriesColumns, ending: bytes, *, is_range: bool) -> Buffer | list[Piece]:
    """Floats and native histograms, the latter about twenty times the size of the former."""
    cells = columns.histograms
    assert cells is not None
    kind, words = (b"matrix", _MIXED_MATRIX) if is_range else (b"vector", _MIXED_VECTOR)

    def write(first: int, last: int) -> memoryview:
        heads = Texts.of([b'{"metric":' + _encode(dict(series.pairs)) for series in columns.labels[first:last]])
        start, end = int(columns.offsets[first]), int(columns.offsets[last])
        used, rows = _used_rows(cells.rows[start:end])
        samples = (
            columns.offsets[first : last + 1] - start,
            columns.times_ms[start:end],
            columns.values[start:end],
            rows,
        )
        return write_mixed(heads, samples, histogram_texts(cells.table.take(used)), words)

    return _assemble(kind, _slices(columns.n_series, _HISTOGRAM_POINTS * _longest(columns)), write, ending)


def _used_rows(rows: Int64s) -> tuple[Int64s, Int64s]:
    """(the table's rows that are used, ascending; `rows` as places among these)"""
    used = np.unique(rows[rows != FLOAT])
    return used, np.where(rows == FLOAT, FLOAT, np.searchsorted(used, rows))


def _samples_of(matrix: Matrix) -> SeriesColumns:
    series, steps = np.nonzero(matrix.present)
    offsets = np.searchsorted(series, np.arange(matrix.n_series + 1))
    cells = None if matrix.histograms is None else matrix.histograms[series, steps]
    times, values = matrix.grid.times_ms[steps], matrix.values[series, steps]
    return SeriesColumns(matrix.labels, offsets, times, values, histograms=cells)


def _longest(columns: SeriesColumns) -> int:
    return int(np.diff(columns.offsets).max(initial=1))


def _heads(labels: Sequence[Labels], key: bytes, *, is_list: bool) -> Texts:
    opening = b',"%s":%s' % (key, b"[" if is_list else b"")
    return Texts.of([b'{"metric":' + _encode(dict(series.pairs)) + opening for series in labels])


def _slices(n_series: int, n_points: int) -> list[Slice]:
    size = max(1, POINTS_PER_PIECE // max(1, n_points))
    return [(first, min(first + size, n_series)) for first in range(0, n_series, size)]


def _assemble(kind: bytes, slices: list[Slice], write: Writer, ending: bytes) -> Buffer | list[Piece]:
    """Every written slice ends in a comma; the last one's is cut off."""
    opening, closing = _DOCUMENT % (kind, b"["), b"]" + ending
    if not slices:
        return opening + closing
    if len(slices) == 1:
        return b"".join((opening, write(*slices[0])[:-1], closing))

    def write_last() -> memoryview:
        return write(*slices[-1])[:-1]

    return [lambda: opening, *(partial(write, *part) for part in slices[:-1]), write_last, lambda: closing]
