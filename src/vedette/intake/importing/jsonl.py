"""JSON lines as VictoriaMetrics exports them: one series a line, `{"metric":{...},"values":[...],"timestamps":[...]}`.

Timestamps are in ms. A value may be null (a NaN) or one of the texts NaN, Infinity, -Infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from vedette.intake.importing.lines import whole_lines
from vedette.model.blocks import Int64s, SampleBatch
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.staleness import NORMAL_NAN

Register = Callable[[Sequence[Labels]], Int64s]

LINE_BYTES_MAX: Final = 32 << 20
BATCH_SAMPLES: Final = 200_000
_WORDS: Final = {"NaN": NORMAL_NAN, "Infinity": np.inf, "+Infinity": np.inf, "-Infinity": -np.inf, "Inf": np.inf}


class ExportedSeries(msgspec.Struct):
    metric: dict[str, str]
    values: list[float | str | None]
    timestamps: list[int]


_DECODER: Final = msgspec.json.Decoder(ExportedSeries)


def jsonl_batches(blocks: Iterable[bytes], register: Register, name: str = "line ") -> Iterator[SampleBatch]:
    """`name` stands before a line's number in errors. Raises MalformedPage; what was yielded before stays imported."""
    waiting: list[tuple[Labels, ExportedSeries]] = []
    n = 0
    for piece in whole_lines(blocks, LINE_BYTES_MAX):
        for number, line in enumerate(piece.data.split(b"\n"), piece.first_line):
            if not line.strip():
                continue
            try:
                read = _read(line)
            except BadInput as error:
                raise MalformedPage(f"{name}{number}: {error.message}", line=number) from None
            waiting.append(read)
            n += len(read[1].timestamps)
            if n >= BATCH_SAMPLES:
                yield _batch_of(waiting, register)
                waiting, n = [], 0
    if waiting:
        yield _batch_of(waiting, register)


def _read(line: bytes) -> tuple[Labels, ExportedSeries]:
    try:
        series = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(str(error)) from None
    if not series.metric.get(METRIC_NAME) or not all(series.metric):
        raise BadInput(f"a series needs a {METRIC_NAME} and no empty label name: {str(series.metric)[:200]}")
    if len(series.values) != len(series.timestamps):
        raise BadInput(f"{len(series.values)} values and {len(series.timestamps)} timestamps")
    for text in series.values:
        if isinstance(text, str) and text not in _WORDS:
            raise BadInput(f"not a number: {text[:64]!r}")
    if any(not -_TIME_LIMIT < time_ms < _TIME_LIMIT for time_ms in series.timestamps):
        raise BadInput("a timestamp is out of range")
    return Labels(series.metric.items()), series


_TIME_LIMIT: Final = 1 << 62


def _batch_of(read: list[tuple[Labels, ExportedSeries]], register: Register) -> SampleBatch:
    refs = register([labels for labels, _ in read])
    values = [NORMAL_NAN if one is None else one for _, series in read for one in series.values]
    return SampleBatch(
        np.repeat(refs, [len(series.timestamps) for _, series in read]),
        np.array([time_ms for _, series in read for time_ms in series.timestamps], np.int64),
        np.array([_WORDS[one] if isinstance(one, str) else one for one in values], np.float64),
    )
