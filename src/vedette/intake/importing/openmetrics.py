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
from vedette.wire.exposition import DUPLICATE, NO_TIME, UNKNOWN, Format, SeriesCache, scan

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
    if (page.times_ms == NO_TIME).any():
        row = int(np.argmax(page.times_ms == NO_TIME))
        raise MalformedPage(
            f"sample without a timestamp: {page.labels(row)}",
            line=data.count(b"\n", 0, int(page.spans[row, 0])) + 1,
            hint="an import needs the time of every sample",
        )
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
