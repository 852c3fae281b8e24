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
from vedette.kernels.exposition_lines import scan_series, set_series, skip_metadata_name, type_at
from vedette.kernels.exposition_series import (
    NO_TIME,
    OK,
    TEXT,
    find_newline,
    set_metadata,
    set_unsettled,
    skip_blanks,
    valid_utf8,
)
from vedette.kernels.jit import borrowing

_ZERO = np.uint64(0)
_HELP = np.frombuffer(b"HELP", np.uint8)
_TYPE = np.frombuffer(b"TYPE", np.uint8)


@borrowing
def scan_text(buffer: Any, n: Any, limits: Any, seeds: Any, columns: Any) -> Any:
    """Fills `columns` from buffer[:n], whose last byte is a newline: Scanned.

    seeds: uint64[2], of this process. Columns need one row a newline, `unsettled` as many.
    """
    keys, times_ms, bits = columns.keys, columns.times_ms, columns.bits
    metadata, unsettled = columns.metadata, columns.unsettled
    i, rows, lines, hard, metric_type, code = 0, 0, 0, 0, 0, OK
    while i < n:
        start = i
        i = skip_blanks(buffer, i)
        c = buffer[i]
        if c == 10:
            i += 1
            continue
        if c == 0:
            break
        if c == 35:
            i, code, kind = _scan_comment(buffer, i, n, metadata, lines)
            if kind >= 0:
                metadata[lines, 5] = rows
                metric_type = metadata[lines, 3] if kind == series.TYPE else metric_type
                lines += 1
        elif rows == len(keys):
            i, code = start, series.TOO_MANY_SAMPLES
        else:
            end, code = scan_series(buffer, i, n, TEXT, limits.labels)
            i = end
            if code == OK:
                i, code, bits[rows], times_ms[rows], hard = _scan_suffix(buffer, end, rows, unsettled, hard)
                set_series(columns, rows, buffer, start, end, metric_type, seeds)
                rows += 1
        if code != OK:
            break
        if i - start > limits.line_bytes:
            i, code = start, series.LINE_TOO_LONG
            break
    return series.Scanned(OK if code == series.END else code, i, rows, lines, 0, hard)


@borrowing
def _skip_comment(buffer: Any, i: Any, zeros: Any) -> Any:
    """To behind the newline; a zero byte ends the page unless `zeros` says that they are passed over."""
    while buffer[i] != 10:
        if buffer[i] == 0 and not zeros:
            return i, series.END, -1
        i += 1
    return i + 1, OK, -1


@borrowing
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


@borrowing
def _scan_comment(buffer: Any, i: Any, n: Any, metadata: Any, row: Any) -> Any:
    """A line with `#`: (behind it, code, kind of the metadata row it filled or -1)."""
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
    after = skip_metadata_name(buffer, i, n)
    if after < 0:
        return i, series.EXPECTED_METADATA_NAME, -1
    if buffer[after] == 0:
        return after, series.EXPECTED_METADATA_END, -1
    quote = np.int64(buffer[i] == 34)
    return _scan_metadata_text(buffer, after, kind, i + quote, after - quote, metadata, row)


@borrowing
def _scan_metadata_text(
    buffer: Any, start: Any, kind: Any, name_start: Any, name_end: Any, metadata: Any, row: Any
) -> Any:
    """The text starts one byte behind the name, whatever that byte is. A TYPE row holds the type in place of the text."""
    end, high = find_newline(buffer, start)
    text = start + 1 if skip_blanks(buffer, start) < end else end
    if kind == series.TYPE:
        metric_type = type_at(buffer, text, TEXT)
        if metric_type < 0:
            return start, series.UNKNOWN_TYPE, -1
        set_metadata(metadata, row, kind, name_start, name_end, metric_type, 0)
    else:
        if high and not valid_utf8(buffer, text, end):
            return start, series.HELP_NOT_UTF8, -1
        set_metadata(metadata, row, kind, name_start, name_end, text, end)
    return end + 1, OK, kind


@borrowing
def _scan_suffix(buffer: Any, i: Any, row: Any, unsettled: Any, hard: Any) -> Any:
    """The value, perhaps a timestamp in ms, the newline: (behind it, code, bits, time, unsettled rows)."""
    at = skip_blanks(buffer, i)
    if buffer[at] == 10 or buffer[at] == 0 or buffer[at] == 123:
        return at, series.EXPECTED_VALUE, _ZERO, NO_TIME, hard
    bits, i, status = parse_number(buffer, at)
    if status != EXACT and status != HARD:
        return at, series.NUMBER_OVERFLOW if status == OVERFLOW else series.INVALID_NUMBER, bits, NO_TIME, hard
    c = buffer[i]
    if c == 10:
        time_ms, code = NO_TIME, OK
    elif c == 32 or c == 9:
        time_ms, i, code = _scan_time_ms(buffer, skip_blanks(buffer, i + 1))
    else:
        code = series.EXPECTED_TIMESTAMP if c == 123 or c == 0 else series.INVALID_NUMBER
        return at, code, bits, NO_TIME, hard
    if status == HARD and code == OK:
        _, end, _ = parse_number(buffer, at)
        hard = set_unsettled(unsettled, hard, row, series.VALUE, at, end)
    return i + (code == OK), code, bits, time_ms, hard


@borrowing
def _scan_time_ms(buffer: Any, i: Any) -> Any:
    """Digits only, as the lexer has it, no sign; or nothing: (time, at the newline, code)."""
    if buffer[i] == 10:
        return NO_TIME, i, OK
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
    limits = series.Limits(1 << 20, 100)
    scan_text(series.padded(page), len(page), limits, np.ones(2, np.uint64), series.allocate(4, 4, True))
