"""Query results as the JSON of the reference, written by kernels, slice of series by slice of series.

A result of one slice is one buffer, ready when the query's worker thread returns; a larger one is a list of pieces for
`answers` to render while the first ones are already on their way. No Python object per point; one small text per series.
Source of the shapes: prometheus web/api/v1/json_codec.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from vedette.api.answers import Buffer, Piece
from vedette.api.prometheus import envelope
from vedette.kernels.json_rows import Texts, times_as_rows, write_samples, write_steps
from vedette.model.blocks import SeriesColumns
from vedette.model.labels import Labels
from vedette.query.promql.values import Matrix, RawSamples, Scalar, StringValue, Value

POINTS_PER_PIECE: Final = 32_768
"""About a megabyte of JSON and two milliseconds of a thread."""

_DOCUMENT: Final = envelope.OPEN + b'{"resultType":"%s","result":%s'
_MATRIX_TAIL: Final = b"]},"
_VECTOR_TAIL: Final = b"},"

Slice = tuple[int, int]
Writer = Callable[[int, int], memoryview]

_encode: Final = msgspec.json.Encoder().encode


def render(value: Value, *, time_ms: int | None, ending: bytes) -> Buffer | list[Piece]:
    """The whole answer. `time_ms`: of an instant query; None for a range query. `ending`: what stands behind the result."""
    match value:
        case Scalar():
            return _render_scalar(value, ending)
        case StringValue():
            return _render_string(value.text, time_ms or 0, ending)
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
        columns.labels[:n], columns.offsets[: n + 1], columns.times_ms[:end], columns.values[:end], columns.has_stale
    )


def _render_scalar(value: Scalar, ending: bytes) -> bytes:
    times, present = times_as_rows(value.grid.times_ms[:1]), np.ones((1, 1), np.bool_)
    head = Texts.of([envelope.OPEN + b'{"resultType":"scalar","result":'])
    return bytes(write_steps(head, times, value.values[:1].reshape(1, 1), present, ending))


def _render_string(text: str, time_ms: int, ending: bytes) -> bytes:
    row = times_as_rows(np.array([time_ms])).data.tobytes().removesuffix(b'"')
    return _DOCUMENT % (b"string", row + _encode(text) + b"]") + ending


def _render_matrix(matrix: Matrix, ending: bytes, *, is_range: bool) -> Buffer | list[Piece]:
    matrix = matrix.without_empty_series()
    kind, key, tail = (b"matrix", b"values", _MATRIX_TAIL) if is_range else (b"vector", b"value", _VECTOR_TAIL)
    times = times_as_rows(matrix.grid.times_ms)

    def write(first: int, last: int) -> memoryview:
        heads = _heads(matrix.labels[first:last], key, is_list=is_range)
        return write_steps(heads, times, matrix.values[first:last], matrix.present[first:last], tail)

    return _assemble(kind, _slices(matrix.n_series, matrix.grid.n_steps), write, ending)


def _render_samples(columns: SeriesColumns, ending: bytes) -> Buffer | list[Piece]:
    def write(first: int, last: int) -> memoryview:
        heads = _heads(columns.labels[first:last], b"values", is_list=True)
        offsets = columns.offsets[first : last + 1]
        return write_samples(heads, offsets, columns.times_ms, columns.values, _MATRIX_TAIL)

    longest = int(np.diff(columns.offsets).max(initial=1))
    return _assemble(b"matrix", _slices(columns.n_series, longest), write, ending)


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
