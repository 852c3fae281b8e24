"""The scanner of delimited io.prometheus.client.MetricFamily: bytes to sample rows, no message object per metric.

A histogram becomes its `_count`, `_sum` and `_bucket` series, a summary its `_count`, `_sum` and quantiles, in the order
in which Prometheus emits them. A row says which Metric message and which part of it the sample is; labels are only read
where the series is new. Nothing is rendered as text: a page of histograms with long labels would grow by their product.
Source of the semantics: Prometheus model/textparse/protobufparse.go, prompb/io/prometheus/client/decoder.go.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_series import NO_TIME, OK, fold, hash_span, valid_utf8
from vedette.kernels.jit import borrowing
from vedette.kernels.protobuf import BYTES, FIXED64, VARINT, read_field, read_varint
from vedette.kernels.words import bits_of, float_of

# columns of a sample row
KEY: Final = 0
START: Final = 1
STOP: Final = 2
TIME: Final = 3
BITS: Final = 4
FAMILY: Final = 5
PART: Final = 6
BOUND: Final = 7
START_TIME: Final = 8
SAMPLE_COLUMNS: Final = 9

# parts of a metric
WHOLE: Final = 0
COUNT: Final = 1
SUM: Final = 2
BUCKET: Final = 3
QUANTILE: Final = 4
NATIVE: Final = 5

# rows of `counts`
SAMPLES: Final = 0
FAMILIES: Final = 1
EXEMPLARS: Final = 2
NATIVES: Final = 3

FAMILY_COLUMNS: Final = 7
"""name start, stop, help start, stop, unit start, stop, metric type."""

_TYPES = np.array(
    [series.COUNTER, series.GAUGE, series.SUMMARY, series.UNKNOWN, series.HISTOGRAM, series.GAUGE_HISTOGRAM], np.int64
)
_VALUE_FIELDS = np.array([3, 2, 4, 5, 7, 7], np.int64)
"""By MetricType of the message: the field of Metric that holds its value."""

_LENGTH_BYTES_MAX: Final = 5
_ZERO = np.uint64(0)
_INFINITY = np.uint64(0x7FF0000000000000)
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Tables(NamedTuple):
    """What the scanner fills: samples int64[n, 9], families int64[f, 7], exemplars int64[e, 5], natives int64[k, 9].

    A native histogram is a row like a sample's, with the number of its classic buckets in place of the value, beside its
    classic series' rows. An exemplar of native histogram k has the row -1 - k.

    Rows beyond a table's end are counted (in `counts`, zero at first) and not written: the caller makes it larger and
    scans again. `spans` is scratch for one family.
    """

    samples: Any
    families: Any
    exemplars: Any
    natives: Any
    counts: Any
    spans: Any


@borrowing
def scan_protobuf(buffer: Any, n: Any, labels_max: Any, seeds: Any, tables: Any) -> Any:
    """All families of buffer[:n]: Scanned, `metadata` counting families and `unsettled` native histograms."""
    counts = tables.counts
    i, code = 0, OK
    while i < n and code == OK:
        length, start = read_varint(buffer, i, n)
        if start < 0 or start - i > _LENGTH_BYTES_MAX or length > np.uint64(n - start):
            code = series.BAD_MESSAGE
        else:
            i, code = _scan_family(buffer, start, start + np.int64(length), labels_max, seeds, tables, counts)
    return series.Scanned(code, i, counts[SAMPLES], counts[FAMILIES], counts[EXEMPLARS], counts[NATIVES])


@borrowing
def _scan_family(buffer: Any, start: Any, end: Any, labels_max: Any, seeds: Any, tables: Any, counts: Any) -> Any:
    """One MetricFamily: (behind it or where it went wrong, code). A family without metrics is passed over unjudged."""
    spans = tables.spans
    for slot in range(len(spans)):
        spans[slot] = 0
    kind: Any = 0
    n_metrics = 0
    i = start
    while i < end:
        at = i
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (number <= 5 and wire != (VARINT if number == 3 else BYTES)):
            return at, series.BAD_MESSAGE
        if number == 3:
            kind = np.int64(value)
        elif number == 4:
            n_metrics += 1
        elif number <= 5:
            slot = 2 * (number - 1) if number < 3 else 4
            spans[slot] = first
            spans[slot + 1] = stop
    if n_metrics == 0:
        return end, OK
    code = _judge_family(buffer, spans, kind)
    if code != OK:
        return start, code
    family = counts[FAMILIES]
    counts[FAMILIES] += 1
    if family < len(tables.families):
        for column in range(len(spans)):
            tables.families[family, column] = spans[column]
        tables.families[family, 6] = _TYPES[kind]
    seed = hash_span(buffer, spans[0], spans[1], seeds[0], seeds[1])
    return _scan_metrics(buffer, start, end, (family, kind, labels_max), (seed, seeds[1]), tables, counts)


@borrowing
def _judge_family(buffer: Any, spans: Any, kind: Any) -> Any:
    if spans[0] == spans[1] or not valid_utf8(buffer, spans[0], spans[1]):
        return series.INVALID_METRIC_NAME
    if not valid_utf8(buffer, spans[2], spans[3]):
        return series.HELP_NOT_UTF8
    return OK if 0 <= kind < len(_TYPES) else series.UNKNOWN_TYPE


@borrowing
def _scan_metrics(buffer: Any, i: Any, end: Any, family: Any, seeds: Any, tables: Any, counts: Any) -> Any:
    while i < end:
        number, _, _, start, stop, i = read_field(buffer, i, end)
        if number == 4:
            at, code = _scan_metric(buffer, start, stop, family, seeds, tables, counts)
            if code != OK:
                return at, code
    return end, OK


@borrowing
def _scan_metric(buffer: Any, start: Any, end: Any, family: Any, seeds: Any, tables: Any, counts: Any) -> Any:
    """Its labels into a hash, its timestamp, then what the family's type says."""
    index, kind, labels_max = family
    hashed = seeds[0]
    time_ms: Any = NO_TIME
    value_start, value_stop = end, end
    n_labels = 0
    i = start
    while i < end:
        at = i
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (number <= 7 and wire != (VARINT if number == 6 else BYTES)):
            return at, series.BAD_MESSAGE
        if number == 1:
            n_labels += 1
            code = _judge_label(buffer, first, stop) if n_labels <= labels_max else series.TOO_MANY_LABELS
            if code != OK:
                return first, code
            hashed = hash_span(buffer, first, stop, hashed, seeds[1])
        elif number == 6:
            time_ms = np.int64(value) if value != _ZERO else NO_TIME
        elif number == _VALUE_FIELDS[kind]:
            value_start, value_stop = first, stop
    metric = (start, end, time_ms, index, hashed, seeds[1])
    metric_type = _TYPES[kind]
    if metric_type == series.SUMMARY:
        return _scan_summary(buffer, value_start, value_stop, metric, tables.samples, counts)
    if metric_type == series.HISTOGRAM or metric_type == series.GAUGE_HISTOGRAM:
        return _scan_histogram(buffer, value_start, value_stop, metric, tables, counts)
    return _scan_number(buffer, value_start, value_stop, metric_type == series.COUNTER, metric, tables, counts)


@borrowing
def _judge_label(buffer: Any, i: Any, end: Any) -> Any:
    named = False
    while i < end:
        number, wire, _, start, stop, i = read_field(buffer, i, end)
        if i < 0 or (number <= 2 and wire != BYTES):
            return series.BAD_MESSAGE
        if number == 1 and (start == stop or not valid_utf8(buffer, start, stop)):
            return series.INVALID_LABEL_NAME
        if number == 2 and not valid_utf8(buffer, start, stop):
            return series.LABEL_VALUE_NOT_UTF8
        named |= number == 1
    return OK if named else series.INVALID_LABEL_NAME


@borrowing
def _add(samples: Any, counts: Any, metric: Any, part: Any, bound: Any, bits: Any, start_ms: Any) -> Any:
    row = counts[SAMPLES]
    counts[SAMPLES] += 1
    _put(samples, row, metric, part, bound, bits, start_ms)


@borrowing
def _put(samples: Any, row: Any, metric: Any, part: Any, bound: Any, bits: Any, start_ms: Any) -> Any:
    if row >= len(samples):
        return
    start, end, time_ms, family, hashed, secret = metric
    key = fold(hashed ^ (np.uint64(part + 1) * _STEP), secret ^ bound)
    samples[row, KEY] = np.int64(key if key != _ZERO else _STEP)
    samples[row, START] = start
    samples[row, STOP] = end
    samples[row, TIME] = time_ms
    samples[row, BITS] = np.int64(bits)
    samples[row, FAMILY] = family
    samples[row, PART] = part
    samples[row, BOUND] = np.int64(bound)
    samples[row, START_TIME] = start_ms


@borrowing
def _scan_number(buffer: Any, i: Any, end: Any, counter: Any, metric: Any, tables: Any, counts: Any) -> Any:
    """Counter, Gauge or Untyped: the value, and for a counter its exemplar and start."""
    bits = _ZERO
    start_ms = 0
    exemplar, exemplar_stop = -1, -1
    while i < end:
        at = i
        number, wire, value, start, stop, i = read_field(buffer, i, end)
        if i < 0 or (number == 1 and wire != FIXED64) or (counter and 2 <= number <= 3 and wire != BYTES):
            return at, series.BAD_MESSAGE
        if number == 1:
            bits = value
        elif counter and number == 2:
            exemplar, exemplar_stop = start, stop
        elif counter and number == 3:
            start_ms = _read_time_ms(buffer, start, stop)
    if start_ms < 0 or (
        exemplar >= 0 and not _add_exemplar(buffer, exemplar, exemplar_stop, counts[SAMPLES], tables, counts)
    ):
        return end, series.BAD_MESSAGE
    _add(tables.samples, counts, metric, WHOLE, _ZERO, bits, start_ms)
    return end, OK


@borrowing
def _scan_summary(buffer: Any, start: Any, end: Any, metric: Any, samples: Any, counts: Any) -> Any:
    count, total = _ZERO, _ZERO
    start_ms = 0
    i = start
    while i < end:
        at = i
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (number <= 4 and wire != (VARINT if number == 1 else FIXED64 if number == 2 else BYTES)):
            return at, series.BAD_MESSAGE
        if number == 1:
            count = value
        elif number == 2:
            total = value
        elif number == 4:
            start_ms = _read_time_ms(buffer, first, stop)
    if start_ms < 0:
        return start, series.BAD_MESSAGE
    _add(samples, counts, metric, COUNT, _ZERO, bits_of(np.float64(count)), start_ms)
    _add(samples, counts, metric, SUM, _ZERO, total, start_ms)
    i = start
    while i < end:
        number, _, _, first, stop, i = read_field(buffer, i, end)
        if number == 3:
            bound, value, _, _, ok = _read_point(buffer, first, stop, 1, 2)
            if not ok:
                return first, series.BAD_MESSAGE
            _add(samples, counts, metric, QUANTILE, bound, value, start_ms)
    return end, OK


@borrowing
def _scan_histogram(buffer: Any, start: Any, end: Any, metric: Any, tables: Any, counts: Any) -> Any:
    """The classic series of a histogram; a native one is noted with its message besides."""
    count, count_float, total = _ZERO, _ZERO, _ZERO
    start_ms = 0
    native = False
    n_buckets = 0
    i = start
    while i < end:
        at = i
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or not _histogram_wire_fits(number, wire):
            return at, series.BAD_MESSAGE
        if number == 1:
            count = value
        elif number == 2:
            total = value
        elif number == 3:
            n_buckets += 1
        elif number == 4:
            count_float = value
        elif number == 15:
            start_ms = _read_time_ms(buffer, first, stop)
        else:
            positive = (number == 6 and float_of(value) > 0) or (number == 7 and value != _ZERO)
            native |= number == 9 or number == 12 or positive
    if start_ms < 0:
        return start, series.BAD_MESSAGE
    if native:
        row = counts[NATIVES]
        counts[NATIVES] += 1
        _put(tables.natives, row, metric, NATIVE, _ZERO, np.uint64(n_buckets), start_ms)
        if not _add_native_exemplars(buffer, start, end, -1 - row, tables, counts):
            return start, series.BAD_MESSAGE
    bits = _count_bits(count, count_float)
    _add(tables.samples, counts, metric, COUNT, _ZERO, bits, start_ms)
    _add(tables.samples, counts, metric, SUM, _ZERO, total, start_ms)
    return _scan_buckets(buffer, start, end, bits, start_ms, metric, tables, counts)


@borrowing
def _add_native_exemplars(buffer: Any, i: Any, end: Any, row: Any, tables: Any, counts: Any) -> Any:
    while i < end:
        number, _, _, start, stop, i = read_field(buffer, i, end)
        if number == 16 and not _add_exemplar(buffer, start, stop, row, tables, counts):
            return False
    return True


@borrowing
def _histogram_wire_fits(number: Any, wire: Any) -> Any:
    if number == 1 or number == 7:
        return wire == VARINT
    if number == 2 or number == 4 or number == 6 or number == 8:
        return wire == FIXED64
    return wire == BYTES if number in (3, 9, 12, 15, 16) else True


@borrowing
def _scan_buckets(
    buffer: Any, i: Any, end: Any, count_bits: Any, start_ms: Any, metric: Any, tables: Any, counts: Any
) -> Any:
    """Up to the first `+Inf` bucket, which is made from the count where there is none."""
    while i < end:
        number, _, _, first, stop, i = read_field(buffer, i, end)
        if number != 3:
            continue
        bound, bits, exemplar, exemplar_stop, ok = _read_point(buffer, first, stop, 2, 1)
        if not ok:
            return first, series.BAD_MESSAGE
        if exemplar >= 0 and not _add_exemplar(buffer, exemplar, exemplar_stop, counts[SAMPLES], tables, counts):
            return exemplar, series.BAD_MESSAGE
        _add(tables.samples, counts, metric, BUCKET, bound, bits, start_ms)
        if bound == _INFINITY:
            return end, OK
    _add(tables.samples, counts, metric, BUCKET, _INFINITY, count_bits, start_ms)
    return end, OK


@borrowing
def _read_point(buffer: Any, i: Any, end: Any, bound_field: Any, value_field: Any) -> Any:
    """A Bucket (bound in field 2, count in 1 or 4, exemplar in 3) or a Quantile (quantile in 1, value in 2).

    (bits of the bound, bits of the value, exemplar start or -1, its stop, whether it is well formed)
    """
    bound, value, count, count_float = _ZERO, _ZERO, _ZERO, _ZERO
    exemplar, exemplar_stop = -1, -1
    bucket = bound_field == 2
    while i < end:
        number, wire, found, start, stop, i = read_field(buffer, i, end)
        if i < 0:
            return bound, value, exemplar, exemplar_stop, False
        fits = wire == (VARINT if number == 1 else BYTES if number == 3 else FIXED64) if bucket else wire == FIXED64
        if number <= (4 if bucket else 2) and not fits:
            return bound, value, exemplar, exemplar_stop, False
        if number == bound_field:
            bound = found
        elif number == value_field:
            value, count = found, found
        elif bucket and number == 4:
            count_float = found
        elif bucket and number == 3:
            exemplar, exemplar_stop = start, stop
    if bucket:
        value = _count_bits(count, count_float)
    return bound, value, exemplar, exemplar_stop, True


@borrowing
def _count_bits(count: Any, count_float: Any) -> Any:
    """The float count where it is set, else the integer one, as bits of a double."""
    return count_float if float_of(count_float) != 0 else bits_of(np.float64(count))


@borrowing
def _read_time_ms(buffer: Any, i: Any, end: Any) -> Any:
    """A google.protobuf.Timestamp in ms, 0 at the earliest; -1 where it is malformed."""
    time_ms: Any = 0
    while i < end:
        number, wire, value, _, _, i = read_field(buffer, i, end)
        if i < 0 or (number <= 2 and wire != VARINT):
            return -1
        if number == 1:
            time_ms += np.int64(value) * 1000
        elif number == 2:
            time_ms += np.int64(value) // 1_000_000
    return max(time_ms, 0)


@borrowing
def _add_exemplar(buffer: Any, start: Any, end: Any, owner: Any, tables: Any, counts: Any) -> Any:
    """An exemplar of the sample in row `owner`; False where it is malformed."""
    bits = _ZERO
    time_ms: Any = NO_TIME
    i = start
    while i < end:
        number, wire, value, first, stop, i = read_field(buffer, i, end)
        if i < 0 or (number <= 3 and wire != (FIXED64 if number == 2 else BYTES)):
            return False
        if number == 1 and _judge_label(buffer, first, stop) != OK:
            return False
        if number == 2:
            bits = value
        elif number == 3:
            time_ms = _read_time_ms(buffer, first, stop)
            if time_ms < 0:
                return False
    row = counts[EXEMPLARS]
    counts[EXEMPLARS] += 1
    if row < len(tables.exemplars):
        tables.exemplars[row, 0] = owner
        tables.exemplars[row, 1] = start
        tables.exemplars[row, 2] = end
        tables.exemplars[row, 3] = time_ms
        tables.exemplars[row, 4] = np.int64(bits)
    return True


def allocate(samples: int, families: int, exemplars: int, natives: int) -> Tables:
    return Tables(
        np.empty((samples, SAMPLE_COLUMNS), np.int64),
        np.empty((families, FAMILY_COLUMNS), np.int64),
        np.empty((exemplars, 5), np.int64),
        np.empty((natives, SAMPLE_COLUMNS), np.int64),
        np.zeros(4, np.int64),
        np.empty(6, np.int64),
    )


def warm() -> None:
    scan_protobuf(series.padded(b"\0"), 1, 100, np.ones(2, np.uint64), allocate(1, 1, 1, 1))
