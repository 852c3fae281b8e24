"""The engine over a store of a few series: selection, time, names, matching, limits, cancellation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.query.memory_series import Points, RememberingStore
from vedette.model.errors import BadInput, QueryCanceled, QueryFailed, QueryParseError, QueryTimeout, QueryTooLarge
from vedette.model.labels import Labels
from vedette.model.limits import QueryLimits
from vedette.model.staleness import STALE_NAN
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, EngineOptions, Matrix, RawSamples, Scalar, StringValue
from vedette.query.promql.parser import ALL_FEATURES

_DELAYED = EngineOptions(parser=ALL_FEATURES, delayed_name_removal=True)


def labels(name: str, **others: str) -> Labels:
    return Labels.of({"__name__": name}, **others)


def steady(per_second: float = 1.0, until_ms: int = 600_000) -> list[tuple[int, float]]:
    return [(t, t / 1000 * per_second) for t in range(0, until_ms + 1, 15_000)]


COUNTERS = {
    labels("requests_total", job="a", pod="0"): steady(1),
    labels("requests_total", job="a", pod="1"): steady(2),
    labels("requests_total", job="b", pod="0"): steady(3),
    labels("capacity", job="a"): steady(4),
    labels("capacity", job="b"): steady(5),
}


def engine_over(series: dict[Labels, Points] | None = None, **options: Any) -> Engine:
    store = RememberingStore(COUNTERS if series is None else series)
    return Engine(store, **options)


def instant(
    query: str, at_s: float = 600, series: dict[Labels, Points] | None = None, **options: Any
) -> dict[str, float]:
    value = engine_over(series, **options).instant(SYSTEM, query, int(at_s * 1000), Deadline(10)).value
    assert isinstance(value, Matrix)
    assert value.present.all()
    return {str(each): value.values[i, 0].item() for i, each in enumerate(value.labels)}


def ranged(query: str, start_s: int, end_s: int, step_s: int, **options: Any) -> dict[str, list[float | None]]:
    engine = engine_over(options.pop("series", None), **options)
    value = engine.range(SYSTEM, query, start_s * 1000, end_s * 1000, step_s * 1000, Deadline(10)).value
    assert isinstance(value, Matrix)
    rows = zip(value.labels, value.values.tolist(), value.present.tolist(), strict=True)
    return {str(each): [v if p else None for v, p in zip(vs, ps, strict=True)] for each, vs, ps in rows}


def test_a_rate_by_job() -> None:
    assert instant("sum by (job) (rate(requests_total[5m]))") == pytest.approx({'{job="a"}': 3.0, '{job="b"}': 3.0})


def test_kinds_of_answers() -> None:
    engine = engine_over()
    one, text, raw = (
        engine.instant(SYSTEM, query, 600_000, Deadline(10)).value for query in ("1", "'x'", "capacity[20s]")
    )
    assert isinstance(one, Scalar) and one.values.tolist() == [1.0]
    assert isinstance(text, StringValue) and text.text == "x"
    assert isinstance(raw, RawSamples)
    assert raw.columns.times_ms.tolist() == [585_000, 600_000] * 2


def test_a_range_is_left_open() -> None:
    assert instant("count_over_time(capacity{job='a'}[15s])") == {'{job="a"}': 1.0}
    assert instant("count_over_time(capacity{job='a'}[15s1ms])") == {'{job="a"}': 2.0}


def test_a_sample_as_old_as_the_lookback_is_gone() -> None:
    series: dict[Labels, Points] = {labels("x"): [(0, 1.0)]}
    assert instant("x", 299.999, series) == {"x": 1.0}
    assert instant("x", 300, series) == {}


def test_a_stale_marker_ends_the_series_at_once() -> None:
    series: dict[Labels, Points] = {labels("x"): [(0, 1.0), (15_000, STALE_NAN), (30_000, 3.0)]}
    assert ranged("x", 0, 30, 5, series=series) == {"x": [1.0, 1.0, 1.0, None, None, None, 3.0]}
    assert instant("count_over_time(x[1m])", 30, series) == {"{}": 2.0}


def test_offset_and_at_move_the_time() -> None:
    assert instant("capacity{job='a'} offset 5m") == {'capacity{job="a"}': 1200.0}
    assert instant("capacity{job='a'} offset -1m", 120) == {'capacity{job="a"}': 720.0}
    assert ranged("capacity{job='a'} @ 60", 300, 420, 60) == {'capacity{job="a"}': [240.0] * 3}
    assert ranged("capacity{job='a'} @ end()", 300, 420, 60) == {'capacity{job="a"}': [1680.0] * 3}
    assert ranged("increase(capacity{job='a'}[1m] @ 120)", 300, 420, 60) == {'{job="a"}': [240.0] * 3}


def test_subqueries_are_aligned_to_multiples_of_their_step() -> None:
    engine = engine_over()
    value = engine.instant(SYSTEM, "capacity{job='a'}[2m:50s]", 599_000, Deadline(10)).value
    assert isinstance(value, RawSamples)
    assert value.columns.times_ms.tolist() == [500_000, 550_000]
    assert instant("max_over_time(rate(requests_total{job='b'}[1m])[5m:])") == pytest.approx(
        {'{job="b", pod="0"}': 3.0}
    )


def test_equal_selectors_are_read_once_and_over_no_more_time_than_needed() -> None:
    store = RememberingStore(COUNTERS)
    Engine(store).instant(SYSTEM, "rate(requests_total[5m]) / rate(requests_total[1m])", 600_000, Deadline(10))
    assert [(plan.min_time_ms, plan.max_time_ms) for plan in store.plans] == [(300_001, 600_000)]
    store.plans.clear()
    Engine(store).instant(SYSTEM, "capacity - capacity offset 1d", 600_000, Deadline(10))
    assert [plan.max_time_ms for plan in store.plans] == [600_000 - 86_400_000, 600_000] or len(store.plans) == 2


def test_hints_tell_the_store_what_will_be_done() -> None:
    store = RememberingStore(COUNTERS)
    Engine(store).instant(SYSTEM, "sum by (job) (rate(requests_total[5m]))", 600_000, Deadline(10))
    (plan,) = store.plans
    assert (plan.function, plan.range_ms, plan.grouping) == ("rate", 300_000, ())


def test_names_go_when_the_meaning_changes() -> None:
    assert instant("capacity * 1") == {'{job="a"}': 2400.0, '{job="b"}': 3000.0}
    assert instant("capacity > 2500") == {'capacity{job="b"}': 3000.0}
    assert instant("last_over_time(capacity[1m])") == {'capacity{job="a"}': 2400.0, 'capacity{job="b"}': 3000.0}


def test_delayed_removal_lets_functions_see_names() -> None:
    query = "label_replace(rate({__name__=~'requests_total|capacity'}[5m]), 'from', '$1', '__name__', '(.*)')"
    named = instant(query, options=_DELAYED)
    assert '{from="capacity", job="a"}' in named
    with pytest.raises(QueryFailed, match="same labelset"):
        instant("rate({__name__=~'a|b'}[5m])", series={labels("a"): steady(), labels("b"): steady()})


def test_series_that_get_equal_labels_at_one_time_are_an_error() -> None:
    series: dict[Labels, Points] = {labels("a"): [(0, 1.0)], labels("b"): [(0, 2.0)]}
    for options in (EngineOptions(), _DELAYED):
        with pytest.raises(QueryFailed, match="vector cannot contain metrics with the same labelset"):
            instant("-{__name__=~'a|b'}", 0, series, options=options)


def test_vectors_match_one_to_one_and_many_to_one() -> None:
    assert instant("capacity / ignoring(pod) sum by (job) (requests_total)") == pytest.approx(
        {'{job="a"}': 2400 / 1800, '{job="b"}': 3000 / 1800}
    )
    assert instant("requests_total / on(job) group_left capacity") == pytest.approx(
        {'{job="a", pod="0"}': 0.25, '{job="a", pod="1"}': 0.5, '{job="b", pod="0"}': 0.6}
    )
    with pytest.raises(QueryFailed, match=r"many-to-many matching not allowed.*unique on one side$"):
        instant("capacity / on(job) requests_total")
    with pytest.raises(QueryFailed, match="many-to-one matching must be explicit"):
        instant("requests_total / on(job) capacity")


def test_who_is_present_decides_the_match_at_each_step() -> None:
    series: dict[Labels, Points] = {
        labels("l", x="1"): [(0, 1.0), (60_000, STALE_NAN)],
        labels("l", x="2"): [(60_000, 2.0)],
        labels("r"): [(0, 10.0), (60_000, 20.0)],
    }
    assert ranged("l + on() r", 0, 60, 60, series=series) == {"{}": [11.0, 22.0]}
    assert ranged("r unless on() l{x='2'}", 0, 60, 60, series=series) == {"r": [10.0, None]}


def test_set_operators() -> None:
    assert set(instant("capacity and on(job) requests_total{job='b'}")) == {'capacity{job="b"}'}
    assert set(instant("capacity unless on(job) requests_total{job='b'}")) == {'capacity{job="a"}'}
    assert set(instant("capacity{job='a'} or requests_total{job='a',pod='0'}")) == {
        'capacity{job="a"}',
        'requests_total{job="a", pod="0"}',
    }


def test_an_instant_query_keeps_the_order_of_sort_and_topk() -> None:
    assert list(instant("sort_desc(capacity)")) == ['capacity{job="b"}', 'capacity{job="a"}']
    assert list(instant("bottomk(2, requests_total)").values()) == [600.0, 1200.0]
    assert list(instant("sort_by_label(vector(1) or label_replace(vector(2),'x','a10','','') or label_replace(vector(3),'x','a2','',''), 'x')", options=_DELAYED)) == ["{}", '{x="a2"}', '{x="a10"}']  # fmt: skip


def test_absent_says_which_labels_were_asked_for() -> None:
    assert instant("absent(nothing{job='a',pod=~'x'})") == {'{job="a"}': 1.0}
    assert instant("absent(capacity)") == {}
    assert ranged("absent_over_time(x[30s])", 0, 60, 30, series={labels("x"): [(30_000, 1.0)]}) == {
        "{}": [1.0, None, 1.0]
    }


def test_warnings_and_infos_say_where() -> None:
    engine = engine_over()
    result = engine.instant(SYSTEM, "quantile(2, capacity) +\n  rate(capacity[5m])", 600_000, Deadline(10))
    assert result.warnings == ["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]
    assert result.infos == [
        'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "capacity" (2:8)'
    ]


def test_too_many_samples_are_refused_in_the_references_words() -> None:
    words = "query processing would load too many samples into memory in query execution"
    with pytest.raises(QueryTooLarge, match=words):
        ranged("requests_total", 0, 600, 1, limits=QueryLimits(samples_max=1000))
    with pytest.raises(QueryTooLarge, match=words):
        ranged("rate(requests_total[5m])", 0, 1_000_000_000, 1, limits=QueryLimits(samples_max=100_000))
    assert len(ranged("requests_total", 0, 600, 15, limits=QueryLimits(samples_max=1000))) == 3


def test_a_canceled_or_late_query_stops() -> None:
    deadline = Deadline(10)
    deadline.cancel()
    with pytest.raises(QueryCanceled, match="query was canceled in"):
        engine_over().instant(SYSTEM, "capacity", 0, deadline)
    with pytest.raises(QueryTimeout, match="query timed out in"):
        engine_over().instant(SYSTEM, "capacity", 0, Deadline(-1))


def test_bad_times_and_bad_queries_are_the_callers_fault() -> None:
    engine = engine_over()
    with pytest.raises(BadInput, match="zero or negative query resolution step"):
        engine.range(SYSTEM, "capacity", 0, 1, 0, Deadline(10))
    with pytest.raises(BadInput, match="end timestamp must not be before start time"):
        engine.range(SYSTEM, "capacity", 2, 1, 1, Deadline(10))
    with pytest.raises(BadInput, match='invalid expression type "range vector" for range query'):
        engine.range(SYSTEM, "capacity[5m]", 0, 1, 1, Deadline(10))
    with pytest.raises(QueryParseError):
        engine.instant(SYSTEM, "capacity[", 0, Deadline(10))


def test_stats_count_what_was_looked_at() -> None:
    engine = engine_over()
    stats = engine.range(
        SYSTEM, "rate(capacity[1m])", 300_000, 420_000, 60_000, Deadline(10), detailed_stats=True
    ).stats
    assert stats.per_step.tolist() == [8, 8, 8]
    assert (stats.total, stats.peak) == (24, 6)
    assert set(stats.seconds) == {"parse", "plan", "scan", "exec"}


def test_durations_may_be_computed() -> None:
    computed = ranged("count_over_time(capacity{job='a'}[step() * 2])", 300, 420, 60, options=_DELAYED)
    assert computed == {'{job="a"}': [8.0] * 3}
    with pytest.raises(BadInput, match="division by zero"):
        instant("capacity offset (1m / (1m - 1m))", options=_DELAYED)


_SERIES = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")),
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20),
    min_size=1,
    max_size=6,
).map(
    lambda found: {
        labels("m", job=job, pod=pod): [(15_000 * i, value) for i, value in enumerate(values)]
        for (job, pod), values in found.items()
    }
)


@given(series=_SERIES)
@settings(max_examples=40, deadline=None)
def test_a_sum_by_label_is_the_sum_of_its_parts(series: dict[Labels, Points]) -> None:
    parts = ranged("sum by (job) (m)", 0, 300, 15, series=series)
    whole = ranged("sum(m)", 0, 300, 15, series=series)["{}"]
    for step, value in enumerate(whole):
        inside = [there for part in parts.values() if (there := part[step]) is not None]
        assert (value is None) == (not inside)
        assert value is None or value == pytest.approx(sum(inside), abs=1e-9)


@given(series=_SERIES, data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_order_of_series_changes_nothing(series: dict[Labels, Points], data: st.DataObject) -> None:
    shuffled = {key: series[key] for key in data.draw(st.permutations(list(series)))}
    for query in ("topk(2, m)", "limitk(2, m)", "max by (pod) (m)", "m - on(job,pod) m offset 15s", "quantile(0.5, m)"):
        ours = ranged(query, 0, 300, 60, series=series, options=_DELAYED)
        assert ranged(query, 0, 300, 60, series=shuffled, options=_DELAYED) == ours


@given(
    series=_SERIES, query=st.sampled_from(["rate(m[1m])", "m + 1", "avg_over_time(m[2m:30s])", "sum(m) or m", "m > 0"])
)
@settings(max_examples=40, deadline=None)
def test_a_range_query_is_its_instant_queries(series: dict[Labels, Points], query: str) -> None:
    whole = ranged(query, 0, 300, 60, series=series)
    for step in range(6):
        at = {name: values[step] for name, values in whole.items() if values[step] is not None}
        assert instant(query, step * 60, series) == pytest.approx(at, abs=1e-9)


def test_numbers_are_not_lost_in_count_values() -> None:
    series: dict[Labels, Points] = {
        labels("m", i="0"): [(0, 0.1)],
        labels("m", i="1"): [(0, math.nan)],
        labels("m", i="2"): [(0, 1e21)],
        labels("m", i="3"): [(0, 0.1)],
    }
    counted = instant("count_values('v', m)", 0, series)
    assert counted == {'{v="0.1"}': 2.0, '{v="NaN"}': 1.0, '{v="1000000000000000000000"}': 1.0}


def test_limit_ratio_and_its_complement_are_everything() -> None:
    series: dict[Labels, Points] = {labels("m", i=str(i)): [(0, 1.0)] for i in range(200)}
    some = instant("limit_ratio(0.3, m)", 0, series, options=_DELAYED)
    rest = instant("limit_ratio(-0.7, m)", 0, series, options=_DELAYED)
    assert len(some) + len(rest) == 200 and not set(some) & set(rest)
    assert 30 < len(some) < 90


def test_dates_of_values_and_of_now() -> None:
    assert instant("day_of_week(vector(1136239445))") == {"{}": 1.0}
    assert instant("days_in_month(vector(1709164800))") == {"{}": 29.0}
    assert instant("day_of_year(vector(1735603200))") == {"{}": 366.0}
    assert ranged("hour()", 0, 7200, 3600) == {"{}": [0.0, 1.0, 2.0]}
    assert np.isfinite(instant("year(vector(NaN))")["{}"])
