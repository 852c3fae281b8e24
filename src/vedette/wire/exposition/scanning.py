"""`scan`: one page of any exposition format to columns.

The kernels do the work and say what is wrong as a code and an offset; here the code becomes words, line and MalformedPage.
By default a page is judged as Prometheus 3.14 judges a scrape; `strict` adds what the OpenMetrics specification demands.
"""

from __future__ import annotations

import math
import secrets
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import exposition_series as series
from vedette.kernels.exposition_openmetrics import scan_openmetrics, to_ms
from vedette.kernels.exposition_text import scan_text
from vedette.model.errors import MalformedPage
from vedette.model.limits import IngestLimits
from vedette.wire.exposition.negotiation import Format
from vedette.wire.exposition.page import Exemplars, Page
from vedette.wire.exposition.series_text import TextSeries
from vedette.wire.exposition.strict import strict_problems

SEEDS: Final = np.array([secrets.randbits(64), secrets.randbits(64) | 1], np.uint64)
"""Of this process, so that no target can choose series whose keys collide."""

_EXCERPT_BYTES: Final = 60

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
}


def scan(
    body: bytes | memoryview, page_format: Format, *, strict: bool = False, limits: IngestLimits = IngestLimits()
) -> Page:
    """All samples of a page, or MalformedPage (line, byte offset) and none of them. Synchronous, releases the GIL."""
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
    found = columns.exemplars[: scanned.exemplars]
    exemplars = Exemplars(
        np.ascontiguousarray(found[:, 0]),
        np.ascontiguousarray(found[:, 1:3]),
        np.ascontiguousarray(found[:, 3]),
        np.ascontiguousarray(found[:, 4]).view(np.float64),
    )
    rows = columns.metadata[: scanned.metadata]
    return Page(
        n=n,
        keys=columns.keys[:n],
        spans=spans,
        buffer=buffer,
        times_ms=columns.times_ms[:n],
        values=columns.bits[:n].view(np.float64),
        types=types,
        exemplars=exemplars,
        source=TextSeries(buffer, spans, types, rows, quotes_in_help=page_format is Format.OPENMETRICS),
    )


def malformed(words: str, body: bytes | memoryview, offset: int) -> MalformedPage:
    """The error with the line it is in and the bytes that stand there."""
    data = bytes(body[:offset])
    excerpt = bytes(body[offset : offset + _EXCERPT_BYTES]).split(b"\n")[0].decode(errors="backslashreplace")
    line = data.count(b"\n") + 1
    return MalformedPage(f"{words} in line {line} at: {excerpt!r}", line=line, offset=offset)
