"""What the text scanners share: the columns they fill, the walk over a label set, UTF-8, and the hash of a series' bytes.

Buffers end with a newline and PADDING zero bytes behind the page, so that inner loops need no bound of their own: every
one of them stops at a newline or at zero. `n` is where the page ends (text: with the newline that its parser adds).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import borrowing, inlined
from vedette.kernels.words import (
    any_high,
    below_lowest,
    load_word,
    multiply_high,
    trailing_zeros,
    zero_bytes,
)

PADDING: Final = 16
NEWLINE: Final = 10

# what is wrong at an offset; vedette.wire.exposition.scanning says it in words
OK: Final = 0
END: Final = 1
EXPECTED_START: Final = 2
EXPECTED_METADATA_NAME: Final = 3
EXPECTED_METADATA_TEXT: Final = 4
EXPECTED_METADATA_END: Final = 5
UNKNOWN_TYPE: Final = 6
HELP_NOT_UTF8: Final = 7
UNIT_NOT_SUFFIX: Final = 8
EXPECTED_LABEL_NAME: Final = 9
EXPECTED_EQUAL: Final = 10
EXPECTED_LABEL_VALUE: Final = 11
LABEL_VALUE_NOT_UTF8: Final = 12
EXPECTED_COMMA: Final = 13
NAME_TWICE: Final = 14
NAME_MISSING: Final = 15
EXPECTED_VALUE: Final = 16
INVALID_NUMBER: Final = 17
NUMBER_OVERFLOW: Final = 18
EXPECTED_TIMESTAMP: Final = 19
TIMESTAMP_OVERFLOW: Final = 20
INVALID_TIMESTAMP: Final = 21
EXPECTED_LINE_END: Final = 22
NO_EOF: Final = 23
DATA_AFTER_EOF: Final = 24
LINE_TOO_LONG: Final = 25
TOO_MANY_LABELS: Final = 26
TOO_MANY_SAMPLES: Final = 27
BAD_MESSAGE: Final = 28
INVALID_METRIC_NAME: Final = 29
INVALID_LABEL_NAME: Final = 30

# metric types, as numbers in `types` and in metadata rows
UNKNOWN: Final = 0
COUNTER: Final = 1
GAUGE: Final = 2
HISTOGRAM: Final = 3
GAUGE_HISTOGRAM: Final = 4
SUMMARY: Final = 5
INFO: Final = 6
STATESET: Final = 7

# kinds of a metadata row
HELP: Final = 0
TYPE: Final = 1
UNIT: Final = 2

# how label sets are written
TEXT: Final = 0
OPENMETRICS: Final = 1
EXEMPLAR: Final = 2

EXEMPLAR_LABELS_MAX: Final = 1 << 20
"""None of ours: line_bytes_max bounds them."""

# which number of a row is unsettled
VALUE: Final = 0
TIME: Final = 1
EXEMPLAR_VALUE: Final = 2
EXEMPLAR_TIME: Final = 3

NO_TIME: Final = -(1 << 63)
"""Stands in `times_ms` where the page gives no timestamp."""
TIME_LIMIT: Final = (1 << 63) - 1


class Columns(NamedTuple):
    """What a scanner fills; it returns how many rows of each. Capacity is the caller's, and no scanner writes past it.

    metadata: int64[m, 6] kind, name start, name end, text start (TYPE: the type), text end, samples before it.
    exemplars: int64[e, 5] sample row, labels start, labels end, time ms, value bits.
    unsettled: int64[u, 4] row (sample or exemplar), which number, start, end: read these again with Python's float.
    """

    keys: Any
    spans: Any
    times_ms: Any
    bits: Any
    types: Any
    metadata: Any
    exemplars: Any
    unsettled: Any


class Limits(NamedTuple):
    line_bytes: int
    labels: int


class Scanned(NamedTuple):
    """How a scan ended: code and byte offset of what is wrong, and rows filled of each table."""

    code: int
    offset: int
    samples: int
    metadata: int
    exemplars: int
    unsettled: int


def allocate(n: int, lines: int, exemplars: bool) -> Columns:
    """Empty columns for n samples on a page of so many lines; what is never written costs no memory."""
    return Columns(
        keys=np.empty(n, np.uint64),
        spans=np.empty((n, 2), np.int64),
        times_ms=np.empty(n, np.int64),
        bits=np.empty(n, np.uint64),
        types=np.empty(n, np.uint8),
        metadata=np.empty((lines, 6), np.int64),
        exemplars=np.empty((n if exemplars else 0, 5), np.int64),
        unsettled=np.empty((4 * lines if exemplars else lines, 4), np.int64),
    )


def padded(body: bytes | memoryview) -> NDArray[np.uint8]:
    """A copy that ends with a newline and zero bytes, as the kernels need it."""
    buffer = np.empty(len(body) + 1 + PADDING, np.uint8)
    buffer[: len(body)] = np.frombuffer(body, np.uint8)
    buffer[len(body)] = NEWLINE
    buffer[len(body) + 1 :] = 0
    return buffer


METRIC_START: Final = 1
METRIC_CHAR: Final = 2
LABEL_START: Final = 4
LABEL_CHAR: Final = 8


def _classes() -> np.ndarray[Any, np.dtype[np.uint8]]:
    table = np.zeros(256, np.uint8)
    for c in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_":
        table[c] = METRIC_START | METRIC_CHAR | LABEL_START | LABEL_CHAR
    for c in b"0123456789":
        table[c] = METRIC_CHAR | LABEL_CHAR
    table[ord(":")] = METRIC_START | METRIC_CHAR
    return table


CLASSES = _classes()

_NONE = np.uint64(0)
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)

_K0 = np.uint64(0x9E3779B97F4A7C15)
_K1 = np.uint64(0xD6E8FEB86659FD93)


@inlined
def skip_blanks(buffer: Any, i: Any) -> Any:
    while buffer[i] == 32 or buffer[i] == 9:
        i += 1
    return i


@inlined
def skip_class(buffer: Any, i: Any, mask: Any) -> Any:
    while CLASSES[buffer[i]] & mask:
        i += 1
    return i


@inlined
def fold(a: Any, b: Any) -> Any:
    """Both halves of a 128-bit product: the mixing step of wyhash."""
    return (a * b) ^ multiply_high(a, b)


@borrowing
def hash_span(buffer: Any, start: Any, end: Any, seed: Any, secret: Any) -> Any:
    """A keyed 64-bit hash of buffer[start:end], never 0; reads at most seven bytes behind `end`."""
    state = seed ^ (np.uint64(end - start) * _K0)
    i = start
    while i + 16 <= end:
        state = fold(load_word(buffer, i) ^ secret, load_word(buffer, i + 8) ^ state)
        i += 16
    if i + 8 <= end:
        state = fold(load_word(buffer, i) ^ secret, state ^ _K1)
        i += 8
    if i < end:
        kept = np.uint64(8 * (8 - (end - i)))
        state = fold((load_word(buffer, i) << kept) ^ secret, state ^ _K0)
    state = fold(state ^ _K1, secret ^ _K0)
    return state if state != np.uint64(0) else np.uint64(1)


@borrowing
def skip_quoted_name(buffer: Any, i: Any, n: Any, newlines: Any) -> Any:
    """From the opening quote to behind the closing one, or -1. A zero byte is not allowed."""
    i += 1
    while True:
        c = buffer[i]
        if c == 34:
            return i + 1
        if c == 92:
            i += 1
            c = buffer[i]
            if c == 10:
                return -1
        if c == 0 or i >= n or (c == 10 and not newlines):
            return -1
        i += 1


@borrowing
def skip_value(buffer: Any, i: Any, n: Any, mode: Any) -> Any:
    """From the opening quote: (behind the closing one or -1, whether it holds bytes above 127). Source: both lexers' sLValue."""
    start = i
    i += 1
    high = False
    while True:
        i, seen = _next_stop(buffer, i)
        high |= seen
        if buffer[i] == 34:
            return (i + 1, high) if mode != EXEMPLAR or not _has_zero(buffer, start, i) else (-1, False)
        if buffer[i] == 92:
            i += 1
            while buffer[i] == 0 and i < n:
                i += 1
            high |= buffer[i] >= 128
            if buffer[i] == 10:
                return -1, False
        elif mode != TEXT:
            return -1, False
        i += 1
        if i >= n:
            return -1, False


@borrowing
def _next_stop(buffer: Any, i: Any) -> Any:
    """(the next quote, backslash or newline, whether bytes above 127 stand before it)."""
    seen = _NONE
    word = load_word(buffer, i)
    stops = zero_bytes(word ^ _QUOTES) | zero_bytes(word ^ _BACKSLASHES) | zero_bytes(word ^ _NEWLINES)
    while stops == _NONE:
        seen |= word
        i += 8
        word = load_word(buffer, i)
        stops = zero_bytes(word ^ _QUOTES) | zero_bytes(word ^ _BACKSLASHES) | zero_bytes(word ^ _NEWLINES)
    return i + (trailing_zeros(stops) >> 3), any_high(seen | (word & below_lowest(stops)))


@borrowing
def _has_zero(buffer: Any, i: Any, end: Any) -> Any:
    while i < end and buffer[i] != 0:
        i += 1
    return i < end


@borrowing
def find_newline(buffer: Any, i: Any) -> Any:
    """(the next newline, whether bytes above 127 stand before it)."""
    seen = _NONE
    word = load_word(buffer, i)
    stops = zero_bytes(word ^ _NEWLINES)
    while stops == _NONE:
        seen |= word
        i += 8
        word = load_word(buffer, i)
        stops = zero_bytes(word ^ _NEWLINES)
    return i + (trailing_zeros(stops) >> 3), any_high(seen | (word & below_lowest(stops)))


@borrowing
def valid_utf8(buffer: Any, i: Any, end: Any) -> Any:
    """Shortest forms only, no surrogates, up to U+10FFFF, as Go and Python judge it."""
    while i < end:
        c = buffer[i]
        i += 1
        if c < 0x80:
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= c <= 0xDF:
            more = 1
        elif 0xE0 <= c <= 0xEF:
            more = 2
            low = 0xA0 if c == 0xE0 else 0x80
            high = 0x9F if c == 0xED else 0xBF
        elif 0xF0 <= c <= 0xF4:
            more = 3
            low = 0x90 if c == 0xF0 else 0x80
            high = 0x8F if c == 0xF4 else 0xBF
        else:
            return False
        if i + more > end:
            return False
        for k in range(more):
            if not low <= buffer[i + k] <= high:
                return False
            low, high = 0x80, 0xBF
        i += more
    return True


@borrowing
def scan_labels(buffer: Any, i: Any, n: Any, mode: Any, named: Any, labels_max: Any) -> Any:
    """From behind `{`: (behind `}` or where it went wrong, whether a metric name is set, code).

    TEXT allows blanks, newlines in values and missing commas; EXEMPLAR allows no quoted metric name. Source: parseLVals.
    """
    count = 0
    while True:
        i = skip_blanks(buffer, i) if mode == TEXT else i
        c = buffer[i]
        if c == 125:
            return i + 1, named, OK
        quoted = c == 34
        if quoted:
            after = skip_quoted_name(buffer, i, n, mode != EXEMPLAR)
            if after < 0:
                return i, named, EXPECTED_LABEL_NAME
            i = after
        elif CLASSES[c] & LABEL_START:
            i = skip_class(buffer, i, LABEL_CHAR)
        else:
            return i, named, EXPECTED_LABEL_NAME
        i = skip_blanks(buffer, i) if mode == TEXT else i
        if quoted and (buffer[i] == 44 or buffer[i] == 125):
            if mode == EXEMPLAR:
                return i, named, EXPECTED_LABEL_NAME
            if named:
                return i, named, NAME_TWICE
            named = True
            i += buffer[i] == 44
            continue
        i, code = _scan_label_value(buffer, i, n, mode)
        if code != OK:
            return i, named, code
        count += 1
        if count > labels_max:
            return i, named, TOO_MANY_LABELS


@borrowing
def _scan_label_value(buffer: Any, i: Any, n: Any, mode: Any) -> Any:
    """`="value"` and the comma behind it."""
    if buffer[i] != 61:
        return i, EXPECTED_EQUAL
    i = skip_blanks(buffer, i + 1) if mode == TEXT else i + 1
    if buffer[i] != 34:
        return i, EXPECTED_LABEL_VALUE
    after, high = skip_value(buffer, i, n, mode)
    if after < 0:
        return i, EXPECTED_LABEL_VALUE
    if high and not valid_utf8(buffer, i + 1, after - 1):
        return i, LABEL_VALUE_NOT_UTF8
    i = skip_blanks(buffer, after) if mode == TEXT else after
    if buffer[i] == 44:
        return i + 1, OK
    if buffer[i] != 125 and mode != TEXT:
        return i, EXPECTED_COMMA
    return i, OK


@borrowing
def word_at(buffer: Any, i: Any, word: Any) -> Any:
    k = 0
    while k < len(word) and buffer[i + k] == word[k]:
        k += 1
    return k == len(word)


@borrowing
def set_metadata(table: Any, row: Any, kind: Any, name_start: Any, name_end: Any, start: Any, end: Any) -> Any:
    """All of a metadata row but the number of samples before it."""
    table[row, 0] = kind
    table[row, 1] = name_start
    table[row, 2] = name_end
    table[row, 3] = start
    table[row, 4] = end


@borrowing
def set_unsettled(table: Any, row: Any, of: Any, which: Any, start: Any, end: Any) -> Any:
    table[row, 0] = of
    table[row, 1] = which
    table[row, 2] = start
    table[row, 3] = end
    return row + 1
