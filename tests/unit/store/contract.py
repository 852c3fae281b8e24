"""What every Store adapter promises, as one suite.

A module that tests an adapter has a fixture `build`, a function `(clock) -> Store` that opens a store (the same data
directory each time it is called within one test), and does `from tests.unit.store.contract import *`; one that keeps its
data over a restart imports `reopening` too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.clocks import SetClock
from vedette.model.blocks import MetricMetadata, SampleBatch
from vedette.model.errors import QueryCanceled, QueryTooLarge
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import NORMAL_NAN, STALE_NAN
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.cardinality import (
    CardinalityQuestion,
    CardinalityReport,
    Churn,
    LabelDrop,
    LabelSize,
    NameDrop,
    NameShare,
    PairSize,
)
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, SampleSources, ScanPlan
from vedette.ports.store import AppendResult, NameCount, Selector, Store

ONE = Principal(tenant="one", user="tester")
TWO = Principal(tenant="two", user="tester")

NOW = 1_700_006_400_000 + 3_600_000
"""In the middle of a block."""

MINUTE = 60_000

UP = Labels.of(__name__="up", job="node", instance="a:9100")
DOWN = Labels.of(__name__="up", job="node", instance="b:9100")
LOAD = Labels.of(__name__="load", job="node", instance="a:9100", mode="user")

Rows = list[tuple[int, int]]


Build = Callable[[SetClock], Store]


def equal(name: str, value: str) -> Matcher:
    return Matcher(name, MatchType.EQUAL, value)


UP_SELECTOR = (equal("__name__", "up"),)


def append(store: Store, labels: Labels, rows: Iterable[tuple[int, float]], principal: Principal = ONE) -> AppendResult:
    """Appends and waits for the commit."""
    times, values = zip(*rows, strict=True)
    refs = np.repeat(store.register(principal, [labels]), len(times))
    result = store.append(principal, SampleBatch(refs, np.array(times, np.int64), np.array(values, np.float64)))
    assert result.committed.result(timeout=30) >= 0
    return result


def plan_of(
    *matchers: Matcher, start: int = MIN_TIME_MS, end: int = MAX_TIME_MS, samples_max: int = 10_000
) -> ScanPlan:
    return ScanPlan(matchers or UP_SELECTOR, start, end, samples_max)


def read(store: Store, plan: ScanPlan | None = None, principal: Principal = ONE) -> dict[Labels, Rows]:
    """Every series' samples as (time, bits of the value); checks the shape of the answer on the way."""
    found = store.select(principal, plan or plan_of(), Deadline(30))
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found.times_ms) == len(found.values)
    assert len(found.offsets) == len(found.labels) + 1
    bits = found.values.view(np.uint64).tolist()
    times = found.times_ms.tolist()
    spans = zip(found.labels, found.offsets[:-1].tolist(), found.offsets[1:].tolist(), strict=True)
    answer = {labels: list(zip(times[a:b], bits[a:b], strict=True)) for labels, a, b in spans if b > a}
    for rows in answer.values():
        assert all(a[0] < b[0] for a, b in itertools.pairwise(rows))
    return answer


def bits_of(rows: Sequence[tuple[int, float]]) -> Rows:
    return [(time, int(np.float64(value).view(np.uint64))) for time, value in rows]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def store(build: Build, clock: SetClock) -> Iterable[Store]:
    opened = build(clock)
    yield opened
    opened.close()
    opened.close()


def test_what_was_appended_is_selected(store: Store) -> None:
    rows = [(NOW - 30_000, 1.5), (NOW - 15_000, 2.5), (NOW, -0.0)]
    result = append(store, UP, rows)
    assert (result.accepted, result.out_of_order, result.too_old) == (3, 0, 0)
    assert read(store) == {UP: bits_of(rows)}


def test_time_bounds_of_a_select_are_inclusive(store: Store) -> None:
    append(store, UP, [(NOW + i, float(i)) for i in range(5)])
    assert read(store, plan_of(start=NOW + 1, end=NOW + 3)) == {UP: bits_of([(NOW + i, float(i)) for i in (1, 2, 3)])}
    assert read(store, plan_of(start=NOW + 5)) == {}


def test_rows_of_many_series_come_in_one_batch_in_any_order(store: Store) -> None:
    refs = store.register(ONE, [UP, DOWN])
    batch = SampleBatch(np.array([refs[1], refs[0], refs[1]]), np.array([NOW, NOW, NOW + 1]), np.array([1.0, 2.0, 3.0]))
    store.append(ONE, batch).committed.result(timeout=30)
    assert read(store) == {UP: bits_of([(NOW, 2.0)]), DOWN: bits_of([(NOW, 1.0), (NOW + 1, 3.0)])}


def test_matchers_choose_the_series(store: Store) -> None:
    for labels in (UP, DOWN, LOAD):
        append(store, labels, [(NOW, 1.0)])
    node = equal("job", "node")
    assert set(read(store, plan_of(node))) == {UP, DOWN, LOAD}
    assert set(read(store, plan_of(node, equal("mode", "")))) == {UP, DOWN}
    assert set(read(store, plan_of(node, Matcher("instance", MatchType.NOT_REGEX, "b.*")))) == {UP, LOAD}
    assert set(read(store, plan_of(node, Matcher("mode", MatchType.NOT_EQUAL, "user")))) == {UP, DOWN}
    assert read(store, plan_of(equal("nobody", "has this"))) == {}


def test_registering_again_answers_the_same_ref(store: Store) -> None:
    first = store.register(ONE, [UP, DOWN, UP]).tolist()
    assert first[0] == first[2] != first[1]
    assert store.register(ONE, [DOWN, UP]).tolist() == [first[1], first[0]]


def test_a_tenant_sees_its_own_series_only(store: Store) -> None:
    append(store, UP, [(NOW, 1.0)], ONE)
    append(store, UP, [(NOW, 2.0)], TWO)
    append(store, LOAD, [(NOW, 3.0)], TWO)
    store.put_metadata(TWO, [MetricMetadata("up", "gauge", "theirs")])
    assert read(store) == {UP: bits_of([(NOW, 1.0)])}
    assert read(store, principal=TWO) == {UP: bits_of([(NOW, 2.0)])}
    assert store.series(ONE, [(equal("job", "node"),)], MIN_TIME_MS, MAX_TIME_MS) == [UP]
    assert store.label_values(ONE, "__name__", [], MIN_TIME_MS, MAX_TIME_MS) == ["up"]
    assert "mode" not in store.label_names(ONE, [], MIN_TIME_MS, MAX_TIME_MS)
    assert store.metadata(ONE) == []
    assert store.delete(ONE, [(equal("__name__", "load"),)], MIN_TIME_MS, MAX_TIME_MS).samples == 0
    assert set(read(store, plan_of(equal("job", "node")), TWO)) == {UP, LOAD}


def test_a_late_sample_within_the_window_is_accepted_and_read_in_order(store: Store) -> None:
    append(store, UP, [(NOW, 3.0)])
    result = append(store, UP, [(NOW - 29 * MINUTE, 1.0), (NOW - 10 * MINUTE, 2.0)])
    assert (result.accepted, result.out_of_order) == (2, 2)
    assert read(store) == {UP: bits_of([(NOW - 29 * MINUTE, 1.0), (NOW - 10 * MINUTE, 2.0), (NOW, 3.0)])}


def test_a_sample_older_than_the_window_is_refused(store: Store) -> None:
    append(store, UP, [(NOW, 3.0)])
    result = append(store, UP, [(NOW - 31 * MINUTE, 1.0), (NOW + 1, 4.0)])
    assert (result.accepted, result.too_old) == (1, 1)
    assert read(store) == {UP: bits_of([(NOW, 3.0), (NOW + 1, 4.0)])}


def test_a_sample_too_far_in_the_future_is_refused(store: Store) -> None:
    result = append(store, UP, [(NOW + 9 * MINUTE, 1.0), (NOW + 11 * MINUTE, 2.0)])
    assert (result.accepted, result.too_far) == (1, 1)
    assert read(store) == {UP: bits_of([(NOW + 9 * MINUTE, 1.0)])}


def test_the_same_sample_again_is_idempotent(store: Store) -> None:
    rows = [(NOW, STALE_NAN), (NOW + 1, NORMAL_NAN), (NOW + 2, 0.0)]
    append(store, UP, rows)
    result = append(store, UP, rows)
    assert (result.accepted, result.idempotent, result.duplicates) == (0, 3, 0)
    assert read(store) == {UP: bits_of(rows)}


def test_another_value_at_a_held_time_is_counted_and_the_first_stays(store: Store) -> None:
    append(store, UP, [(NOW, 0.0), (NOW + 1, 1.0)])
    result = append(store, UP, [(NOW, -0.0), (NOW + 1, 2.0), (NOW + 2, 3.0), (NOW + 2, 4.0)])
    assert (result.accepted, result.duplicates, result.idempotent) == (1, 3, 0)
    assert read(store) == {UP: bits_of([(NOW, 0.0), (NOW + 1, 1.0), (NOW + 2, 3.0)])}


def test_a_refused_series_stores_nothing(store: Store) -> None:
    result = store.append(ONE, SampleBatch(np.array([-1]), np.array([NOW]), np.array([1.0])))
    result.committed.result(timeout=30)
    assert result.accepted == 0


def test_stale_markers_and_other_nans_keep_their_bits(store: Store) -> None:
    odd = np.array([0x7FF0000000000001, 0xFFF8DEADBEEF0001, 1, 0x7FF0000000000000], np.uint64).view(np.float64)
    rows = [(NOW, STALE_NAN), (NOW + 1, NORMAL_NAN), *((NOW + 2 + i, value) for i, value in enumerate(odd.tolist()))]
    append(store, UP, rows)
    assert read(store) == {UP: bits_of(rows)}
    assert store.select(ONE, plan_of(), Deadline(30)).has_stale
    append(store, DOWN, [(NOW, 1.0)])
    assert read(store, plan_of(equal("instance", "b:9100"))) == {DOWN: bits_of([(NOW, 1.0)])}


def test_a_select_over_its_limits_says_which(store: Store) -> None:
    append(store, UP, [(NOW + i, 1.0) for i in range(11)])
    append(store, DOWN, [(NOW, 1.0)])
    with pytest.raises(QueryTooLarge, match="too many samples"):
        store.select(ONE, plan_of(samples_max=10), Deadline(30))
    with pytest.raises(QueryTooLarge, match="too many series"):
        store.select(ONE, ScanPlan(UP_SELECTOR, MIN_TIME_MS, MAX_TIME_MS, 100, series_max=1), Deadline(30))


def test_a_canceled_select_stops(store: Store) -> None:
    append(store, UP, [(NOW, 1.0)])
    deadline = Deadline(30)
    deadline.cancel()
    with pytest.raises(QueryCanceled):
        store.select(ONE, plan_of(), deadline)


def test_series_and_labels_are_of_the_time_range(store: Store) -> None:
    append(store, UP, [(NOW - 20 * MINUTE, 1.0)])
    append(store, LOAD, [(NOW, 1.0)])
    node = (equal("job", "node"),)
    assert store.series(ONE, [node, UP_SELECTOR], NOW - 20 * MINUTE, NOW) == sorted([UP, LOAD])
    assert store.series(ONE, [node], NOW - MINUTE, NOW) == [LOAD]
    assert store.series(ONE, [node], NOW - 10 * MINUTE, NOW - MINUTE) == []
    assert store.label_names(ONE, [], NOW - MINUTE, NOW) == ["__name__", "instance", "job", "mode"]
    assert store.label_names(ONE, [UP_SELECTOR], NOW - 20 * MINUTE, NOW) == ["__name__", "instance", "job"]
    assert store.label_values(ONE, "__name__", [], NOW - 20 * MINUTE, NOW) == ["load", "up"]
    assert store.label_values(ONE, "__name__", [UP_SELECTOR], NOW - 20 * MINUTE, NOW) == ["up"]
    assert store.label_values(ONE, "never", [], NOW - 20 * MINUTE, NOW) == []


def test_series_are_counted_as_they_are_listed(store: Store) -> None:
    append(store, UP, [(NOW, 1.0)])
    append(store, DOWN, [(NOW, 0.0)])
    append(store, LOAD, [(NOW, 1.0)])
    everything: tuple[Matcher, ...] = ()
    for selector in (UP_SELECTOR, (equal("job", "node"),), (equal("job", "other"),), everything):
        listed = store.series(ONE, [selector], MIN_TIME_MS, MAX_TIME_MS)
        assert store.count_series(ONE, selector, MIN_TIME_MS, MAX_TIME_MS) == len(listed)
    assert store.count_series(TWO, everything, MIN_TIME_MS, MAX_TIME_MS) == 0


def test_a_select_says_where_its_samples_came_from_when_asked(store: Store) -> None:
    append(store, UP, [(NOW, 1.0), (NOW + MINUTE, 1.0)])
    sources = SampleSources()
    assert read(store, replace(plan_of(), sources=sources)) == read(store)
    assert (sources.head, sources.cache, sources.engine) == (2, 0, 0)


def test_a_registered_series_without_samples_is_not_listed(store: Store) -> None:
    store.register(ONE, [UP])
    assert store.series(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS) == []
    assert store.label_names(ONE, [], MIN_TIME_MS, MAX_TIME_MS) == []
    assert read(store) == {}


def test_metadata_is_the_last_put_and_sorted(store: Store) -> None:
    up = MetricMetadata("up", "gauge", "is it up", "bool")
    load = MetricMetadata("load", "counter", "by 'mode'\\n")
    store.put_metadata(ONE, [MetricMetadata("up", "unknown", ""), load])
    store.put_metadata(ONE, [up])
    assert store.metadata(ONE) == [load, up]
    assert store.metadata(ONE, "up") == [up]
    assert store.metadata(ONE, "never") == []


def test_deleted_samples_are_gone_and_the_rest_stays(store: Store) -> None:
    for labels in (UP, DOWN, LOAD):
        append(store, labels, [(NOW + i, float(i)) for i in range(4)])
    result = store.delete(ONE, [UP_SELECTOR, (equal("instance", "a:9100"), equal("mode", ""))], NOW + 1, NOW + 2)
    assert (result.series, result.samples) == (2, 4)
    kept = bits_of([(NOW, 0.0), (NOW + 3, 3.0)])
    assert read(store) == {UP: kept, DOWN: kept}
    assert len(read(store, plan_of(equal("__name__", "load")))[LOAD]) == 4


def test_deleting_without_a_selector_deletes_nothing(store: Store) -> None:
    append(store, UP, [(NOW, 1.0)])
    assert store.delete(ONE, [], MIN_TIME_MS, MAX_TIME_MS).samples == 0
    assert read(store) == {UP: bits_of([(NOW, 1.0)])}


def test_a_deleted_time_can_be_written_again(store: Store) -> None:
    append(store, UP, [(NOW, 1.0), (NOW + 1, 2.0)])
    store.delete(ONE, [UP_SELECTOR], NOW, NOW)
    assert append(store, UP, [(NOW, 5.0)]).accepted == 1
    assert read(store) == {UP: bits_of([(NOW, 5.0), (NOW + 1, 2.0)])}


def test_statistics_count_the_tenants_series(store: Store) -> None:
    append(store, UP, [(NOW, 1.0), (NOW + 7, 2.0)])
    append(store, LOAD, [(NOW - 7, 1.0)])
    append(store, UP, [(NOW, 1.0)], TWO)
    stats = store.stats(ONE, top=1)
    assert stats.head_series == 2
    assert stats.head_samples + stats.disk_samples >= 3
    assert stats.n_label_pairs == 5
    assert list(stats.series_by_metric) == [NameCount("load", 1)]
    assert list(stats.series_by_label_pair) == [NameCount("instance=a:9100", 2)]


def test_a_store_says_that_it_is_ready(store: Store) -> None:
    health = store.health()
    assert health.ready
    assert health.problems == []


def test_slices_together_are_the_answer_of_select_and_keep_the_order_that_was_asked_for(build, clock):
    store = build(clock)
    rows = [(NOW - MINUTE * i, float(i)) for i in range(3, 0, -1)]
    labels = [Labels.of(__name__=name, row=row) for row in ("b", "a", "c") for name in ("up", "Down")]
    for one in labels:
        append(store, one, rows)
    plan = plan_of(Matcher("row", MatchType.REGEX, "a|b"))
    for by_labels in (False, True):
        found = [each() for each in store.slices(ONE, plan, Deadline(30), by_labels=by_labels)]
        listed = [one for columns in found for one in columns.labels]
        assert {one: len(rows) for one in listed} == {one: len(found) for one, found in read(store, plan).items()}
        assert not by_labels or listed == sorted(listed)
        assert all(columns.values.tolist() == [3.0, 2.0, 1.0] * columns.n_series for columns in found)
    assert not [one for each in store.slices(TWO, plan, Deadline(30)) for one in each().labels]
    with pytest.raises(QueryTooLarge):
        [each() for each in store.slices(ONE, replace(plan, series_max=1), Deadline(30))]
    store.close()


def committed(store: Store, after: int, rows_max: int = 1000, up_to: int | None = None) -> tuple[int, list[tuple]]:
    rows = store.committed_since(ONE, "test", after, rows_max, up_to=up_to)
    labels = store.labels_of_ids(rows.ids)
    return rows.sequence, list(zip(labels, rows.times_ms.tolist(), rows.values.tolist(), strict=True))


def test_commits_are_handed_on_in_their_order_and_whole(build, clock):
    store = build(clock)
    before = store.committed_sequence()
    append(store, UP, [(NOW - MINUTE, 1.0), (NOW, 2.0)])
    first = store.committed_sequence()
    append(store, DOWN, [(NOW, 3.0)], TWO)
    append(store, LOAD, [(NOW, 5.0), (NOW - MINUTE, 4.0)])
    last = store.committed_sequence()
    all_rows = [(UP, NOW - MINUTE, 1.0), (UP, NOW, 2.0), (LOAD, NOW - MINUTE, 4.0), (LOAD, NOW, 5.0)]
    for rows_max, up_to in ((1000, None), (1000, last), (4, None)):
        sequence, rows, found = before, [], []
        while sequence < last:
            sequence, rows = committed(store, sequence, rows_max, up_to)
            found += rows
        assert found == all_rows
    assert committed(store, before, 1)[1] == all_rows[:2]
    assert committed(store, before, up_to=first) == (first, all_rows[:2])
    assert committed(store, first)[1] == all_rows[2:]
    assert committed(store, last) == (last, [])
    assert store.labels_of_ids(np.array([12345], np.uint64)) == [None]
    store.close()


def ask_cardinality(store: Store, *selectors: Selector, limit: int = 10, drop: str = "") -> CardinalityReport:
    question = CardinalityQuestion(limit, drop)
    return store.cardinality(ONE, selectors, MIN_TIME_MS, MAX_TIME_MS, question)


def test_cardinality_names_what_makes_series_many(store: Store) -> None:
    for labels in (UP, DOWN, LOAD):
        append(store, labels, [(NOW - MINUTE, 1.0), (NOW, 1.0)])
    append(store, UP, [(NOW, 1.0)], TWO)
    report = ask_cardinality(store)
    assert (report.series, report.samples_per_second) == (3, 6 / 300)
    assert report.names == [NameShare("up", 2, 2 / 3), NameShare("load", 1, 1 / 3)]
    assert report.labels[0] == LabelSize("__name__", 2, 3)
    assert LabelSize("mode", 1, 1) in report.labels
    assert report.pairs[:2] == [PairSize("job", "node", 3), PairSize("instance", "a:9100", 2)]
    assert report.drop is None
    assert ask_cardinality(store, UP_SELECTOR).series == 2
    assert len(ask_cardinality(store, limit=1).names) == 1
    assert ask_cardinality(store, (equal("job", "never"),)) == CardinalityReport(0, 0.0, [], [], [], [], None)


def test_cardinality_says_what_dropping_a_label_would_save(store: Store) -> None:
    for labels in (UP, DOWN, LOAD):
        append(store, labels, [(NOW, 1.0)])
    drop = ask_cardinality(store, drop="instance").drop
    assert drop == LabelDrop("instance", 3, 2, [NameDrop("up", 2, 1)])
    assert ask_cardinality(store, drop="never").drop == LabelDrop("never", 3, 3, [])


def test_cardinality_counts_who_came_and_who_fell_silent(store: Store) -> None:
    append(store, UP, [(NOW - 50 * MINUTE, 1.0), (NOW - 10 * MINUTE, 1.0)])
    append(store, DOWN, [(NOW, 1.0)])
    assert ask_cardinality(store).churn == [Churn("up", 2, 1)]
