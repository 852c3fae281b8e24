"""What the lines of both text formats have in common: a sample's series, a metadata line's name and type, a sample's row.

`mode` is TEXT or OPENMETRICS: the first allows blanks between any two tokens. Source: Prometheus model/textparse promlex.l,
openmetricslex.l.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_series import (
    CLASSES,
    METRIC_CHAR,
    METRIC_START,
    OK,
    OPENMETRICS,
    TEXT,
    hash_span,
    scan_labels,
    skip_blanks,
    skip_class,
    skip_quoted_name,
    word_at,
)
from vedette.kernels.jit import borrowing

_COUNTER = np.frombuffer(b"counter\n", np.uint8)
_GAUGE = np.frombuffer(b"gauge\n", np.uint8)
_HISTOGRAM = np.frombuffer(b"histogram\n", np.uint8)
_SUMMARY = np.frombuffer(b"summary\n", np.uint8)
_UNTYPED = np.frombuffer(b"untyped\n", np.uint8)
_UNKNOWN = np.frombuffer(b"unknown\n", np.uint8)
_GAUGE_HISTOGRAM = np.frombuffer(b"gaugehistogram\n", np.uint8)
_INFO = np.frombuffer(b"info\n", np.uint8)
_STATESET = np.frombuffer(b"stateset\n", np.uint8)


@borrowing
def scan_series(buffer: Any, i: Any, n: Any, mode: Any, labels_max: Any) -> Any:
    """The metric name and the label set: (behind them or where it went wrong, code)."""
    start = i
    named = buffer[i] != 123
    if named:
        if not CLASSES[buffer[i]] & METRIC_START:
            return i, series.EXPECTED_START
        i = skip_class(buffer, i, METRIC_CHAR)
    brace = skip_blanks(buffer, i) if mode == TEXT else i
    if buffer[brace] != 123:
        return i, OK
    i, named, code = scan_labels(buffer, brace + 1, n, mode, named, labels_max)
    return (i, code) if named or code != OK else (start, series.NAME_MISSING)


@borrowing
def skip_metadata_name(buffer: Any, i: Any, n: Any) -> Any:
    """Behind the metric name of a metadata line, quoted or not; -1 where none stands."""
    if buffer[i] == 34:
        return skip_quoted_name(buffer, i, n, True)
    if CLASSES[buffer[i]] & METRIC_START:
        return skip_class(buffer, i, METRIC_CHAR)
    return -1


@borrowing
def type_at(buffer: Any, i: Any, mode: Any) -> Any:
    """The metric type whose word fills the line from here on; -1 for none of the format's."""
    if word_at(buffer, i, _COUNTER):
        return series.COUNTER
    if word_at(buffer, i, _GAUGE):
        return series.GAUGE
    if word_at(buffer, i, _HISTOGRAM):
        return series.HISTOGRAM
    if word_at(buffer, i, _SUMMARY):
        return series.SUMMARY
    if mode == TEXT:
        return series.UNKNOWN if word_at(buffer, i, _UNTYPED) else -1
    if word_at(buffer, i, _GAUGE_HISTOGRAM):
        return series.GAUGE_HISTOGRAM
    if word_at(buffer, i, _STATESET):
        return series.STATESET
    if word_at(buffer, i, _INFO):
        return series.INFO
    return series.UNKNOWN if word_at(buffer, i, _UNKNOWN) else -1


@borrowing
def set_series(columns: Any, row: Any, buffer: Any, start: Any, end: Any, metric_type: Any, seeds: Any) -> None:
    """What a sample's row says of its series, which stands in buffer[start:end]."""
    columns.keys[row] = hash_span(buffer, start, end, seeds[0] + np.uint64(metric_type), seeds[1])
    columns.spans[row, 0] = start
    columns.spans[row, 1] = end
    columns.types[row] = metric_type


def warm() -> None:
    page = series.padded(b'a{b="c"} 1\n')
    for mode in (TEXT, OPENMETRICS):
        scan_series(page, 0, len(page), mode, 100)
        type_at(page, 0, mode)
    skip_metadata_name(page, 0, len(page))
    set_series(series.allocate(1, 1, True), 0, page, 0, 8, 0, np.ones(2, np.uint64))
