"""The open-addressing table behind a target's series cache: key of a series' bytes -> ref, and when it was last there.

A row is (key, ref, seen, tracked, earlier): `seen` is the scrape that had the line, `tracked` the last scrape that counts
for staleness, `earlier` the one before that. One row is one cache line, so a warm lookup is one miss. Linear probing; the
owner keeps the table at most half full; rows are never removed, only left out when the table is built again.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.exposition_series import NO_TIME
from vedette.kernels.jit import borrowing, inlined

KEY: Final = 0
REF: Final = 1
SEEN: Final = 2
TRACKED: Final = 3
EARLIER: Final = 4
COLUMNS: Final = 5

UNKNOWN: Final = -1
DROPPED: Final = -2
DUPLICATE: Final = -3


@inlined
def _find(rows: Any, key: Any) -> Any:
    """The row of `key`, or the empty one where it belongs."""
    mask = len(rows) - 1
    wanted = np.int64(key)
    at = wanted & mask
    while rows[at, KEY] != wanted and rows[at, KEY] != 0:
        at = (at + 1) & mask
    return at


@borrowing
def resolve_keys(
    rows: Any, keys: Any, times_ms: Any, scrape: Any, finished: Any, honor_timestamps: Any, track_timed: Any, refs: Any
) -> Any:
    """Fills refs; marks rows; adds unknown keys.

    Returns how many keys: were added, are on their first line in this scrape, are tracked now, and of these were tracked
    in scrape `finished` too.
    """
    added, fresh, tracked, kept = 0, 0, 0, 0
    for i in range(len(keys)):
        at = _find(rows, keys[i])
        if rows[at, KEY] == 0:
            rows[at, KEY] = np.int64(keys[i])
            rows[at, REF] = UNKNOWN
            added += 1
        ref = rows[at, REF]
        untimed = times_ms[i] == NO_TIME or not honor_timestamps
        if rows[at, SEEN] == scrape:
            refs[i] = DUPLICATE if untimed and ref != DROPPED else ref
        else:
            rows[at, SEEN] = scrape
            refs[i] = ref
            fresh += 1
        if (untimed or track_timed) and rows[at, TRACKED] != scrape:
            kept += rows[at, TRACKED] == finished
            tracked += 1
            rows[at, EARLIER] = rows[at, TRACKED]
            rows[at, TRACKED] = scrape
    return added, fresh, tracked, kept


@borrowing
def learn_refs(rows: Any, keys: Any, indices: Any, refs: Any) -> Any:
    """Sets the refs of keys[indices], all of which resolve_keys has added."""
    for k in range(len(indices)):
        rows[_find(rows, keys[indices[k]]), REF] = refs[k]


@borrowing
def collect_refs(rows: Any, tracked: Any, current: Any, out: Any) -> Any:
    """Refs (>= 0) last tracked in scrape `tracked`, also those that were so before `current` (0: none). Returns how many."""
    n = 0
    for at in range(len(rows)):
        if rows[at, KEY] == 0 or rows[at, REF] < 0:
            continue
        last = rows[at, TRACKED]
        if last == tracked or (current != 0 and last == current and rows[at, EARLIER] == tracked):
            out[n] = rows[at, REF]
            n += 1
    return n


@borrowing
def rebuild(rows: Any, seen_from: Any, out: Any) -> Any:
    """Copies the rows seen in scrape `seen_from` or later into the empty table `out`. Returns how many."""
    n = 0
    for at in range(len(rows)):
        if rows[at, KEY] != 0 and rows[at, SEEN] >= seen_from:
            to = _find(out, rows[at, KEY])
            for column in range(COLUMNS):
                out[to, column] = rows[at, column]
            n += 1
    return n


def warm() -> None:
    rows = np.zeros((8, COLUMNS), np.int64)
    keys = np.ones(1, np.uint64)
    resolve_keys(rows, keys, np.zeros(1, np.int64), 1, 0, True, False, np.zeros(1, np.int64))
    learn_refs(rows, keys, np.zeros(1, np.int64), np.zeros(1, np.int64))
    collect_refs(rows, 1, 0, np.zeros(8, np.int64))
    rebuild(rows, 0, np.zeros((8, COLUMNS), np.int64))
