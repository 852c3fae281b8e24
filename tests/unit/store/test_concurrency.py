"""One writer and a reader at the same time: the reader sees whole series, never torn ones."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from vedette.kernels.head_state import SEGMENT_BYTES
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.model.time import MAX_TIME_MS
from vedette.store.head import Head
from vedette.store.index import SeriesIndex


def read_while(writing: Callable[[], None], reading: Callable[[], None]) -> None:
    """Calls `reading` again and again until `writing`, in a thread of its own, is done; and once after."""
    writer = threading.Thread(target=writing)
    writer.start()
    while writer.is_alive():
        reading()
    writer.join()
    reading()


def test_selects_see_every_sample_that_is_covered_while_pages_are_sealed_and_evicted():
    head = Head(IngestLimits(head_bytes_max=12 * SEGMENT_BYTES))
    refs = np.arange(300)
    random = np.random.default_rng(2)
    values = random.random((64, 300))

    def write() -> None:
        for i in range(1500):
            head.append(refs, np.full(300, i), values[i % 64], i)

    def read() -> None:
        offsets, times, got, _ = head.select(refs, 0, MAX_TIME_MS)
        covered = max(0, head.covered_from_ms)
        for ref in (0, 150, 299):
            span = slice(offsets[ref], offsets[ref + 1])
            held = times[span]
            assert (np.diff(held) == 1).all()
            assert len(held) == 0 or held[0] <= covered or held[-1] < covered
            assert (got[span] == values[held % 64, ref]).all()

    read_while(write, read)
    assert head.covered_from_ms > 0


def test_index_readers_see_whole_series_while_others_are_added():
    index = SeriesIndex()
    selector = (Matcher("odd", MatchType.EQUAL, "1"), Matcher("i", MatchType.NOT_REGEX, ".*7"))

    def write() -> None:
        for i in range(4000):
            index.add("one", Labels.of(__name__="m", odd=str(i % 2), i=str(i)))

    def read() -> None:
        n = len(index)
        refs = index.select("one", [selector])
        seen = [ref for ref in refs.tolist() if ref < n]
        assert seen == [i for i in range(n) if i % 2 and i % 10 != 7]
        assert all(labels.get("odd") == "1" for labels in index.labels_of(refs))

    read_while(write, read)
    assert len(index.select("one", [selector])) == 1600
