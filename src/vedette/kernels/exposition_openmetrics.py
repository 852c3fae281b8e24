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
from vedette.kernels.exposition_lines import scan_series, set_series, skip_metadata_name, type_at
from vedette.kernels.exposition_series import (
    EXEMPLAR,
    NO_TIME,
    OK,
    OPENMETRICS,
    find_newline,
    scan_labels,
    set_metadata,
    set_unsettled,
    valid_utf8,
    word_at,
)
from vedette.kernels.jit import borrowing, inlined
from vedette.kernels.words import float_of

_ZERO = np.uint64(0)
_EOF = np.frombuffer(b"EOF", np.uint8)
_HELP = np.frombuffer(b"# HELP ", np.uint8)
_TYPE = np.frombuffer(b"# TYPE ", np.uint8)
_UNIT = np.frombuffer(b"# UNIT ", np.uint8)


@borrowing
def scan_openmetrics(buffer: Any, n: Any, limits: Any, seeds: Any, columns: Any) -> Any:
    """Fills `columns` from buffer[:n], with a newline at n: Scanned. `unsettled` needs four rows a newline."""
    keys, times_ms, bits = columns.keys, columns.times_ms, columns.bits
    metadata, exemplars, unsettled = columns.metadata, columns.exemplars, columns.unsettled
    i, rows, lines, marks, hard, metric_type, code = 0, 0, 0, 0, 0, 0, series.NO_EOF
    while i < n:
        start = i
        if buffer[i] == 35:
            if buffer[i + 1] == 32 and word_at(buffer, i + 2, _EOF):
                i += 5 + (buffer[i + 5] == 10)
                code = OK if i >= n else series.DATA_AFTER_EOF
                break
            i, code, kind = _scan_metadata(buffer, i, n, metadata, lines)
            metadata[lines, 5] = rows
            metric_type = metadata[lines, 3] if kind == series.TYPE else metric_type
            lines += 1
        elif rows == len(keys):
            i, code = start, series.TOO_MANY_SAMPLES
        else:
            end, code = scan_series(buffer, i, n, OPENMETRICS, limits.labels)
            i = end
            if code == OK:
                i, code, bits[rows], times_ms[rows], hard = _scan_suffix(buffer, end, rows, unsettled, hard)
            if code == OK and buffer[i] == 32:
                i, code, hard = _scan_exemplar(buffer, i, n, rows, exemplars, marks, unsettled, hard)
                marks += 1
            if code == OK:
                i, code = _end_line(buffer, i, n)
                set_series(columns, rows, buffer, start, end, metric_type, seeds)
                rows += 1
        if code != OK:
            break
        if i - start > limits.line_bytes:
            i, code = start, series.LINE_TOO_LONG
            break
        code = series.NO_EOF
    return series.Scanned(code, i, rows, lines, marks, hard)


@inlined
def _end_line(buffer: Any, i: Any, n: Any) -> Any:
    if buffer[i] != 10:
        return i, series.EXPECTED_LINE_END
    return (i + 1, OK) if i < n else (i, series.NO_EOF)


@borrowing
def _scan_metadata(buffer: Any, i: Any, n: Any, metadata: Any, row: Any) -> Any:
    """A line with `#`: (behind it, code, kind of the metadata row it filled or -1)."""
    kind = -1
    if word_at(buffer, i, _HELP):
        kind = series.HELP
    elif word_at(buffer, i, _TYPE):
        kind = series.TYPE
    elif word_at(buffer, i, _UNIT):
        kind = series.UNIT
    if kind < 0:
        return i, series.EXPECTED_START, -1
    i += 7
    after = skip_metadata_name(buffer, i, n)
    if after < 0:
        return i, series.EXPECTED_METADATA_NAME, -1
    if buffer[after] != 32:
        return after, series.EXPECTED_METADATA_TEXT, -1
    quote = np.int64(buffer[i] == 34)
    return _scan_metadata_text(buffer, after + 1, n, kind, i + quote, after - quote, metadata, row)


@borrowing
def _scan_metadata_text(
    buffer: Any, start: Any, n: Any, kind: Any, name_start: Any, name_end: Any, metadata: Any, row: Any
) -> Any:
    """A TYPE row holds the type in place of the text."""
    end, high = find_newline(buffer, start)
    if end >= n:
        return end, series.EXPECTED_METADATA_TEXT, -1
    set_metadata(metadata, row, kind, name_start, name_end, start, end)
    if kind == series.TYPE:
        metric_type = type_at(buffer, start, OPENMETRICS)
        if metric_type < 0:
            return start, series.UNKNOWN_TYPE, -1
        metadata[row, 3] = metric_type
    elif kind == series.HELP:
        if high and not valid_utf8(buffer, start, end):
            return start, series.HELP_NOT_UTF8, -1
    elif end > start and not _ends_with_unit(buffer, name_start, name_end, start, end):
        return start, series.UNIT_NOT_SUFFIX, -1
    return end + 1, OK, kind


@borrowing
def _ends_with_unit(buffer: Any, name_start: Any, name_end: Any, start: Any, end: Any) -> Any:
    """Whether the name ends with `_` and the unit."""
    at = name_end - (end - start)
    if at - 1 < name_start or buffer[at - 1] != 95:
        return False
    return word_at(buffer, at, buffer[start:end])


@borrowing
def _scan_suffix(buffer: Any, i: Any, row: Any, unsettled: Any, hard: Any) -> Any:
    """The value, perhaps a timestamp: (behind them, code, bits, time, unsettled rows)."""
    bits, i, code, hard = _scan_number(buffer, i, row, series.VALUE, unsettled, hard)
    time_ms = NO_TIME
    if code == OK and buffer[i] == 32 and not _at_exemplar(buffer, i):
        time_ms, i, code, hard = _scan_time_ms(buffer, i, row, series.TIME, unsettled, hard)
    return i, code, bits, time_ms, hard


@inlined
def _at_exemplar(buffer: Any, i: Any) -> Any:
    return buffer[i + 1] == 35 and buffer[i + 2] == 32


@borrowing
def _scan_number(buffer: Any, i: Any, row: Any, which: Any, unsettled: Any, hard: Any) -> Any:
    """One space, then a number up to a space or the line's end: (bits, at that byte, code, unsettled rows)."""
    if buffer[i] != 32 or buffer[i + 1] == 32 or buffer[i + 1] == 10 or buffer[i + 1] == 0:
        return _ZERO, i, series.EXPECTED_VALUE, hard
    bits, end, status = parse_number(buffer, i + 1)
    if status != EXACT and status != HARD:
        return bits, i + 1, series.NUMBER_OVERFLOW if status == OVERFLOW else series.INVALID_NUMBER, hard
    c = buffer[end]
    if c != 10 and c != 32 and c != 0:
        return bits, i + 1, series.INVALID_NUMBER, hard
    if status == HARD:
        hard = set_unsettled(unsettled, hard, row, which, i + 1, end)
    return bits, end, OK, hard


@borrowing
def _scan_time_ms(buffer: Any, i: Any, row: Any, which: Any, unsettled: Any, hard: Any) -> Any:
    """Seconds as a float, to whole milliseconds towards zero."""
    bits, end, code, hard = _scan_number(buffer, i, row, which, unsettled, hard)
    if code != OK:
        return NO_TIME, end, series.EXPECTED_TIMESTAMP if code == series.EXPECTED_VALUE else code, hard
    time_ms = to_ms(float_of(bits))
    return time_ms, end, OK if time_ms != NO_TIME else series.INVALID_TIMESTAMP, hard


@borrowing
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


@borrowing
def _scan_exemplar(buffer: Any, i: Any, n: Any, row: Any, exemplars: Any, mark: Any, unsettled: Any, hard: Any) -> Any:
    """` # {labels} value [seconds]` behind a sample: (behind it, code, unsettled rows)."""
    if not _at_exemplar(buffer, i) or buffer[i + 3] != 123:
        return i, series.EXPECTED_LINE_END, hard
    start = i + 3
    end, _, code = scan_labels(buffer, start + 1, n, EXEMPLAR, False, series.EXEMPLAR_LABELS_MAX)
    if code != OK:
        return end, code, hard
    bits, i, code, hard = _scan_number(buffer, end, mark, series.EXEMPLAR_VALUE, unsettled, hard)
    time_ms = NO_TIME
    if code == OK and buffer[i] == 32:
        time_ms, i, code, hard = _scan_time_ms(buffer, i, mark, series.EXEMPLAR_TIME, unsettled, hard)
    exemplars[mark, 0] = row
    exemplars[mark, 1] = start
    exemplars[mark, 2] = end
    exemplars[mark, 3] = time_ms
    exemplars[mark, 4] = np.int64(bits)
    return i, code, hard


def warm() -> None:
    page = b'# TYPE a gauge\na{b="c"} 1 2 # {} 1 2\n# EOF\n'
    limits = series.Limits(1 << 20, 100)
    scan_openmetrics(series.padded(page), len(page), limits, np.ones(2, np.uint64), series.allocate(4, 4, True))
