"""What a pushed batch came to: how much was taken, what was refused and why, and when it is on disk.

Good rows of a request are stored, bad ones are named in the reference's words; the answer waits for the commit (P4).
Source of the words: Prometheus storage/interface.go, storage/remote/write_handler.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vedette.model import verdicts
from vedette.model.blocks import Int64s
from vedette.model.labels import Labels
from vedette.model.telemetry import counter
from vedette.ports.principal import Principal
from vedette.ports.store import AppendResult, Store

RECEIVED: Final = counter("vedette_received_samples", "Pushed samples that were taken, by door.", ("door",))
REFUSED: Final = counter("vedette_refused_samples", "Pushed samples that were refused, by door.", ("door",))

WORDS: Final = {
    verdicts.DUPLICATE: "duplicate sample for timestamp",
    verdicts.TOO_OLD: "too old sample",
    verdicts.TOO_FAR: "out of bounds: timestamp is too far in the future",
    verdicts.REFUSED: "series id is taken by another label set",
}


@dataclass(slots=True)
class Refusals:
    """What was refused: the first `shown_max` in words, all of them counted."""

    shown_max: int
    texts: list[str] = field(default_factory=list)
    count: int = 0
    """Refusals."""
    rows: int = 0
    """Samples that were not stored because of them."""

    def add(self, text: str, rows: int = 1) -> None:
        self.count += 1
        self.rows += rows
        if len(self.texts) < self.shown_max:
            self.texts.append(text)

    def add_unshown(self, count: int, rows: int) -> None:
        self.count += count
        self.rows += rows

    def __bool__(self) -> bool:
        return self.count > 0

    def text(self) -> str:
        more = self.count - len(self.texts)
        return "\n".join([*self.texts, f"and {more} more"] if more > 0 else self.texts)


def register_series(
    store: Store, principal: Principal, labels: Sequence[Labels], rows: Sequence[int], refusals: Refusals
) -> Int64s:
    """Refs, -1 where the store refuses: each such series is named with its reason. `rows`: how many samples each brings."""
    refs = store.register(principal, labels)
    for place in np.flatnonzero(refs < 0).tolist():
        if len(refusals.texts) < refusals.shown_max:
            refusals.add(f"{store.why_refused(principal, labels[place])} for series {labels[place]}", rows[place])
        else:
            refusals.add_unshown(1, rows[place])
    return refs


@dataclass(slots=True)
class Receipt:
    """`samples`, `histograms` and `exemplars` count what the store holds now, repetitions included."""

    refusals: Refusals
    samples: int = 0
    histograms: int = 0
    exemplars: int = 0
    commits: list[Future[int]] = field(default_factory=list)

    def count(self, door: str) -> Receipt:
        RECEIVED.labels(door).inc(self.samples + self.histograms)
        if self.refusals:
            REFUSED.labels(door).inc(self.refusals.rows)
        return self

    def take(self, result: AppendResult, times_ms: Int64s, series_of: Callable[[int], str]) -> int:
        """Notes an append; `series_of` names the series of a row. Returns how many rows the store holds now."""
        self.commits.append(result.committed)
        held = result.accepted + result.idempotent
        if held == len(times_ms):
            return held
        refused = np.flatnonzero(~np.isin(result.verdicts, _HELD))
        shown = refused[: self.refusals.shown_max].tolist()
        for row in shown:
            self.refusals.add(_words(int(result.verdicts[row]), int(times_ms[row]), series_of(row)))
        self.refusals.add_unshown(len(refused) - len(shown), len(refused) - len(shown))
        return held


_HELD: Final = (verdicts.ACCEPTED, verdicts.OUT_OF_ORDER, verdicts.IDEMPOTENT)


def _words(verdict: int, time_ms: int, series: str) -> str:
    if verdict == verdicts.DUPLICATE:
        return f"{WORDS[verdict]} {time_ms}; overrides not allowed for series {series}"
    return f"{WORDS[verdict]} for series {series}"
