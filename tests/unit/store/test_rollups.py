"""Downsampled history: what its buckets hold, when they answer, and that a kill or a deletion leaves them right."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clocks import SetClock
from tests.unit.store.contract import DOWN, LOAD, NOW, ONE, UP, UP_SELECTOR, equal
from vedette.kernels.rollups import COUNT, INCREASE, LAST, MAX, MIN, SUM, chain_increases
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.ports.scan import Deadline, Reduction, ScanPlan
from vedette.query.promql.engine import Engine
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.store.retention import Retention, RetentionRule
from vedette.store.rolling_up import bucket
from vedette.store.runs import Columns

DAY = 86_400_000
MINUTE = 60_000
FIVE, HOUR = 300_000, 3_600_000
START = (NOW // DAY - 4) * DAY
END = START + 3 * DAY
ROLLUPS = {"5m": 90 * DAY, "1h": 700 * DAY}
RAW = Retention(keep_ms=30 * DAY, rollups=ROLLUPS)
EXPIRED = Retention(keep_ms=DAY // 2, rollups=ROLLUPS)
COARSE_ONLY = Retention(keep_ms=DAY // 2, rollups={"5m": DAY // 2, "1h": 700 * DAY})
COUNTER = Labels.of({"__name__": "requests_total", "job": "node"})


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.fixture
def opened(tmp_path):
    stores = []

    def open_store(**chosen):
        for store in stores:
            store.close()
        store = ChdbStore(
            StoreSettings(tmp_path / "data", commit_wait_s=0.0, maintenance=False, **chosen), SetClock(NOW)
        )
        assert store.wait_until_head_ready(30)
        stores.append(store)
        return store

    yield open_store
    for store in stores:
        store.close()


def fill(store, every_ms=MINUTE):
    """Three days of a gauge, a counter that is reset once a day, and a constant."""
    times = np.arange(START + every_ms, END + 1, every_ms)
    gauge = np.round(50 + 20 * np.sin(times / HOUR) + (times // every_ms % 7) / 10, 2)
    counter = np.cumsum(times // every_ms % 11).astype(np.float64)
    resets = np.flatnonzero(times % DAY == 7 * HOUR + 3 * every_ms)
    for place in resets:
        counter[place:] -= counter[place]
    rows = {UP: gauge, COUNTER: counter, LOAD: np.ones(len(times))}
    for labels, values in rows.items():
        refs = np.repeat(store.register(ONE, [labels]), len(times))
        store.import_samples([SampleBatch(refs, times, values)])
    return times, rows


def select(store, selector, reduction, start, end, resolution_max_ms=0):
    plan = ScanPlan((selector,), start, end, 10_000_000, reduction=reduction, resolution_max_ms=resolution_max_ms)
    return store.select(ONE, plan, Deadline(30))


def naive(times, values, width):
    """Bucket end -> (min, max, sum, count, last)."""
    found = {}
    for time, value in zip(times.tolist(), values.tolist(), strict=True):
        found.setdefault(-(-time // width) * width, []).append(value)
    return {end: (min(some), max(some), sum(some), len(some), some[-1]) for end, some in found.items()}


STANDING_FOR = ((0, Reduction.MIN), (1, Reduction.MAX), (2, Reduction.SUM), (4, Reduction.LAST))


@pytest.mark.parametrize(("width", "retention"), [(FIVE, EXPIRED), (HOUR, COARSE_ONLY)])
def test_expired_samples_are_answered_from_buckets(opened, width, retention):
    store = opened(retention=RAW)
    times, rows = fill(store)
    store.maintain()
    store.set_retention(retention)
    store.maintain()
    expected = naive(times, rows[UP], width)
    for place, reduction in STANDING_FOR:
        found = select(store, UP_SELECTOR[0], reduction, START, END)
        assert found.downsampled is not None
        assert (found.downsampled.width_ms, found.downsampled.until_ms) == (width, END)
        assert found.times_ms.tolist() == list(expected)
        assert found.values == pytest.approx([one[place] for one in expected.values()], rel=1e-12)
    found = select(store, UP_SELECTOR[0], Reduction.COUNTED, START, END)
    assert found.downsampled.counts.tolist() == [one[3] for one in expected.values()]


def test_raw_samples_answer_while_they_are_kept(opened):
    store = opened(retention=RAW)
    _, rows = fill(store)
    store.maintain()
    found = select(store, UP_SELECTOR[0], Reduction.MAX, START, END)
    assert found.downsampled is None
    assert found.values.tolist() == rows[UP].tolist()
    assert store.raw_since_ms(ONE) < START


def test_a_plan_that_welcomes_them_gets_buckets_and_raw_samples_behind(opened):
    store = opened(retention=RAW)
    fill(store)
    ref = store.register(ONE, [UP])
    later = np.arange(END + MINUTE, END + DAY // 4, MINUTE)
    store.import_samples([SampleBatch(np.repeat(ref, len(later)), later, np.full(len(later), 7.0))])
    store.maintain()
    found = select(store, UP_SELECTOR[0], Reduction.LAST, START, END + DAY, resolution_max_ms=HOUR)
    steps = np.diff(found.times_ms)
    assert found.downsampled.width_ms == HOUR
    assert steps[found.times_ms[1:] <= END].tolist() == [HOUR] * 71
    assert set(steps[found.times_ms[1:] > END].tolist()) == {MINUTE}
    found = select(store, UP_SELECTOR[0], Reduction.LAST, START, END + DAY, resolution_max_ms=20 * MINUTE)
    assert found.downsampled.width_ms == FIVE


def test_a_counter_comes_back_without_its_resets(opened):
    store = opened(retention=RAW)
    times, rows = fill(store)
    store.maintain()
    store.set_retention(EXPIRED)
    store.maintain()
    found = select(store, equal("__name__", "requests_total"), Reduction.INCREASE, START, END)
    raw = rows[COUNTER]
    steps = np.where(np.diff(raw) >= 0, np.diff(raw), raw[1:])
    total = np.append(0, np.cumsum(steps))
    at = np.isin(times, found.times_ms)
    assert np.diff(found.values) == pytest.approx(np.diff(total[at]), abs=1e-6)
    assert found.values[-1] == raw[-1]


@pytest.mark.parametrize("stop_at", ["rollup", "rollup replaced"])
def test_a_kill_while_days_are_rolled_up_is_made_good(opened, stop_at):
    def step(name):
        if name == stop_at:
            raise Killed(name)

    store = opened(retention=RAW, step=step)
    times, rows = fill(store)
    with pytest.raises(Killed):
        store.maintain()
    store = opened(retention=EXPIRED)
    store.maintain()
    found = select(store, UP_SELECTOR[0], Reduction.SUM, START, END)
    assert found.values.sum() == pytest.approx(rows[UP].sum(), rel=1e-12)
    assert len(found.values) == len(times) // 5


def test_a_deletion_reaches_buckets_whose_raw_samples_are_gone(opened):
    store = opened(retention=RAW)
    fill(store)
    store.maintain()
    store.set_retention(EXPIRED)
    store.maintain()
    low, high = START + 2 * HOUR + 1, START + 30 * HOUR
    store.delete(ONE, [UP_SELECTOR], low, high)
    expected = [end for end in range(START + FIVE, END + 1, FIVE) if not low <= end <= high]
    assert select(store, UP_SELECTOR[0], Reduction.SUM, START, END).times_ms.tolist() == expected
    store.maintain()
    assert len(store._state.deletions) == 0
    store = opened(retention=EXPIRED)
    assert select(store, UP_SELECTOR[0], Reduction.SUM, START, END).times_ms.tolist() == expected
    other = select(store, equal("__name__", "load"), Reduction.COUNTED, START, END)
    assert other.downsampled.counts.sum() == 3 * 1440


def test_a_deletion_of_raw_samples_is_rolled_up_again(opened):
    store = opened(retention=RAW)
    times, rows = fill(store)
    store.maintain()
    low, high = START + HOUR, START + HOUR + 2 * MINUTE
    store.delete(ONE, [UP_SELECTOR], low, high)
    store.maintain()
    store.maintain()
    store.set_retention(EXPIRED)
    store.maintain()
    found = select(store, UP_SELECTOR[0], Reduction.COUNTED, START, END)
    keep = (times < low) | (times > high)
    assert found.downsampled.counts.sum() == keep.sum()
    assert found.values.sum() == pytest.approx(rows[UP][keep].sum(), rel=1e-12)


def test_a_late_import_is_rolled_up_again(opened):
    store = opened(retention=RAW)
    fill(store)
    store.maintain()
    ref = store.register(ONE, [DOWN])
    store.import_samples([SampleBatch(ref, np.array([START + HOUR]), np.array([3.0]))])
    stale = select(store, equal("__name__", "up"), Reduction.LAST, START, END, resolution_max_ms=HOUR)
    assert any(labels == DOWN for labels in stale.labels)  # that day is raw until it is rolled up again
    store.maintain()
    found = select(store, equal("__name__", "up"), Reduction.LAST, START, END, resolution_max_ms=HOUR)
    row = list(found.labels).index(DOWN)
    assert found.times_ms[found.offsets[row] : found.offsets[row + 1]].tolist() == [START + HOUR]


def test_a_rule_keeps_its_own_rollups_or_none(opened):
    rule = RetentionRule(3, (equal("__name__", "load"),), DAY // 2)
    store = opened(retention=Retention(keep_ms=DAY // 2, rules=(rule,), rollups=ROLLUPS))
    fill(store)
    store.maintain()
    assert select(store, equal("__name__", "load"), Reduction.LAST, START, END).times_ms.tolist() == [
        END
    ]  # raw, of the day after
    assert select(store, UP_SELECTOR[0], Reduction.LAST, START, END).n_samples == 3 * 288


def test_a_rollup_ends_with_its_own_keeping_time(opened):
    store = opened(retention=RAW)
    fill(store)
    store.maintain()
    store.set_retention(Retention(keep_ms=DAY // 2, rollups={"5m": DAY // 2, "1h": 3 * DAY}))
    store.maintain()
    found = select(store, UP_SELECTOR[0], Reduction.LAST, START, END)
    assert found.times_ms[0] == START + 2 * DAY + HOUR - DAY
    assert found.downsampled.width_ms == HOUR


WINDOWS = (
    ("sum_over_time(up{job='node'}[1h])", 1e-9),
    ("count_over_time(up{job='node'}[1h])", 1e-9),
    ("avg_over_time(up{job='node'}[1h])", 1e-9),
    ("min_over_time(up{job='node'}[1h])", 1e-9),
    ("max_over_time(up{job='node'}[1h])", 1e-9),
    ("last_over_time(up{job='node'}[1h])", 1e-9),
    ("up{job='node'}", 1e-9),
    ("increase(requests_total[1h])", 0.02),
    ("rate(requests_total[1h])", 0.02),
    ("max_over_time(up{job='node'}[1h]) - min_over_time(up{job='node'}[1h])", 1e-9),
)


@pytest.mark.parametrize(("resolution_ms", "note"), [(FIVE, "5m"), (HOUR, "1h")])
def test_queries_over_buckets_answer_as_over_raw_samples(opened, resolution_ms, note):
    store = opened(retention=RAW)
    fill(store)
    store.maintain()
    engine = Engine(store)
    for query, tolerance in WINDOWS:
        span = (START + 2 * HOUR, END, HOUR, Deadline(30))
        raw = engine.range(ONE, query, *span)
        rolled = engine.range(ONE, query, *span, resolution_max_ms=resolution_ms)
        assert raw.infos == []
        assert any(f"are downsampled to {note}" in text for text in rolled.infos), query
        assert rolled.value.present.tolist() == raw.value.present.tolist(), query
        assert rolled.value.values == pytest.approx(raw.value.values, rel=tolerance), query


def test_a_window_shorter_than_a_bucket_is_answered_from_the_newest_bucket(opened):
    store = opened(retention=RAW)
    fill(store)
    store.maintain()
    engine, span = Engine(store), (START + 2 * HOUR, END, 7 * MINUTE, Deadline(30))
    for query in ("rate(requests_total[5m])", "sum_over_time(up{job='node'}[5m])", "deriv(up{job='node'}[5m])"):
        rolled = engine.range(ONE, query, *span, resolution_max_ms=HOUR).value
        assert rolled.present.all(), query
    sums = engine.range(ONE, "sum_over_time(up{job='node'}[5m])", *span, resolution_max_ms=HOUR).value
    averages = engine.range(ONE, "avg_over_time(up{job='node'}[5m])", *span, resolution_max_ms=HOUR).value
    assert sums.values == pytest.approx(averages.values * 5)


def test_steps_in_raw_time_are_answered_as_ever(opened):
    store = opened(retention=RAW)
    fill(store)
    ref = store.register(ONE, [COUNTER])
    later = np.arange(END + MINUTE, END + DAY // 4, MINUTE)
    store.import_samples([SampleBatch(np.repeat(ref, len(later)), later, 1e6 + np.arange(len(later)) * 3.0)])
    store.maintain()
    engine, span = Engine(store), (END + HOUR, END + 5 * HOUR, 5 * MINUTE, Deadline(30))
    for query in ("rate(requests_total[1h])", "requests_total", "avg_over_time(requests_total[30m])"):
        raw = engine.range(ONE, query, *span).value
        rolled = engine.range(ONE, query, *span, resolution_max_ms=HOUR).value
        assert rolled.values.tolist() == raw.values.tolist(), query


samples = st.lists(
    st.tuples(st.integers(1, 400), st.one_of(st.integers(-50, 50).map(lambda n: n / 10), st.just(STALE_NAN))),
    unique_by=lambda pair: pair[0],
).map(sorted)


@given(samples, st.sampled_from([7, 20, 100]))
@settings(max_examples=200, deadline=None)
def test_buckets_are_those_of_a_plain_loop(rows, width):
    times = np.array([time for time, _ in rows], np.int64)
    values = np.array([value for _, value in rows], np.float64)
    until = 400 // width * width
    _, ends, aggregates = bucket(Columns(np.array([0, len(times)]), times, values), (0, until), width)
    real = [(time, value) for time, value in rows if not np.isnan(value) and time <= until]
    expected = naive(np.array([time for time, _ in real], np.int64), np.array([value for _, value in real]), width)
    assert ends.tolist() == list(expected)
    for place, aggregate in enumerate((MIN, MAX, SUM, COUNT, LAST)):
        assert aggregates[aggregate] == pytest.approx([one[place] for one in expected.values()], abs=1e-12)
    kept = [value for _, value in real]
    steps = [b - a if b >= a else b for a, b in pairwise(kept)]
    assert aggregates[INCREASE].sum() == pytest.approx(sum(steps), abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.one_of(st.just(np.nan), st.floats(0, 1e6))), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_chained_counter_rises_by_its_increases(rows):
    last, increases = (np.array(column) for column in zip(*rows, strict=True))
    out = np.empty(len(last))
    chain_increases(np.array([0, len(last)]), last, increases, out)
    assert out[-1] == last[-1]
    steps = np.where(np.isnan(increases[1:]), np.where(np.diff(last) >= 0, np.diff(last), last[1:]), increases[1:])
    assert np.diff(out) == pytest.approx(steps, abs=1e-6 * max(1.0, np.abs(out).max()))
