"""Native histograms as Prometheus' JSON has them, and series that mix them with floats.

A histogram is `{"count":"5","sum":"7.25","buckets":[[0,"1","2","2"],...]}`; the first item of a bucket says which ends belong to it
(0 the upper, 1 the lower, 3 both). Each histogram is written once, however many points show it, then copied.
Source of the formats: prometheus util/jsonutil MarshalHistogram, web/api/v1/json_codec.go, model/histogram allFloatBucketIterator.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.histogram_bounds import exponential_bound
from vedette.kernels.jit import inlined, kernel
from vedette.kernels.json_numbers import FLOAT_BYTES_MAX, TIME_BYTES_MAX, put_float, put_time
from vedette.kernels.json_rows import Texts
from vedette.kernels.words import bits_of
from vedette.model.histograms import CUSTOM_BUCKETS, EXPONENTIAL, Buckets, Histograms

_COUNT: Final = np.frombuffer(b'{"count":"', np.uint8)
_SUM: Final = np.frombuffer(b'","sum":"', np.uint8)
_BUCKETS: Final = np.frombuffer(b'","buckets":[', np.uint8)
_FIXED_BYTES: Final = 64 + 2 * FLOAT_BYTES_MAX
_BUCKET_BYTES: Final = 16 + 3 * FLOAT_BYTES_MAX
_QUOTE: Final = 34
_COMMA: Final = 44
_ZERO: Final = 48
_OPEN: Final = 91
_CLOSE: Final = 93
_BRACE: Final = 125


def histogram_texts(table: Histograms) -> Texts:
    """The JSON of each histogram of the table."""
    sizes = np.diff(table.positive.offsets) + np.diff(table.negative.offsets) + 1
    out = np.empty(len(table) * _FIXED_BYTES + int(sizes.sum()) * _BUCKET_BYTES, np.uint8)
    offsets = np.zeros(len(table) + 1, np.int64)
    numbers = np.stack([table.counts, table.sums, table.zero_counts, table.zero_thresholds])
    layouts = np.where(table.layouts == EXPONENTIAL, 0, table.layouts)
    bounds = borrowed(layouts, np.int64), borrowed(table.bound_offsets, np.int64), borrowed(table.bounds, np.float64)
    sides = _side(table.positive), _side(table.negative)
    end = _write_histograms(
        borrowed(table.schemas, np.int64), borrowed(numbers, np.float64), *sides, bounds, out, offsets
    )
    return Texts(out[:end], offsets)


def write_mixed(
    heads: Texts,
    samples: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]],
    texts: Texts,
    words: tuple[bytes, bytes, bytes],
) -> memoryview:
    """Series of floats and histograms; a series with no point is left out.

    heads: n texts that open a series (`{"metric":{...}`). samples: (offsets int64[n+1], times_ms, values, rows): CSR; rows
    says which text shows a sample, or -1 for a float. words: what opens the floats and the histograms (`,"values":[`), and what
    closes either (`]`).
    """
    offsets, times_ms, values, rows = samples
    own = slice(offsets[0], offsets[-1])
    shown = rows[own][rows[own] >= 0]
    text_bytes = int((texts.offsets[shown + 1] - texts.offsets[shown]).sum())
    n, n_samples = len(offsets) - 1, int(offsets[-1] - offsets[0])
    row_bytes = FLOAT_BYTES_MAX + TIME_BYTES_MAX + 8
    fixed = sum(map(len, words)) + len(words[2]) + 4
    out = np.empty(int(heads.offsets[-1] - heads.offsets[0]) + n * fixed + n_samples * row_bytes + text_bytes, np.uint8)
    end = _write_mixed(
        heads.borrowed(),
        (borrowed(offsets, np.int64), borrowed(times_ms, np.int64), borrowed(rows, np.int64)),
        borrowed(values, np.float64).view(np.uint64),
        texts.borrowed(),
        tuple(np.frombuffer(word, np.uint8) for word in words),
        out,
    )
    return out.data[:end]


def _side(buckets: Buckets) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    return (
        borrowed(buckets.offsets, np.int64),
        borrowed(buckets.indexes, np.int64),
        borrowed(buckets.counts, np.float64),
    )


@inlined
def _put_word(word: Any, out: Any, at: Any) -> Any:
    for i in range(len(word)):
        out[at + i] = word[i]
    return at + len(word)


@inlined
def _put_text(data: Any, start: Any, end: Any, out: Any, at: Any) -> Any:
    for i in range(end - start):
        out[at + i] = data[start + i]
    return at + (end - start)


@inlined
def _put_bucket(kind: Any, lower: Any, upper: Any, count: Any, out: Any, at: Any) -> Any:
    """`[0,"1","2","2"],`"""
    out[at], out[at + 1] = _OPEN, _ZERO + kind
    at += 2
    for value in (lower, upper, count):
        out[at], out[at + 1] = _COMMA, _QUOTE
        at = put_float(bits_of(value), out, at + 2)
        out[at] = _QUOTE
        at += 1
    out[at], out[at + 1] = _CLOSE, _COMMA
    return at + 2


@kernel
def _put_exponential(index: Any, count: Any, negative: Any, schema: Any, threshold: Any, out: Any, at: Any) -> Any:
    """A bucket that reaches into the zero bucket is shown without that part."""
    lower, upper = exponential_bound(index - 1, schema), exponential_bound(index, schema)
    if 0 < lower < threshold:
        lower = threshold
    if negative:
        return _put_bucket(1, -upper, -lower, count, out, at)
    return _put_bucket(0, lower, upper, count, out, at)


@kernel
def _put_custom(index: Any, count: Any, bounds: Any, first: Any, last: Any, out: Any, at: Any) -> Any:
    lower = -np.inf if index == 0 else bounds[first + index - 1]
    upper = np.inf if first + index >= last else bounds[first + index]
    return _put_bucket(3 if index == 0 else 0, lower, upper, count, out, at)


@kernel
def _write_histograms(
    schemas: Any, numbers: Any, positive: Any, negative: Any, layouts: Any, out: Any, offsets: Any
) -> Any:
    at: Any = 0
    for row in range(len(schemas)):
        at = _put_word(_COUNT, out, at)
        at = put_float(bits_of(numbers[0, row]), out, at)
        at = _put_word(_SUM, out, at)
        at = put_float(bits_of(numbers[1, row]), out, at)
        start = at
        at = _put_word(_BUCKETS, out, at)
        first_bucket = at
        at = _put_buckets(row, schemas[row], numbers, positive, negative, layouts, out, at)
        if at > first_bucket:
            out[at - 1], out[at] = _CLOSE, _BRACE
            at += 1
        else:
            out[start], out[start + 1] = _QUOTE, _BRACE
            at = start + 2
        offsets[row + 1] = at
    return at


@kernel
def _put_buckets(
    row: Any, schema: Any, numbers: Any, positive: Any, negative: Any, layouts: Any, out: Any, at: Any
) -> Any:
    zero_count, threshold = numbers[2, row], numbers[3, row]
    offsets, indexes, counts = negative
    for i in range(offsets[row + 1] - 1, offsets[row] - 1, -1):
        if counts[i] != 0:
            at = _put_exponential(indexes[i], counts[i], True, schema, threshold, out, at)
    if zero_count > 0:
        at = _put_bucket(3, -threshold, threshold, zero_count, out, at)
    offsets, indexes, counts = positive
    of_row, bound_offsets, bounds = layouts
    for i in range(offsets[row], offsets[row + 1]):
        if counts[i] == 0:
            continue
        if schema == CUSTOM_BUCKETS:
            first, last = bound_offsets[of_row[row]], bound_offsets[of_row[row] + 1]
            at = _put_custom(indexes[i], counts[i], bounds, first, last, out, at)
        else:
            at = _put_exponential(indexes[i], counts[i], False, schema, threshold, out, at)
    return at


@kernel
def _write_mixed(heads: Any, samples: Any, bits: Any, texts: Any, words: Any, out: Any) -> Any:
    offsets, times_ms, rows = samples
    at: Any = 0
    for i in range(len(offsets) - 1):
        start = at
        at = _put_text(heads[0], heads[1][i], heads[1][i + 1], out, at)
        head_end = at
        for which in range(2):
            opened = False
            for j in range(offsets[i], offsets[i + 1]):
                if (rows[j] >= 0) != (which == 1):
                    continue
                if not opened:
                    at = _put_word(words[0] if which == 0 else words[1], out, at)
                    opened = True
                at = _put_point(times_ms[j], bits[j], rows[j], texts, out, at)
            if opened:
                at = _put_word(words[2], out, at - 1)
        if at == head_end:
            at = start
        else:
            out[at], out[at + 1] = _BRACE, _COMMA
            at += 2
    return at


@kernel
def _put_point(time_ms: Any, bits: Any, row: Any, texts: Any, out: Any, at: Any) -> Any:
    """`[1435781430,"1"],` or `[1435781430,{...}],`"""
    out[at] = _OPEN
    at = put_time(time_ms, out, at + 1)
    out[at] = _COMMA
    at += 1
    if row >= 0:
        at = _put_text(texts[0], texts[1][row], texts[1][row + 1], out, at)
    else:
        out[at] = _QUOTE
        at = put_float(bits, out, at + 1)
        out[at] = _QUOTE
        at += 1
    out[at], out[at + 1] = _CLOSE, _COMMA
    return at + 2


def warm() -> None:
    texts = histogram_texts(Histograms.of([]))
    none = np.empty(0, np.int64)
    write_mixed(Texts.of([b"{"]), (np.zeros(2, np.int64), none, np.empty(0), none), texts, (b",", b",", b"]"))
