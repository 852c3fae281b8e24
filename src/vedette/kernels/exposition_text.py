"""The scanner of Prometheus' text format 0.0.4 and 1.0.0: bytes to columns, one pass, no Python object per sample.

It takes what Prometheus 3.14 takes: blanks between any two tokens, a missing comma, `#` comments, any order of metadata,
no newline at the end, a zero byte as the end of the page. A series' span starts where its line starts, as there.
Source of the semantics: Prometheus model/textparse promlex.l, promparse.go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_floats import EXACT, HARD, OVERFLOW, parse_number
from vedette.kernels.exposition_series import (
    CLASSES,
    METRIC_CHAR,
    METRIC_START,
    NO_TIME,
    OK,
    TEXT,
    add_metadata,
    add_sample,
    add_unsettled,
    hash_span,
    scan_labels,
    skip_blanks,
    skip_class,
    skip_quoted_name,
    valid_utf8,
    word_at,
)
from vedette.kernels.jit import kernel

_HELP = np.frombuffer(b"HELP", np.uint8)
_TYPE = np.frombuffer(b"TYPE", np.uint8)
_COUNTER = np.frombuffer(b"counter\n", np.uint8)
_GAUGE = np.frombuffer(b"gauge\n", np.uint8)
_HISTOGRAM = np.frombuffer(b"histogram\n", np.uint8)
_SUMMARY = np.frombuffer(b"summary\n", np.uint8)
_UNTYPED = np.frombuffer(b"untyped\n", np.uint8)


@kernel
def scan_text(buffer: Any, n: Any, limits: Any, seeds: Any, columns: Any) -> Any:
    """Fills `columns` from buffer[:n] (the last byte is a newline): (code, byte offset of what is wrong).

    seeds: uint64[2], of this process. Columns need one row a newline, `unsettled` as many.
    """
    i = 0
    code = OK
    while i < n:
        start = i
        i = skip_blanks(buffer, i)
        c = buffer[i]
        if c == 10:
            i += 1
        elif c == 35:
            i, code = _scan_comment(buffer, i, n, columns)
        elif c == 0:
            break
        elif columns.state[series.SAMPLES] == len(columns.keys):
            return series.TOO_MANY_SAMPLES, start
        else:
            i, code = _scan_sample(buffer, start, i, n, limits.labels, seeds, columns)
        if code != OK:
            return (OK, i) if code == series.END else (code, i)
        if i - start > limits.line_bytes:
            return series.LINE_TOO_LONG, start
    return OK, i


@kernel
def _skip_comment(buffer: Any, i: Any, zeros: Any) -> Any:
    """To behind the newline; a zero byte ends the page unless `zeros` says that they are passed over."""
    while buffer[i] != 10:
        if buffer[i] == 0 and not zeros:
            return i, series.END
        i += 1
    return i + 1, OK


@kernel
def _scan_keyword(buffer: Any, i: Any, keyword: Any) -> Any:
    """(behind `keyword` and the blanks after it, found). Zero bytes inside are passed over, as the lexer does."""
    for k in range(len(keyword)):
        while k > 0 and buffer[i] == 0:
            i += 1
        if buffer[i] != keyword[k]:
            return i, False
        i += 1
    while buffer[i] == 0:
        i += 1
    return (skip_blanks(buffer, i), True) if buffer[i] == 32 or buffer[i] == 9 else (i, False)


@kernel
def _scan_comment(buffer: Any, i: Any, n: Any, columns: Any) -> Any:
    i += 1
    if buffer[i] != 32 and buffer[i] != 9:
        return _skip_comment(buffer, i, False)
    i = skip_blanks(buffer, i)
    if buffer[i] == 72:
        kind = series.HELP
        i, found = _scan_keyword(buffer, i, _HELP)
    elif buffer[i] == 84:
        kind = series.TYPE
        i, found = _scan_keyword(buffer, i, _TYPE)
    else:
        return _skip_comment(buffer, i, buffer[i] != 0)
    if not found:
        return _skip_comment(buffer, i, True)
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
    return _scan_metadata_text(buffer, after, kind, name_start, name_end, columns)


@kernel
def _scan_metadata_text(buffer: Any, i: Any, kind: Any, name_start: Any, name_end: Any, columns: Any) -> Any:
    """The text starts one byte behind the name, whatever that byte is."""
    if buffer[i] == 0:
        return i, series.EXPECTED_METADATA_END
    start = i
    seen = np.uint8(0)
    while buffer[i] != 10:
        seen |= buffer[i]
        i += 1
    text = start if skip_blanks(buffer, start) == i else start + 1
    text_end = start if text == start else i
    if kind == series.TYPE:
        metric_type = _type_at(buffer, text) if text != start else -1
        if metric_type < 0:
            return start, series.UNKNOWN_TYPE
        columns.state[series.CURRENT_TYPE] = metric_type
    elif seen >= 128 and not valid_utf8(buffer, text, text_end):
        return start, series.HELP_NOT_UTF8
    add_metadata(columns, kind, name_start, name_end, text, text_end)
    return i + 1, OK


@kernel
def _type_at(buffer: Any, i: Any) -> Any:
    c = buffer[i]
    if c == 99 and word_at(buffer, i, _COUNTER):
        return series.COUNTER
    if c == 103 and word_at(buffer, i, _GAUGE):
        return series.GAUGE
    if c == 104 and word_at(buffer, i, _HISTOGRAM):
        return series.HISTOGRAM
    if c == 115 and word_at(buffer, i, _SUMMARY):
        return series.SUMMARY
    if c == 117 and word_at(buffer, i, _UNTYPED):
        return series.UNKNOWN
    return -1


@kernel
def _scan_sample(buffer: Any, start: Any, i: Any, n: Any, labels_max: Any, seeds: Any, columns: Any) -> Any:
    named = False
    if CLASSES[buffer[i]] & METRIC_START:
        named = True
        i = skip_class(buffer, i, METRIC_CHAR)
    elif buffer[i] != 123:
        return i, series.EXPECTED_START
    brace = skip_blanks(buffer, i)
    if buffer[brace] == 123:
        i, named, code = scan_labels(buffer, brace + 1, n, TEXT, named, labels_max)
        if code != OK:
            return i, code
    if not named:
        return start, series.NAME_MISSING
    seed = seeds[0] + np.uint64(columns.state[series.CURRENT_TYPE])
    return _scan_suffix(buffer, start, i, hash_span(buffer, start, i, seed, seeds[1]), columns)


@kernel
def _scan_suffix(buffer: Any, start: Any, series_end: Any, key: Any, columns: Any) -> Any:
    """The value, perhaps a timestamp in ms, the newline."""
    at = skip_blanks(buffer, series_end)
    if buffer[at] == 10 or buffer[at] == 0 or buffer[at] == 123:
        return at, series.EXPECTED_VALUE
    bits, i, status = parse_number(buffer, at)
    if status != EXACT and status != HARD:
        return at, series.NUMBER_OVERFLOW if status == OVERFLOW else series.INVALID_NUMBER
    c = buffer[i]
    if c != 10 and c != 32 and c != 9:
        return at, series.EXPECTED_TIMESTAMP if c == 123 or c == 0 else series.INVALID_NUMBER
    if status == HARD:
        add_unsettled(columns, columns.state[series.SAMPLES], series.VALUE, at, i)
    i = skip_blanks(buffer, i)
    time_ms = NO_TIME
    if buffer[i] != 10:
        time_ms, i, code = _scan_time_ms(buffer, i)
        if code != OK:
            return i, code
    add_sample(columns, key, start, series_end, bits, time_ms)
    return i + 1, OK


@kernel
def _scan_time_ms(buffer: Any, i: Any) -> Any:
    """Digits only, as the lexer has it: no sign. (time, at the newline, code)"""
    time_ms: Any = 0
    first = i
    while 48 <= buffer[i] <= 57:
        digit = np.int64(buffer[i]) - 48
        if time_ms > (series.TIME_LIMIT - digit) // 10:
            return time_ms, first, series.TIMESTAMP_OVERFLOW
        time_ms = time_ms * 10 + digit
        i += 1
    if i == first:
        return time_ms, i, series.EXPECTED_TIMESTAMP
    i = skip_blanks(buffer, i)
    return time_ms, i, OK if buffer[i] == 10 else series.EXPECTED_LINE_END


def warm() -> None:
    page = b'# HELP a b\n# TYPE a gauge\na{b="c"} 1 2\n'
    columns = series.allocate(4, 4, True)
    scan_text(series.padded(page), len(page), series.Limits(1 << 20, 100), np.ones(2, np.uint64), columns)
