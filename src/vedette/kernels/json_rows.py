"""Series of samples as JSON, whole slices of series at a time: `{"metric":{...},"values":[[1435781430,"1"],...]},`.

The caller renders what differs by series (the metric, once) and by step (the time, once); the kernel writes the points.
It holds no GIL, so slices are written on several threads. Every series ends in a comma; the caller cuts the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import inlined, kernel
from vedette.kernels.json_numbers import FLOAT_BYTES_MAX, TIME_BYTES_MAX, put_float, put_time

_ROW_BYTES_MAX: Final = FLOAT_BYTES_MAX + TIME_BYTES_MAX + len('[,""],')


@dataclass(frozen=True, slots=True)
class Texts:
    """n texts one behind another: text i is data[offsets[i]:offsets[i + 1]]; uint8[total], int64[n + 1]."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(text) for text in texts], out=offsets[1:])
        return cls(np.frombuffer(b"".join(texts), np.uint8), offsets)

    @classmethod
    def none(cls, n: int) -> Texts:
        """n empty ones."""
        return cls(np.empty(0, np.uint8), np.zeros(n + 1, np.int64))

    def borrowed(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        return borrowed(self.data, np.uint8), borrowed(self.offsets, np.int64)


def times_as_rows(times_ms: NDArray[np.int64]) -> Texts:
    """`[1435781430.000,"` of each time: what stands before the value of a row."""
    n = len(times_ms)
    offsets = np.zeros(n + 1, np.int64)
    out = np.empty(n * (TIME_BYTES_MAX + 3), np.uint8)
    end = _open_rows(borrowed(times_ms, np.int64), offsets, out)
    return Texts(out[:end], offsets)


def write_steps(
    heads: Texts, times: Texts, values: NDArray[np.float64], present: NDArray[np.bool_], tail: bytes
) -> memoryview:
    """The bytes of n series over the same steps; a series with no point is left out.

    heads: n texts that open a series (`{"metric":{...},"values":[`); times: one text a step, from `times_as_rows`;
    values: float64[n, steps]; present: bool[n, steps]; tail: what closes a series (`]},`).
    """
    n, steps = values.shape
    row_bytes = int(times.offsets[-1]) + steps * (FLOAT_BYTES_MAX + len('"],'))
    out = np.empty(int(heads.offsets[-1] - heads.offsets[0]) + n * (row_bytes + len(tail)), np.uint8)
    end = _write_steps(
        *heads.borrowed(),
        *times.borrowed(),
        borrowed(values, np.float64).view(np.uint64),
        borrowed(present, np.bool_),
        np.frombuffer(tail, np.uint8),
        out,
    )
    return out.data[:end]


def write_samples(
    heads: Texts,
    offsets: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    tail: bytes,
) -> memoryview:
    """The bytes of n series that each have their own times: series i owns samples offsets[i]:offsets[i + 1]."""
    n, samples = len(offsets) - 1, int(offsets[-1] - offsets[0])
    heads_bytes = int(heads.offsets[-1] - heads.offsets[0])
    out = np.empty(heads_bytes + n * len(tail) + samples * _ROW_BYTES_MAX, np.uint8)
    end = _write_samples(
        *heads.borrowed(),
        borrowed(offsets, np.int64),
        borrowed(times_ms, np.int64),
        borrowed(values, np.float64).view(np.uint64),
        np.frombuffer(tail, np.uint8),
        out,
    )
    return out.data[:end]


@inlined
def _put_bytes(data: Any, start: Any, end: Any, out: Any, at: Any) -> Any:
    """Unsigned indexes: signed ones cost a check for "from the end" at every byte, and twice the time."""
    source, target = np.uint64(start), np.uint64(at)
    for i in range(np.uint64(end - start)):
        out[target + i] = data[source + i]
    return at + (end - start)


@inlined
def _put_row(bits: Any, out: Any, at: Any) -> Any:
    """The value and what closes its row: `1"],`."""
    at = put_float(bits, out, at)
    out[at], out[at + 1], out[at + 2] = 34, 93, 44
    return at + 3


@inlined
def _put_open_row(time_ms: Any, out: Any, at: Any) -> Any:
    out[at] = 91
    at = put_time(time_ms, out, at + 1)
    out[at], out[at + 1] = 44, 34
    return at + 2


@kernel
def _open_rows(times_ms: Any, offsets: Any, out: Any) -> Any:
    at = 0
    for i in range(len(times_ms)):
        at = _put_open_row(times_ms[i], out, at)
        offsets[i + 1] = at
    return at


@kernel
def _write_steps(
    heads: Any, head_offsets: Any, times: Any, time_offsets: Any, bits: Any, present: Any, tail: Any, out: Any
) -> Any:
    at = 0
    n, steps = bits.shape
    for i in range(n):
        rows = start = _put_bytes(heads, head_offsets[i], head_offsets[i + 1], out, at)
        for j in range(steps):
            if present[i, j]:
                rows = _put_bytes(times, time_offsets[j], time_offsets[j + 1], out, rows)
                rows = _put_row(bits[i, j], out, rows)
        if rows > start:
            at = _put_bytes(tail, 0, len(tail), out, rows - 1)
    return at


@kernel
def _write_samples(heads: Any, head_offsets: Any, offsets: Any, times_ms: Any, bits: Any, tail: Any, out: Any) -> Any:
    at = 0
    for i in range(len(offsets) - 1):
        rows = start = _put_bytes(heads, head_offsets[i], head_offsets[i + 1], out, at)
        for j in range(offsets[i], offsets[i + 1]):
            rows = _put_open_row(times_ms[j], out, rows)
            rows = _put_row(bits[j], out, rows)
        if rows > start:
            at = _put_bytes(tail, 0, len(tail), out, rows - 1)
    return at


def warm() -> None:
    heads = Texts.of([b"{"])
    times_ms = np.ones(1, np.int64)
    write_steps(heads, times_as_rows(times_ms), np.ones((1, 1)), np.ones((1, 1), np.bool_), b"},")
    write_samples(heads, np.array([0, 1]), times_ms, np.ones(1), b"},")
