"""The scanner of OpenMetrics text 0.0.1 and 1.0.0: bytes to columns, one pass, no Python object per sample.

Lexically this is the format's own grammar, which Prometheus keeps to: one space, no other comments, `# EOF` last. What
the specification says about families (suffixes, order, histograms ...) is judged above it (vedette.wire.exposition.strict).
Source of the semantics: Prometheus model/textparse openmetricslex.l, openmetricsparse.go; OpenMetrics 1.0.0 ABNF.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_floats import EXACT, HARD, OVERFLOW, parse_number
from vedette.kernels.exposition_series import (
    CLASSES,
    EXEMPLAR,
    METRIC_CHAR,
    METRIC_START,
    NO_TIME,
    OK,
    OPENMETRICS,
    add_metadata,
    add_sample,
    add_unsettled,
    hash_span,
    scan_labels,
    skip_class,
    skip_quoted_name,
    valid_utf8,
    word_at,
)
from vedette.kernels.jit import inlined, kernel
from vedette.kernels.words import float_of

_EOF = np.frombuffer(b"EOF", np.uint8)
_HELP = np.frombuffer(b"HELP ", np.uint8)
_TYPE = np.frombuffer(b"TYPE ", np.uint8)
_UNIT = np.frombuffer(b"UNIT ", np.uint8)
_UNKNOWN = np.frombuffer(b"unknown\n", np.uint8)
_COUNTER = np.frombuffer(b"counter\n", np.uint8)
_GAUGE = np.frombuffer(b"gauge\n", np.uint8)
_HISTOGRAM = np.frombuffer(b"histogram\n", np.uint8)
_GAUGE_HISTOGRAM = np.frombuffer(b"gaugehistogram\n", np.uint8)
_SUMMARY = np.frombuffer(b"summary\n", np.uint8)
_INFO = np.frombuffer(b"info\n", np.uint8)
_STATESET = np.frombuffer(b"stateset\n", np.uint8)


@kernel
def scan_openmetrics(buffer: Any, n: Any, limits: Any, seeds: Any, columns: Any) -> Any:
    """Fills `columns` from buffer[:n]: (code, byte offset of what is wrong). The contract of scan_text."""
    i = 0
    while i < n:
        start = i
        if buffer[i] == 35:
            if buffer[i + 1] != 32:
                return i, series.EXPECTED_START
            if word_at(buffer, i + 2, _EOF):
                end = i + 5 + (buffer[i + 5] == 10)
                return (OK, end) if end >= n else (series.DATA_AFTER_EOF, end)
            i, code = _scan_metadata(buffer, i + 2, n, columns)
        elif columns.state[series.SAMPLES] == len(columns.keys):
            return series.TOO_MANY_SAMPLES, start
        else:
            i, code = _scan_sample(buffer, i, n, limits.labels, seeds, columns)
        if code != OK:
            return code, i
        if i > n:
            break
        if i - start > limits.line_bytes:
            return series.LINE_TOO_LONG, start
    return series.NO_EOF, n


@kernel
def _scan_metadata(buffer: Any, i: Any, n: Any, columns: Any) -> Any:
    kind = -1
    if word_at(buffer, i, _HELP):
        kind = series.HELP
    elif word_at(buffer, i, _TYPE):
        kind = series.TYPE
    elif word_at(buffer, i, _UNIT):
        kind = series.UNIT
    if kind < 0:
        return i, series.EXPECTED_START
    i += 5
    if buffer[i] == 34:
        after = skip_quoted_name(buffer, i, n, True)
        name_start, name_end = i + 1, after - 1
    elif CLASSES[buffer[i]] & METRIC_START:
        after = skip_class(buffer, i, METRIC_CHAR)
        name_start, name_end = i, after
    else:
        return i, series.EXPECTED_METADATA_NAME
    if after < 0:
        return i, series.EXPECTED_METADATA_NAME
    if buffer[after] != 32:
        return after, series.EXPECTED_METADATA_TEXT
    return _scan_metadata_text(buffer, after + 1, n, kind, name_start, name_end, columns)


@kernel
def _scan_metadata_text(buffer: Any, i: Any, n: Any, kind: Any, name_start: Any, name_end: Any, columns: Any) -> Any:
    start = i
    seen = np.uint8(0)
    while buffer[i] != 10:
        seen |= buffer[i]
        i += 1
    if i >= n:
        return i, series.EXPECTED_METADATA_TEXT
    if kind == series.TYPE:
        metric_type = _type_at(buffer, start)
        if metric_type < 0:
            return start, series.UNKNOWN_TYPE
        columns.state[series.CURRENT_TYPE] = metric_type
    elif kind == series.HELP:
        if seen >= 128 and not valid_utf8(buffer, start, i):
            return start, series.HELP_NOT_UTF8
    elif i > start and not _ends_with_unit(buffer, name_start, name_end, start, i):
        return start, series.UNIT_NOT_SUFFIX
    add_metadata(columns, kind, name_start, name_end, start, i)
    return i + 1, OK


@kernel
def _ends_with_unit(buffer: Any, name_start: Any, name_end: Any, start: Any, end: Any) -> Any:
    """Whether the name ends with `_` and the unit."""
    at = name_end - (end - start)
    if at - 1 < name_start or buffer[at - 1] != 95:
        return False
    return word_at(buffer, at, buffer[start:end])


@kernel
def _type_at(buffer: Any, i: Any) -> Any:
    c = buffer[i]
    if c == 99 and word_at(buffer, i, _COUNTER):
        return series.COUNTER
    if c == 103 and word_at(buffer, i, _GAUGE):
        return series.GAUGE
    if c == 103 and word_at(buffer, i, _GAUGE_HISTOGRAM):
        return series.GAUGE_HISTOGRAM
    if c == 104 and word_at(buffer, i, _HISTOGRAM):
        return series.HISTOGRAM
    if c == 115 and word_at(buffer, i, _SUMMARY):
        return series.SUMMARY
    if c == 115 and word_at(buffer, i, _STATESET):
        return series.STATESET
    if c == 105 and word_at(buffer, i, _INFO):
        return series.INFO
    if c == 117 and word_at(buffer, i, _UNKNOWN):
        return series.UNKNOWN
    return -1


@kernel
def _scan_sample(buffer: Any, start: Any, n: Any, labels_max: Any, seeds: Any, columns: Any) -> Any:
    i = start
    named = False
    if CLASSES[buffer[i]] & METRIC_START:
        named = True
        i = skip_class(buffer, i, METRIC_CHAR)
    elif buffer[i] != 123:
        return i, series.EXPECTED_START
    if buffer[i] == 123:
        i, named, code = scan_labels(buffer, i + 1, n, OPENMETRICS, named, labels_max)
        if code != OK:
            return i, code
    if not named:
        return start, series.NAME_MISSING
    end = i
    seed = seeds[0] + np.uint64(columns.state[series.CURRENT_TYPE])
    key = hash_span(buffer, start, end, seed, seeds[1])
    row = columns.state[series.SAMPLES]
    bits, i, code = _scan_number(buffer, i, columns, row, series.VALUE)
    if code != OK:
        return i, code
    time_ms = NO_TIME
    if buffer[i] == 32 and not _at_exemplar(buffer, i):
        time_ms, i, code = _scan_time_ms(buffer, i, columns, row, series.TIME)
        if code != OK:
            return i, code
    add_sample(columns, key, start, end, bits, time_ms)
    if buffer[i] == 32:
        i, code = _scan_exemplar(buffer, i, n, columns, row)
        if code != OK:
            return i, code
    if buffer[i] != 10:
        return i, series.EXPECTED_LINE_END
    return (i + 1, OK) if i < n else (i, series.NO_EOF)


@inlined
def _at_exemplar(buffer: Any, i: Any) -> Any:
    return buffer[i + 1] == 35 and buffer[i + 2] == 32


@kernel
def _scan_number(buffer: Any, i: Any, columns: Any, row: Any, which: Any) -> Any:
    """One space, then a number up to a space or the line's end: (bits, at that byte, code)."""
    if buffer[i] != 32 or buffer[i + 1] == 32 or buffer[i + 1] == 10 or buffer[i + 1] == 0:
        return np.uint64(0), i, series.EXPECTED_VALUE
    bits, end, status = parse_number(buffer, i + 1)
    if status != EXACT and status != HARD:
        return bits, i + 1, series.NUMBER_OVERFLOW if status == OVERFLOW else series.INVALID_NUMBER
    c = buffer[end]
    if c != 10 and c != 32 and c != 0:
        return bits, i + 1, series.INVALID_NUMBER
    if status == HARD:
        add_unsettled(columns, row, which, i + 1, end)
    return bits, end, OK


@kernel
def _scan_time_ms(buffer: Any, i: Any, columns: Any, row: Any, which: Any) -> Any:
    """Seconds as a float, to whole milliseconds towards zero."""
    bits, end, code = _scan_number(buffer, i, columns, row, which)
    if code != OK:
        return NO_TIME, end, series.EXPECTED_TIMESTAMP if code == series.EXPECTED_VALUE else code
    time_ms = to_ms(float_of(bits))
    return time_ms, end, OK if time_ms != NO_TIME else series.INVALID_TIMESTAMP


@kernel
def to_ms(seconds: Any) -> Any:
    """NO_TIME for what is not finite; beyond int64 the nearest end, which every store refuses as out of bounds."""
    if not np.isfinite(seconds):
        return NO_TIME
    scaled = seconds * 1000.0
    if scaled >= 9.2e18:
        return series.TIME_LIMIT
    if scaled <= -9.2e18:
        return -series.TIME_LIMIT
    return np.int64(scaled)


@kernel
def _scan_exemplar(buffer: Any, i: Any, n: Any, columns: Any, row: Any) -> Any:
    """` # {labels} value [seconds]` behind a sample."""
    if not _at_exemplar(buffer, i) or buffer[i + 3] != 123:
        return i, series.EXPECTED_LINE_END
    start = i + 3
    end, _, code = scan_labels(buffer, start + 1, n, EXEMPLAR, False, 1 << 30)
    if code != OK:
        return end, code
    exemplar = columns.state[series.EXEMPLARS]
    bits, i, code = _scan_number(buffer, end, columns, exemplar, series.EXEMPLAR_VALUE)
    if code != OK:
        return i, code
    time_ms = NO_TIME
    if buffer[i] == 32:
        time_ms, i, code = _scan_time_ms(buffer, i, columns, exemplar, series.EXEMPLAR_TIME)
        if code != OK:
            return i, code
    entry = columns.exemplars[exemplar]
    entry[0] = row
    entry[1] = start
    entry[2] = end
    entry[3] = time_ms
    entry[4] = np.int64(bits)
    columns.state[series.EXEMPLARS] += 1
    return i, OK


def warm() -> None:
    page = b'# TYPE a gauge\na{b="c"} 1 2 # {} 1 2\n# EOF\n'
    columns = series.allocate(4, 4, True)
    scan_openmetrics(series.padded(page), len(page), series.Limits(1 << 20, 100), np.ones(2, np.uint64), columns)
