"""The scanner of OTLP metrics: an ExportMetricsServiceRequest to rows of points, no object per point.

A point's key is a keyed hash of its resource's, scope's, metric's and attributes' bytes: a receiver that has seen it knows
its series without reading a name. Numbers come out as values; points of other kinds as spans, for a slower reader.
Spec: opentelemetry-proto metrics/v1/metrics.proto.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from vedette.kernels.exposition_series import PADDING, hash_span
from vedette.kernels.jit import borrowing
from vedette.kernels.protobuf import BYTES, FIXED64, VARINT, read_field
from vedette.kernels.words import bits_of

# columns of a point
KEY: Final = 0
METRIC: Final = 1
START: Final = 2
STOP: Final = 3
TIME: Final = 4
"""ms."""
START_TIME: Final = 5
BITS: Final = 6
FLAGS: Final = 7
EXEMPLARS: Final = 8
"""How many the point has."""
POINT_COLUMNS: Final = 9

# columns of a metric
RESOURCE: Final = 0
SCOPE_START: Final = 1
SCOPE_STOP: Final = 2
"""Of the whole ScopeMetrics."""
METRIC_START: Final = 3
METRIC_STOP: Final = 4
KIND: Final = 5
TEMPORALITY: Final = 6
MONOTONIC: Final = 7
METRIC_COLUMNS: Final = 8

# columns of a resource
RESOURCE_KEY: Final = 0
RESOURCE_START: Final = 1
RESOURCE_STOP: Final = 2
RESOURCE_COLUMNS: Final = 3

# kinds: the field of Metric that holds the points
NO_KIND: Final = 0
GAUGE: Final = 5
SUM: Final = 7
HISTOGRAM: Final = 9
EXPONENTIAL: Final = 10
SUMMARY: Final = 11

# places in `counts`
RESOURCES: Final = 0
METRICS: Final = 1
POINTS: Final = 2

_ZERO = np.uint64(0)
_NS_PER_MS = 1_000_000


class Tables(NamedTuple):
    """resources int64[r, 3], metrics int64[m, 8], points int64[p, 9]; counts int64[3], zero at first.

    Rows beyond a table's end are counted and not written: the caller makes it larger and scans again.
    """

    resources: Any
    metrics: Any
    points: Any
    counts: Any


@borrowing
def scan_metrics(buffer: Any, n: Any, seeds: Any, tables: Any) -> Any:
    """-1, or the offset of what is no such message."""
    i: Any = 0
    while i < n:
        at = i
        number, wire, _, start, stop, i = read_field(buffer, i, n)
        if i < 0 or (number == 1 and wire != BYTES):
            return at
        if number == 1:
            wrong = _scan_resource(buffer, start, stop, seeds, tables)
            if wrong >= 0:
                return wrong
    return -1


@borrowing
def _scan_resource(buffer: Any, start: Any, end: Any, seeds: Any, tables: Any) -> Any:
    """A ResourceMetrics. The resource may stand behind its scopes, so it is looked for first."""
    resource_start, resource_stop = start, start
    i: Any = start
    while i < end:
        at = i
        number, wire, _, first, stop, i = read_field(buffer, i, end)
        if i < 0 or ((number == 1 or number == 2) and wire != BYTES):
            return at
        if number == 1:
            resource_start, resource_stop = first, stop
    key = hash_span(buffer, resource_start, resource_stop, seeds[0], seeds[1])
    row = tables.counts[RESOURCES]
    tables.counts[RESOURCES] += 1
    if row < len(tables.resources):
        tables.resources[row, RESOURCE_KEY] = np.int64(key)
        tables.resources[row, RESOURCE_START] = resource_start
        tables.resources[row, RESOURCE_STOP] = resource_stop
    i = start
    while i < end:
        number, _, _, first, stop, i = read_field(buffer, i, end)
        if number == 2:
            wrong = _scan_scope(buffer, first, stop, row, (key, seeds[1]), tables)
            if wrong >= 0:
                return wrong
    return -1


@borrowing
def _scan_scope(buffer: Any, start: Any, end: Any, resource: Any, seeds: Any, tables: Any) -> Any:
    """A ScopeMetrics: the scope and its schema URL are part of the key."""
    key = seeds[0]
    i: Any = start
    while i < end:
        at = i
        number, wire, _, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (1 <= number <= 3 and wire != BYTES):
            return at
        if number == 1 or number == 3:
            key = hash_span(buffer, at, stop, key, seeds[1])
    i = start
    while i < end:
        number, _, _, first, stop, i = read_field(buffer, i, end)
        if number == 2:
            wrong = _scan_metric(buffer, first, stop, (resource, start, end), (key, seeds[1]), tables)
            if wrong >= 0:
                return wrong
    return -1


@borrowing
def _scan_metric(buffer: Any, start: Any, end: Any, place: Any, seeds: Any, tables: Any) -> Any:
    """Of several kinds of data the last one counts, as protobuf's oneof has it."""
    key = seeds[0]
    kind = NO_KIND
    data_start, data_stop = end, end
    i: Any = start
    while i < end:
        at = i
        number, wire, _, first, stop, i = read_field(buffer, i, end)
        is_data = number in (GAUGE, SUM) or 9 <= number <= 11
        if i < 0 or ((number <= 3 or is_data) and wire != BYTES):
            return at
        if number == 1 or number == 3:
            key = hash_span(buffer, at, stop, key, seeds[1])
        elif is_data:
            kind = number
            data_start, data_stop = first, stop
    return _scan_data(buffer, data_start, data_stop, (place, start, end, kind), (key, seeds[1]), tables)


@borrowing
def _scan_data(buffer: Any, start: Any, end: Any, metric: Any, seeds: Any, tables: Any) -> Any:
    place, metric_start, metric_stop, kind = metric
    temporality: Any = 0
    monotonic = 0
    i: Any = start
    while i < end:
        at = i
        number, wire, value, _, _, i = read_field(buffer, i, end)
        if i < 0 or (number == 1 and wire != BYTES) or (2 <= number <= 3 and wire != VARINT):
            return at
        if number == 2:
            temporality = np.int64(value & np.uint64(3))
        elif number == 3:
            monotonic = 1 if value != _ZERO else 0
    row = tables.counts[METRICS]
    tables.counts[METRICS] += 1
    if row < len(tables.metrics):
        columns = (place[0], place[1], place[2], metric_start, metric_stop, kind, temporality, monotonic)
        for column in range(METRIC_COLUMNS):
            tables.metrics[row, column] = columns[column]
    key = seeds[0] ^ np.uint64(kind * 8 + temporality * 2 + monotonic)
    i = start
    while i < end:
        number, _, _, first, stop, i = read_field(buffer, i, end)
        if number == 1 and not _scan_point(buffer, first, stop, (row, kind), (key, seeds[1]), tables):
            return first
    return -1


@borrowing
def _scan_point(buffer: Any, start: Any, end: Any, metric: Any, seeds: Any, tables: Any) -> Any:
    """False where it is malformed."""
    row, kind = metric
    is_number = kind in (GAUGE, SUM)
    attributes = 9 if kind == HISTOGRAM else 1 if kind == EXPONENTIAL else 7
    flags_field = 8 if is_number or kind == SUMMARY else 10
    exemplars_field = 5 if is_number else 8 if kind == HISTOGRAM else 11
    key = seeds[0]
    time_ns, start_ns, bits, flags = _ZERO, _ZERO, _ZERO, _ZERO
    exemplars = 0
    i: Any = start
    while i < end:
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0:
            return False
        if number == attributes:
            if wire != BYTES:
                return False
            key = hash_span(buffer, first, stop, key, seeds[1])
        elif number == 2 or number == 3 or (is_number and (number == 4 or number == 6)):
            if wire != FIXED64:
                return False
            if number == 2:
                start_ns = value
            elif number == 3:
                time_ns = value
            else:
                bits = value if number == 4 else bits_of(np.float64(np.int64(value)))
        elif number == flags_field:
            if wire != VARINT:
                return False
            flags = value
        elif number == exemplars_field and kind != SUMMARY:
            if wire != BYTES:
                return False
            exemplars += 1
    _add_point(tables, key, (row, start, end), (time_ns, start_ns, bits, flags), exemplars)
    return True


@borrowing
def _add_point(tables: Any, key: Any, place: Any, values: Any, exemplars: Any) -> Any:
    at = tables.counts[POINTS]
    tables.counts[POINTS] += 1
    points = tables.points
    if at < len(points):
        points[at, KEY] = np.int64(key if key != _ZERO else np.uint64(1))
        points[at, METRIC] = place[0]
        points[at, START] = place[1]
        points[at, STOP] = place[2]
        points[at, TIME] = np.int64(values[0]) // _NS_PER_MS
        points[at, START_TIME] = np.int64(values[1]) // _NS_PER_MS
        points[at, BITS] = np.int64(values[2])
        points[at, FLAGS] = np.int64(values[3])
        points[at, EXEMPLARS] = exemplars


def allocate(resources: int, metrics: int, points: int) -> Tables:
    """Empty tables; what is never written costs no memory."""
    return Tables(
        np.empty((resources, RESOURCE_COLUMNS), np.int64),
        np.empty((metrics, METRIC_COLUMNS), np.int64),
        np.empty((points, POINT_COLUMNS), np.int64),
        np.zeros(3, np.int64),
    )


def warm() -> None:
    buffer = np.zeros(2 + PADDING, np.uint8)
    buffer[0] = 10
    scan_metrics(buffer, 2, np.ones(2, np.uint64), allocate(1, 1, 1))
