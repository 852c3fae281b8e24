"""Samples as text, whole slices of series at a time: lines of OpenMetrics and CSV, arrays of JSON lines.

The caller renders what a series' lines begin with, once; kernels write values and times. A value is the shortest decimal
that reads back as the same float64. Lines are of floats alone (`keep`); arrays have ready texts for samples that are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import kernel
from vedette.kernels.json_numbers import FLOAT_BYTES_MAX, TIME_BYTES_MAX, put_float, put_integer, put_time
from vedette.kernels.json_rows import Texts
from vedette.kernels.protobuf_writing import put_bytes
from vedette.model.staleness import STALE_NAN_BITS

_SEPARATORS_MAX: Final = 2
_NEWLINE: Final = 10
_SPACE: Final = 32
_COMMA: Final = 44
_ONE: Final = 49
_JSON_VALUE_BYTES_MAX: Final = FLOAT_BYTES_MAX + 1
_MAGNITUDE = np.uint64((1 << 63) - 1)
_INFINITY = np.uint64(0x7FF << 52)
_STALE = np.uint64(STALE_NAN_BITS)
_TEXTS: Final = np.frombuffer(b'null"NaN""Infinity""-Infinity"-0.0', np.uint8)
"""What a JSON array has instead of a stale marker, another NaN, the infinities, and -0, which readers take for the integer 0."""
_TEXT_ENDS: Final = (0, 4, 9, 19, 30, 34)
_MINUS_ZERO = np.uint64(1 << 63)


NUMBER: Final = -1
"""In Others.rows."""


@dataclass(frozen=True, slots=True)
class Others:
    """What stands in an array instead of some numbers: rows int64, parallel to the values: a text, or NUMBER."""

    rows: NDArray[np.int64]
    texts: Texts


def write_lines(
    heads: Texts,
    offsets: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    keep: NDArray[np.bool_],
    *,
    time_first: bool,
) -> memoryview:
    """`HEAD VALUE TIME` lines with spaces (OpenMetrics) or, `time_first`, `HEAD,TIME,VALUE` (CSV). Heads: n, CSR: n series."""
    lengths = np.diff(offsets)
    line_bytes = FLOAT_BYTES_MAX + TIME_BYTES_MAX + _SEPARATORS_MAX + 2
    room = int((np.diff(heads.offsets) * lengths).sum()) + int(lengths.sum()) * line_bytes
    out = np.empty(room, np.uint8)
    bits = borrowed(values, np.float64).view(np.uint64)
    end = _write_lines(
        *heads.borrowed(),
        borrowed(offsets, np.int64),
        borrowed(times_ms, np.int64),
        bits,
        borrowed(keep, np.bool_),
        time_first,
        out,
    )
    return out.data[:end]


def write_arrays(
    heads: Texts,
    offsets: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    others: Others | None,
    between: bytes,
    tail: bytes,
) -> memoryview:
    """For each series its head, the values between commas, `between`, the times in ms between commas, `tail`."""
    n_samples = int(offsets[-1] - offsets[0])
    rows, texts = (
        (np.full(len(values), NUMBER, np.int64), Texts.none(0)) if others is None else (others.rows, others.texts)
    )
    room = len(heads.data) + len(texts.data) + (len(offsets) - 1) * (len(between) + len(tail))
    out = np.empty(room + n_samples * (_JSON_VALUE_BYTES_MAX + TIME_BYTES_MAX + 1), np.uint8)
    bits = borrowed(values, np.float64).view(np.uint64)
    ends = Texts.of([between, tail])
    end = _write_arrays(
        *heads.borrowed(),
        borrowed(offsets, np.int64),
        borrowed(times_ms, np.int64),
        bits,
        borrowed(rows, np.int64),
        *texts.borrowed(),
        *ends.borrowed(),
        out,
    )
    return out.data[:end]


@kernel
def _write_lines(
    heads: Any,
    head_offsets: Any,
    offsets: Any,
    times: Any,
    bits: Any,
    keep: Any,
    time_first: Any,
    out: Any,
) -> Any:
    at = np.int64(0)
    for i in range(len(offsets) - 1):
        for j in range(offsets[i], offsets[i + 1]):
            if not keep[j]:
                continue
            at = put_bytes(out, at, heads, head_offsets[i], head_offsets[i + 1])
            if time_first:
                out[at] = _COMMA
                at = put_time(times[j], out, at + 1)
                out[at] = _COMMA
                at = put_float(bits[j], out, at + 1)
            else:
                out[at] = _SPACE
                at = put_float(bits[j], out, at + 1)
                out[at] = _SPACE
                at = _put_openmetrics_time(times[j], out, at + 1)
            out[at] = _NEWLINE
            at += 1
    return at


@kernel
def _put_openmetrics_time(time: Any, out: Any, at: Any) -> Any:
    """Readers of OpenMetrics multiply by 1000 and cut: where that would lose a millisecond, a tenth of one is added."""
    at = put_time(time, out, at)
    if np.int64(time / 1000.0 * 1000.0) != time:
        out[at] = _ONE
        at += 1
    return at


@kernel
def _write_arrays(
    heads: Any,
    head_offsets: Any,
    offsets: Any,
    times: Any,
    bits: Any,
    rows: Any,
    texts: Any,
    text_offsets: Any,
    ends: Any,
    end_offsets: Any,
    out: Any,
) -> Any:
    at = np.int64(0)
    for i in range(len(offsets) - 1):
        at = put_bytes(out, at, heads, head_offsets[i], head_offsets[i + 1])
        begin = at
        for j in range(offsets[i], offsets[i + 1]):
            if at > begin:
                out[at] = _COMMA
                at += 1
            if rows[j] == NUMBER:
                at = _put_json_value(bits[j], out, at)
            else:
                at = put_bytes(out, at, texts, text_offsets[rows[j]], text_offsets[rows[j] + 1])
        at = put_bytes(out, at, ends, end_offsets[0], end_offsets[1])
        begin = at
        for j in range(offsets[i], offsets[i + 1]):
            if at > begin:
                out[at] = _COMMA
                at += 1
            at = put_integer(times[j], out, at)
        at = put_bytes(out, at, ends, end_offsets[1], end_offsets[2])
    return at


@kernel
def _put_json_value(bits: Any, out: Any, at: Any) -> Any:
    magnitude = bits & _MAGNITUDE
    if magnitude < _INFINITY and bits != _MINUS_ZERO:
        return put_float(bits, out, at)
    text = (
        4
        if bits == _MINUS_ZERO
        else 0
        if bits == _STALE
        else 1
        if magnitude > _INFINITY
        else 2
        if magnitude == bits
        else 3
    )
    return put_bytes(out, at, _TEXTS, _TEXT_ENDS[text], _TEXT_ENDS[text + 1])


def warm() -> None:
    heads, offsets = Texts.of([b"a"]), np.array([0, 1], np.int64)
    times, values, keep = np.zeros(1, np.int64), np.zeros(1), np.ones(1, np.bool_)
    write_lines(heads, offsets, times, values, keep, time_first=True)
    write_arrays(heads, offsets, times, values, None, b",", b"\n")
