"""`scan_request`: an inflated request to columns. Malformed protobuf is an error of the whole request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import remote_write as kernel
from vedette.kernels.exposition_series import PADDING as _PADDING
from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.limits import ReceiveLimits
from vedette.model.telemetry import LIMIT_HITS
from vedette.wire.keys import SEEDS
from vedette.wire.remote_write.negotiation import Message
from vedette.wire.remote_write.request import Spans, WriteRequest

PADDING: Final = _PADDING
"""Zero bytes that the buffer must have behind the request."""

# how many bytes a row takes at the least in real requests; a denser one is scanned twice
_ROW_BYTES: Final = (24, 16, 64, 48, 32, 12)
_ROWS_MIN: Final = 16


def scan_request(buffer: NDArray[np.uint8], message: Message, limits: ReceiveLimits = ReceiveLimits()) -> WriteRequest:
    """`buffer` is the request and PADDING zeros. Raises BadInput, BodyTooLarge. Synchronous, releases the GIL."""
    n = len(buffer) - PADDING
    tables = _filled(buffer, n, message, [n // size + _ROWS_MIN for size in _ROW_BYTES])
    found = tables.counts.tolist()
    _check(found, limits)
    if any(rows > len(table) for rows, table in zip(found, tables, strict=False)):
        tables = _filled(buffer, n, message, found)
    series, samples, exemplars, histograms, metadata, symbols = (
        table[:rows] for rows, table in zip(found, tables, strict=False)
    )
    starts = _column(samples, kernel.START_TIME)
    return WriteRequest(
        message,
        buffer,
        series,
        _column(series, kernel.KEY).view(np.uint64),
        _column(samples, kernel.OWNER),
        _column(samples, kernel.TIME),
        _column(samples, kernel.BITS).view(np.float64),
        starts if starts.any() else None,
        _spans(exemplars),
        _spans(histograms),
        metadata,
        symbols,
    )


_SCANS: Final[dict[Message, tuple[Callable[..., int], ...]]] = {
    Message.V1: (kernel.scan_v1,),
    Message.V2: (kernel.scan_symbols, kernel.scan_v2),
}


def _filled(buffer: NDArray[np.uint8], n: int, message: Message, rows: list[int]) -> Any:
    tables = kernel.allocate(*rows)
    for scan in _SCANS[message]:
        wrong = scan(buffer, n, SEEDS, tables)
        if wrong >= 0:
            raise BadInput(f"proto: malformed or truncated {message.value} at byte {wrong}")
    return tables


def _check(found: list[int], limits: ReceiveLimits) -> None:
    for name, count, most in (
        ("samples", found[kernel.SAMPLES] + found[kernel.HISTOGRAMS] + found[kernel.EXEMPLARS], limits.samples_max),
        ("series", found[kernel.SERIES], limits.series_max),
        ("symbols", found[kernel.SYMBOLS] + found[kernel.METADATA], limits.symbols_max),
    ):
        if count > most:
            LIMIT_HITS.labels(f"receive_{name}_max").inc()
            raise BodyTooLarge(f"too many {name} in one request: {count}, limit {most}")


def _column(rows: Int64s, index: int) -> Int64s:
    return np.ascontiguousarray(rows[:, index])


def _spans(rows: Int64s) -> Spans:
    return Spans(_column(rows, 0), _column(rows, 1), _column(rows, 2))
