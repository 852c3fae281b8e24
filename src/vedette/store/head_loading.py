"""Rebuilding the head from `samples_recent` after a start, while the store already serves from the engine.

Memory stays bounded by slices of the id space. The head may be too small for all recent rows: then it gets the newest
whole minutes that fit, and the engine goes on answering for what lies before.
"""

from __future__ import annotations

import logging
from threading import Lock
from typing import Final

import numpy as np

from vedette.model.limits import IngestLimits
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.store.engine import Lane
from vedette.store.head import Head
from vedette.store.id_lookup import UNKNOWN, id_ranges
from vedette.store.reading import column, recent_columns
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)

HEAD_BYTES_PER_SAMPLE: Final = 8
"""More than sealed pages take, so that what is loaded is not evicted at once."""
SLICE_ROWS: Final = 1_000_000
"""Rows in memory at once: a slice weighs about 100 MB while it is sorted."""

_MINUTE_MS: Final = 60_000
_ID_SHARE: Final = 16


def widen_spans(state: StoreState, appending: Lock) -> None:
    """Widens the series' time spans by what is not compacted yet; from here on they are complete. `appending` is the lock
    under which appends widen them too."""
    rows = state.engine.query(
        "select series, min(time_ms) as first, max(time_ms) as last from samples_recent group by series",
        lane=Lane.BACKGROUND,
    )
    refs = state.lookup.refs_of(column(rows, "series"))
    known = refs != UNKNOWN
    with appending:
        state.facts.widen(refs[known], column(rows, "first")[known])
        state.facts.widen(refs[known], column(rows, "last")[known])
        state.facts.complete = True


def load_head(state: StoreState, head: Head, limits: IngestLimits) -> int:
    """Returns the number of samples; the head covers everything from its floor on afterwards."""
    floor, n_rows = _floor(state, limits.head_bytes_max // HEAD_BYTES_PER_SAMPLE)
    started = state.clock.monotonic_s()
    for low, high in id_ranges(n_rows, SLICE_ROWS):
        rows = state.engine.query(
            f"select series, time_ms, value, seq from samples_recent where time_ms >= {floor} "
            f"and series between {low} and {high}",
            lane=Lane.BACKGROUND,
        )
        ids, samples = recent_columns(rows, state.deletions)
        refs = state.lookup.refs_of(ids)
        owners = np.repeat(refs, np.diff(samples.offsets))
        known = owners != UNKNOWN
        head.restore(owners[known], samples.times_ms[known], samples.values[known])
    head.cover_from(max(floor, _newest_chunk(state) + 1))
    _LOG.info("head rebuilt: %d samples in %.2f s", n_rows, state.clock.monotonic_s() - started)
    return n_rows


def _newest_chunk(state: StoreState) -> int:
    """What is compacted or imported is not loaded, and a recent row may be older (late rows)."""
    rows = state.engine.query("select max(t1) as t1, count() as n from chunks", lane=Lane.BACKGROUND)
    return int(column(rows, "t1")[0]) if column(rows, "n")[0] else MIN_TIME_MS - 1


def _floor(state: StoreState, samples_max: int) -> tuple[int, int]:
    """(time from which on the recent rows fit into the head, about how many they are)

    Where not all fit, a share of the series says how rows spread over time: an error costs a few rows, never an answer.
    """
    total = int(column(state.engine.query("select count() as n from samples_recent", lane=Lane.BACKGROUND), "n")[0])
    if total <= samples_max:
        return MIN_TIME_MS, total
    _, id_max = next(id_ranges(_ID_SHARE, 1))
    rows = state.engine.query(
        f"select intDiv(time_ms, {_MINUTE_MS}) as minute, count() as n from samples_recent where series <= {id_max} "
        "group by minute order by minute desc",
        lane=Lane.BACKGROUND,
    )
    totals = np.cumsum(column(rows, "n").astype(np.int64)) * _ID_SHARE
    fitting = int(np.searchsorted(totals, samples_max, side="right"))
    if fitting == 0:
        return MAX_TIME_MS, 0
    return int(column(rows, "minute")[fitting - 1]) * _MINUTE_MS, int(totals[fitting - 1])
