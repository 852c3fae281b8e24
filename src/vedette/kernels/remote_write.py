"""The scanner of remote write: one request, 1.0 or 2.0, to columns, no object per sample.

For each series there is a row with a key, a keyed hash of its labels' bytes, from which the receiver knows its ref without
reading them; samples, exemplars and histograms name their series by its row. In 1.0 a series carries its labels as text; in
2.0 as references to a table of symbols, so the key is made of the symbols' hashes: it is the same for every table; its metadata, which stand with it, are part of it.
Spec: prometheus.io/docs/specs/prw; messages: Prometheus prompb/remote.proto, prompb/io/prometheus/write/v2/types.proto.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from vedette.kernels.exposition_series import PADDING, fold, hash_span
from vedette.kernels.jit import borrowing
from vedette.kernels.protobuf import BYTES, FIXED64, VARINT, read_field, read_varint

# columns of a series row
KEY: Final = 0
START: Final = 1
STOP: Final = 2
METADATA_START: Final = 3
METADATA_STOP: Final = 4
VALUES: Final = 5
"""Samples and histograms of the series."""
SERIES_COLUMNS: Final = 6

# columns of a sample row
OWNER: Final = 0
TIME: Final = 1
BITS: Final = 2
START_TIME: Final = 3
SAMPLE_COLUMNS: Final = 4

# columns of an exemplar's and a histogram's row: the series, and the span of the message
SPAN_COLUMNS: Final = 3

# places in `counts`
SERIES: Final = 0
SAMPLES: Final = 1
EXEMPLARS: Final = 2
HISTOGRAMS: Final = 3
METADATA: Final = 4
SYMBOLS: Final = 5

UNKNOWN_KEY: Final = 0
"""The key of a series of 2.0 whose references are odd in number or outside of the table."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ZERO = np.uint64(0)


class Tables(NamedTuple):
    """series int64[s, 6], samples int64[n, 4], exemplars and histograms int64[e, 3], metadata and symbols int64[m, 2] (spans).

    Rows beyond a table's end are counted (in `counts`, zero at first) and not written: the caller makes it larger and
    scans again. `hashes` uint64 is as long as `symbols`.
    """

    series: Any
    samples: Any
    exemplars: Any
    histograms: Any
    metadata: Any
    symbols: Any
    hashes: Any
    counts: Any


@borrowing
def scan_v1(buffer: Any, n: Any, seeds: Any, tables: Any) -> Any:
    """A prometheus.WriteRequest: -1, or the offset of what is no such message."""
    i: Any = 0
    while i < n:
        at = i
        number, wire, _, start, stop, i = read_field(buffer, i, n)
        if i < 0 or ((number == 1 or number == 3) and wire != BYTES):
            return at
        if number == 1:
            wrong = _scan_series_v1(buffer, start, stop, seeds, tables)
            if wrong >= 0:
                return wrong
        elif number == 3:
            _add_span(tables.metadata, tables.counts, METADATA, start, stop)
    return -1


@borrowing
def scan_symbols(buffer: Any, n: Any, seeds: Any, tables: Any) -> Any:
    """The symbols of an io.prometheus.write.v2.Request, and their hashes; then `scan_v2` reads its series."""
    i: Any = 0
    while i < n:
        at = i
        number, wire, _, start, stop, i = read_field(buffer, i, n)
        if i < 0 or (number == 4 and wire != BYTES):
            return at
        if number == 4:
            row = tables.counts[SYMBOLS]
            _add_span(tables.symbols, tables.counts, SYMBOLS, start, stop)
            if row < len(tables.hashes):
                tables.hashes[row] = hash_span(buffer, start, stop, seeds[0], seeds[1])
    return -1


@borrowing
def scan_v2(buffer: Any, n: Any, seeds: Any, tables: Any) -> Any:
    i: Any = 0
    while i < n:
        at = i
        number, wire, _, start, stop, i = read_field(buffer, i, n)
        if i < 0 or (number == 5 and wire != BYTES):
            return at
        if number == 5:
            wrong = _scan_series_v2(buffer, start, stop, seeds, tables)
            if wrong >= 0:
                return wrong
    return -1


@borrowing
def _scan_series_v1(buffer: Any, start: Any, end: Any, seeds: Any, tables: Any) -> Any:
    """Labels that stand together, as every encoder writes them, are hashed in one run."""
    counts = tables.counts
    row = counts[SERIES]
    key = seeds[0]
    values = 0
    run_start, run_stop = start, start
    i: Any = start
    while i < end:
        at = i
        number, wire, _, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (1 <= number <= 4 and wire != BYTES):
            return at
        if number == 1:
            if at != run_stop:
                key = hash_span(buffer, run_start, run_stop, key, seeds[1])
                run_start = at
            run_stop = i
        elif number == 2:
            values += 1
            if not _add_sample(buffer, first, stop, row, tables.samples, counts):
                return first
        elif number == 3:
            _add_owned(tables.exemplars, counts, EXEMPLARS, row, first, stop)
        elif number == 4:
            values += 1
            _add_owned(tables.histograms, counts, HISTOGRAMS, row, first, stop)
    key = hash_span(buffer, run_start, run_stop, key, seeds[1])
    _add_series(tables.series, counts, key, (start, end), (start, start), values)
    return -1


@borrowing
def _scan_series_v2(buffer: Any, start: Any, end: Any, seeds: Any, tables: Any) -> Any:
    counts = tables.counts
    row = counts[SERIES]
    key = seeds[1]
    n_refs, values = 0, 0
    known = True
    metadata_start, metadata_stop = start, start
    i: Any = start
    while i < end:
        at = i
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (1 <= number <= 5 and wire != BYTES and not (number == 1 and wire == VARINT)):
            return at
        if number == 1 and wire == VARINT:
            key, known = _fold_symbol(value, key, known, tables)
            n_refs += 1
        elif number == 1:
            while first < stop:
                value, first = read_varint(buffer, first, stop)
                if first < 0:
                    return at
                key, known = _fold_symbol(value, key, known, tables)
                n_refs += 1
        elif number == 2:
            values += 1
            if not _add_sample(buffer, first, stop, row, tables.samples, counts):
                return first
        elif number == 3:
            values += 1
            _add_owned(tables.histograms, counts, HISTOGRAMS, row, first, stop)
        elif number == 4:
            _add_owned(tables.exemplars, counts, EXEMPLARS, row, first, stop)
        elif number == 5:
            metadata_start, metadata_stop = first, stop
    key = _fold_metadata(buffer, metadata_start, metadata_stop, key, tables)
    if not known or n_refs % 2 == 1:
        key = _ZERO
    elif key == _ZERO:
        key = _STEP
    _add_series(tables.series, counts, key, (start, end), (metadata_start, metadata_stop), values)
    return -1


@borrowing
def _fold_metadata(buffer: Any, i: Any, end: Any, key: Any, tables: Any) -> Any:
    """Other metadata make another key of the same series, so that they are read when they change."""
    while i < end:
        number, wire, value, _, _, i = read_field(buffer, i, end)
        if i < 0:
            return key
        if number == 1:
            key = fold(key ^ _STEP, value)
        elif wire == VARINT:
            key, _ = _fold_symbol(value, key, True, tables)
    return key


@borrowing
def _fold_symbol(ref: Any, key: Any, known: Any, tables: Any) -> Any:
    """(the key with the symbol in it, whether all symbols so far are in the table)"""
    if ref >= np.uint64(min(tables.counts[SYMBOLS], len(tables.hashes))):
        return key, False
    return fold(key ^ _STEP, tables.hashes[np.int64(ref)]), known


@borrowing
def _add_sample(buffer: Any, i: Any, end: Any, owner: Any, samples: Any, counts: Any) -> Any:
    """False where it is malformed."""
    bits = _ZERO
    time_ms: Any = 0
    start_ms: Any = 0
    while i < end:
        number, wire, value, _, _, i = read_field(buffer, i, end)
        if i < 0:
            return False
        if number == 1:
            if wire != FIXED64:
                return False
            bits = value
        elif number == 2 or number == 3:
            if wire != VARINT:
                return False
            if number == 2:
                time_ms = np.int64(value)
            else:
                start_ms = np.int64(value)
    row = counts[SAMPLES]
    counts[SAMPLES] += 1
    if row < len(samples):
        samples[row, OWNER] = owner
        samples[row, TIME] = time_ms
        samples[row, BITS] = np.int64(bits)
        samples[row, START_TIME] = start_ms
    return True


@borrowing
def _add_series(table: Any, counts: Any, key: Any, span: Any, metadata: Any, values: Any) -> Any:
    row = counts[SERIES]
    counts[SERIES] += 1
    if row < len(table):
        table[row, KEY] = np.int64(key)
        table[row, START] = span[0]
        table[row, STOP] = span[1]
        table[row, METADATA_START] = metadata[0]
        table[row, METADATA_STOP] = metadata[1]
        table[row, VALUES] = values


@borrowing
def _add_owned(table: Any, counts: Any, which: Any, owner: Any, start: Any, stop: Any) -> Any:
    row = counts[which]
    counts[which] += 1
    if row < len(table):
        table[row, 0] = owner
        table[row, 1] = start
        table[row, 2] = stop


@borrowing
def _add_span(table: Any, counts: Any, which: Any, start: Any, stop: Any) -> Any:
    row = counts[which]
    counts[which] += 1
    if row < len(table):
        table[row, 0] = start
        table[row, 1] = stop


def allocate(series: int, samples: int, exemplars: int, histograms: int, metadata: int, symbols: int) -> Tables:
    """Empty tables; what is never written costs no memory."""
    return Tables(
        np.empty((series, SERIES_COLUMNS), np.int64),
        np.empty((samples, SAMPLE_COLUMNS), np.int64),
        np.empty((exemplars, SPAN_COLUMNS), np.int64),
        np.empty((histograms, SPAN_COLUMNS), np.int64),
        np.empty((metadata, 2), np.int64),
        np.empty((symbols, 2), np.int64),
        np.empty(symbols, np.uint64),
        np.zeros(6, np.int64),
    )


def warm() -> None:
    buffer, seeds = np.zeros(2 + PADDING, np.uint8), np.ones(2, np.uint64)
    buffer[0] = 10
    for scan in (scan_v1, scan_symbols, scan_v2):
        scan(buffer, 2, seeds, allocate(1, 1, 1, 1, 1, 1))
