"""OpenMetrics text with timestamps, piece by piece. A series' labels are parsed once, the first time its bytes are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from vedette.intake.importing.lines import Piece, whole_lines
from vedette.model.blocks import Int64s, SampleBatch
from vedette.model.errors import MalformedPage
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.time import FIRST_STORED_MS, LAST_STORED_MS
from vedette.wire.exposition import DUPLICATE, NO_TIME, UNKNOWN, Format, Page, SeriesCache, scan

Register = Callable[[Sequence[Labels]], Int64s]

_END: Final = b"# EOF\n"
_PIECE_SAMPLES_MAX: Final = 32 << 20


def openmetrics_batches(blocks: Iterable[bytes], register: Register, name: str = "line ") -> Iterator[SampleBatch]:
    """`name` stands before a line's number in errors. Raises MalformedPage; what was yielded before stays imported."""
    cache, limits = SeriesCache(), IngestLimits(page_samples_max=_PIECE_SAMPLES_MAX)
    for piece in whole_lines(blocks, limits.line_bytes_max):
        try:
            yield _batch_of(piece, cache, register, limits)
        except MalformedPage as error:
            words = error.message.replace(f" in line {error.line}", "")  # the piece's line; the file's is told before
            line = piece.first_line - 1 + error.line
            raise MalformedPage(f"{name}{line}: {words}", line=line, hint=error.hint) from None


def _batch_of(piece: Piece, cache: SeriesCache, register: Register, limits: IngestLimits) -> SampleBatch:
    """The stream must end with `# EOF`: the scanner checks the last piece, and the others are given an end."""
    data = piece.data if piece.is_last else piece.data + _END
    page = scan(data, Format.OPENMETRICS, limits=limits)
    _check_times(page, data)
    refs = cache.resolve(page)
    unknown = np.flatnonzero(refs == UNKNOWN)
    if len(unknown):
        _, first = np.unique(page.keys[unknown], return_index=True)
        fresh = unknown[first]
        cache.learn(page, fresh, register([page.labels(i) for i in fresh.tolist()]))
        refs = cache.resolve(page)
    cache.finish()
    kept = refs >= 0
    assert not (refs == DUPLICATE).any()
    return SampleBatch(refs[kept], page.times_ms[kept], page.values[kept])


def _check_times(page: Page, data: bytes) -> None:
    wrong = (page.times_ms < FIRST_STORED_MS) | (page.times_ms > LAST_STORED_MS)
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    line = data.count(b"\n", 0, int(page.spans[row, 0])) + 1
    if page.times_ms[row] == NO_TIME:
        hint = "an import needs the time of every sample"
        raise MalformedPage(f"sample without a timestamp: {page.labels(row)}", line=line, hint=hint)
    raise MalformedPage(
        f"timestamp out of range: {page.labels(row)} {page.times_ms[row] / 1000:.0f}",
        line=line,
        hint="it is in seconds since 1970",
    )
