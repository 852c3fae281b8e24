"""JSON lines as our export and VictoriaMetrics write them: one series a line, `{"metric":{...},"values":[...],"timestamps":[...]}`.

Timestamps are in ms. A value may be null (a stale marker), one of the texts NaN, Infinity, -Infinity, or a native histogram
(wire/export/histogram_json.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from vedette.intake.importing.lines import whole_lines
from vedette.model.blocks import HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.histograms import Histograms, NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.staleness import STALE_NAN
from vedette.model.time import FIRST_STORED_MS, LAST_STORED_MS
from vedette.wire.export.histogram_json import HistogramJson, number_of

Register = Callable[[Sequence[Labels]], Int64s]

LINE_BYTES_MAX: Final = 32 << 20
BATCH_SAMPLES: Final = 200_000


class ExportedSeries(msgspec.Struct):
    metric: dict[str, str]
    values: list[float | str | HistogramJson | None]
    timestamps: list[int]


_DECODER: Final = msgspec.json.Decoder(ExportedSeries)


def jsonl_batches(
    blocks: Iterable[bytes], register: Register, name: str = "line "
) -> Iterator[SampleBatch | HistogramBatch]:
    """`name` stands before a line's number in errors. Raises MalformedPage; what was yielded before stays imported."""
    waiting: list[_Series] = []
    n = 0
    for piece in whole_lines(blocks, LINE_BYTES_MAX):
        for number, line in enumerate(piece.data.split(b"\n"), piece.first_line):
            if not line.strip():
                continue
            try:
                read = _read(line)
            except BadInput as error:
                raise MalformedPage(f"{name}{number}: {error.message}", line=number, hint=error.hint) from None
            waiting.append(read)
            n += len(read.times_ms)
            if n >= BATCH_SAMPLES:
                yield from _batches_of(waiting, register)
                waiting, n = [], 0
    yield from _batches_of(waiting, register)


@dataclass(frozen=True, slots=True)
class _Series:
    labels: Labels
    times_ms: list[int]
    values: list[float | NativeHistogram]


def _read(line: bytes) -> _Series:
    try:
        series = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(str(error)) from None
    if not series.metric.get(METRIC_NAME) or not all(series.metric):
        raise BadInput(f"a series needs a {METRIC_NAME} and no empty label name: {str(series.metric)[:200]}")
    if len(series.values) != len(series.timestamps):
        raise BadInput(f"{len(series.values)} values and {len(series.timestamps)} timestamps")
    for time_ms in series.timestamps:
        if not FIRST_STORED_MS <= time_ms <= LAST_STORED_MS:
            raise BadInput(f"timestamp out of range: {time_ms}", hint="it is in milliseconds since 1970")
    return _Series(Labels(series.metric.items()), series.timestamps, [_value_of(one) for one in series.values])


def _value_of(value: float | str | HistogramJson | None) -> float | NativeHistogram:
    if value is None:
        return STALE_NAN
    return value.histogram() if isinstance(value, HistogramJson) else number_of(value)


def _batches_of(read: list[_Series], register: Register) -> Iterator[SampleBatch | HistogramBatch]:
    """Of each kind the rows that there are."""
    lengths = [len(series.times_ms) for series in read]
    refs = np.repeat(register([series.labels for series in read]), lengths) if read else np.empty(0, np.int64)
    times = np.array([time_ms for series in read for time_ms in series.times_ms], np.int64)
    values = [value for series in read for value in series.values]
    found = [value for value in values if isinstance(value, NativeHistogram)]
    is_float = np.array([not isinstance(value, NativeHistogram) for value in values], np.bool_)
    if is_float.any():
        floats = np.array([value for value in values if not isinstance(value, NativeHistogram)], np.float64)
        yield SampleBatch(refs[is_float], times[is_float], floats)
    if found:
        yield HistogramBatch(refs[~is_float], times[~is_float], Histograms.of(found))
