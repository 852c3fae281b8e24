"""`scan`: one page of any exposition format to columns.

The kernels do the work and say what is wrong as a code and an offset; here the code becomes words, line and MalformedPage.
By default a page is judged as Prometheus 3.14 judges a scrape; `strict` adds what the OpenMetrics specification demands.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import exposition_protobuf as protobuf
from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_openmetrics import scan_openmetrics, to_ms
from vedette.kernels.exposition_text import scan_text
from vedette.model.blocks import Int64s
from vedette.model.errors import MalformedPage
from vedette.model.limits import IngestLimits
from vedette.wire.exposition.page import Exemplars, Page
from vedette.wire.exposition.series_protobuf import ProtobufSeries
from vedette.wire.exposition.series_text import TextSeries
from vedette.wire.exposition.strict import strict_problems
from vedette.wire.keys import SEEDS
from vedette.wire.negotiation import Format

_EXCERPT_BYTES: Final = 60

# how many bytes of protobuf a row takes at the least on real pages; a denser one is scanned twice
_SAMPLE_BYTES: Final = 8
_FAMILY_BYTES: Final = 16
_EXEMPLAR_BYTES: Final = 32

_SCANNERS: Final = {Format.TEXT: scan_text, Format.OPENMETRICS: scan_openmetrics}

_WORDS: Final = {
    series.EXPECTED_START: "expected a metric name or a comment",
    series.EXPECTED_METADATA_NAME: "expected a metric name in the metadata line",
    series.EXPECTED_METADATA_TEXT: "expected a space and text after the metric name",
    series.EXPECTED_METADATA_END: "expected the end of the metadata line",
    series.UNKNOWN_TYPE: "invalid metric type",
    series.HELP_NOT_UTF8: "help text is not valid UTF-8",
    series.UNIT_NOT_SUFFIX: "unit is not a suffix of the metric name",
    series.EXPECTED_LABEL_NAME: "expected label name",
    series.EXPECTED_EQUAL: "expected equal",
    series.EXPECTED_LABEL_VALUE: "expected label value",
    series.LABEL_VALUE_NOT_UTF8: "invalid UTF-8 label value",
    series.EXPECTED_COMMA: "expected comma or brace close",
    series.NAME_TWICE: "metric name already set",
    series.NAME_MISSING: "metric name not set",
    series.EXPECTED_VALUE: "expected value",
    series.INVALID_NUMBER: "invalid number",
    series.NUMBER_OVERFLOW: "value out of range",
    series.EXPECTED_TIMESTAMP: "expected timestamp or new line",
    series.TIMESTAMP_OVERFLOW: "timestamp out of range",
    series.INVALID_TIMESTAMP: "invalid timestamp",
    series.EXPECTED_LINE_END: "expected the end of the line",
    series.NO_EOF: "data does not end with # EOF",
    series.DATA_AFTER_EOF: "unexpected data after # EOF",
    series.LINE_TOO_LONG: "line exceeds line_bytes_max",
    series.TOO_MANY_LABELS: "series exceeds labels_per_series_max",
    series.TOO_MANY_SAMPLES: "page exceeds page_samples_max",
    series.BAD_MESSAGE: "malformed or truncated protobuf message",
    series.INVALID_METRIC_NAME: "invalid metric name",
    series.INVALID_LABEL_NAME: "invalid label name",
}


def scan(
    body: bytes | memoryview, page_format: Format, *, strict: bool = False, limits: IngestLimits = IngestLimits()
) -> Page:
    """All samples of a page, or MalformedPage (line, byte offset) and none of them. Synchronous, releases the GIL."""
    if page_format is Format.PROTOBUF:
        return _scan_protobuf_page(body, limits)
    page = _scan_text_page(body, page_format, limits)
    if strict and page_format is Format.OPENMETRICS:
        if not len(body):
            raise malformed(_WORDS[series.NO_EOF], body, 0)
        for problem in strict_problems(page):
            raise malformed(problem.text, body, problem.offset)
    return page


def _scan_text_page(body: bytes | memoryview, page_format: Format, limits: IngestLimits) -> Page:
    buffer = series.padded(body)
    n = len(body)
    lines = int(np.count_nonzero(buffer == series.NEWLINE))
    columns = series.allocate(min(lines, limits.page_samples_max), lines, page_format is Format.OPENMETRICS)
    if not n:
        return _page(columns, series.Scanned(series.OK, 0, 0, 0, 0, 0), buffer, page_format)
    kernel_limits = series.Limits(limits.line_bytes_max, limits.labels_per_series_max)
    end = n if page_format is Format.OPENMETRICS else n + 1
    scanned = _SCANNERS[page_format](buffer, end, kernel_limits, SEEDS, columns)
    if scanned.code != series.OK:
        raise malformed(_WORDS[scanned.code], body, scanned.offset)
    _settle(columns, columns.unsettled[: scanned.unsettled], buffer, body)
    return _page(columns, scanned, buffer, page_format)


def _settle(
    columns: series.Columns, unsettled: NDArray[np.int64], buffer: NDArray[np.uint8], body: bytes | memoryview
) -> None:
    """Reads the numbers again that the kernel could not round for certain."""
    for row, which, start, end in unsettled.tolist():
        value = float(buffer[start:end].tobytes())
        if not math.isfinite(value):
            raise malformed(_WORDS[series.NUMBER_OVERFLOW], body, start)
        bits: Any = np.float64(value).view(np.uint64)
        match which:
            case series.VALUE:
                columns.bits[row] = bits
            case series.TIME:
                columns.times_ms[row] = to_ms(value)
            case series.EXEMPLAR_VALUE:
                columns.exemplars[row, 4] = bits.view(np.int64)
            case series.EXEMPLAR_TIME:
                columns.exemplars[row, 3] = to_ms(value)


def _page(columns: series.Columns, scanned: series.Scanned, buffer: NDArray[np.uint8], page_format: Format) -> Page:
    n = scanned.samples
    spans, types = columns.spans[:n], columns.types[:n]
    rows = columns.metadata[: scanned.metadata]
    return Page(
        n=n,
        keys=columns.keys[:n],
        spans=spans,
        buffer=buffer,
        times_ms=columns.times_ms[:n],
        values=columns.bits[:n].view(np.float64),
        types=types,
        exemplars=_exemplars(columns.exemplars[: scanned.exemplars]),
        source=TextSeries(buffer, spans, types, rows, quotes_in_help=page_format is Format.OPENMETRICS),
    )


def _scan_protobuf_page(body: bytes | memoryview, limits: IngestLimits) -> Page:
    buffer = series.padded(body)
    n = len(body)
    tables = protobuf.allocate(n // _SAMPLE_BYTES, n // _FAMILY_BYTES, n // _EXEMPLAR_BYTES, n // _FAMILY_BYTES)
    scanned = protobuf.scan_protobuf(buffer, n, limits.labels_per_series_max, SEEDS, tables)
    if scanned.code == series.OK and scanned.samples > limits.page_samples_max:
        raise MalformedPage(_WORDS[series.TOO_MANY_SAMPLES])
    if scanned.code != series.OK:
        raise MalformedPage(f"{_WORDS[scanned.code]} at byte {scanned.offset}", offset=scanned.offset)
    wanted = scanned.samples, scanned.metadata, scanned.exemplars, scanned.unsettled
    if any(rows > len(table) for rows, table in zip(wanted, tables[:4], strict=True)):
        tables = protobuf.allocate(*wanted)
        protobuf.scan_protobuf(buffer, n, limits.labels_per_series_max, SEEDS, tables)
    samples, families, exemplars, natives = (table[:rows] for rows, table in zip(wanted, tables[:4], strict=True))
    return _protobuf_page(samples, families, exemplars, natives, buffer)


def _protobuf_page(
    samples: Int64s, families: Int64s, exemplars: Int64s, natives: Int64s, buffer: NDArray[np.uint8]
) -> Page:
    page = _protobuf_rows(samples, families, exemplars, buffer)
    if not len(natives):
        return page
    return replace(page, natives=_protobuf_rows(natives, families, exemplars[:0], buffer))


def _protobuf_rows(rows: Int64s, families: Int64s, exemplars: Int64s, buffer: NDArray[np.uint8]) -> Page:
    def column(index: int) -> NDArray[np.int64]:
        return np.ascontiguousarray(rows[:, index])

    return Page(
        n=len(rows),
        keys=column(protobuf.KEY).view(np.uint64),
        spans=np.ascontiguousarray(rows[:, protobuf.START : protobuf.STOP + 1]),
        buffer=buffer,
        times_ms=column(protobuf.TIME),
        values=column(protobuf.BITS).view(np.float64),
        types=families[rows[:, protobuf.FAMILY], protobuf.FAMILY_COLUMNS - 1].astype(np.uint8),
        exemplars=_exemplars(exemplars),
        source=ProtobufSeries(buffer, rows, families),
        start_times_ms=column(protobuf.START_TIME),
    )


def _exemplars(rows: NDArray[np.int64]) -> Exemplars:
    return Exemplars(
        np.ascontiguousarray(rows[:, 0]),
        np.ascontiguousarray(rows[:, 1:3]),
        np.ascontiguousarray(rows[:, 3]),
        np.ascontiguousarray(rows[:, 4]).view(np.float64),
    )


def malformed(words: str, body: bytes | memoryview, offset: int) -> MalformedPage:
    """The error with the line it is in and the bytes that stand there."""
    data = bytes(body[:offset])
    excerpt = bytes(body[offset : offset + _EXCERPT_BYTES]).split(b"\n")[0].decode(errors="backslashreplace")
    line = data.count(b"\n") + 1
    return MalformedPage(f"{words} in line {line} at: {excerpt!r}", line=line, offset=offset)
