"""Native histograms in the engine, beyond the reference's own scripts: what random queries against the reference brought up."""

from __future__ import annotations

import numpy as np

from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.histograms import Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, EngineOptions, Matrix, QueryResult
from vedette.query.promql.parser import ALL_FEATURES
from vedette.store.memory import MemoryStore

_MINUTE_MS = 60_000
_OPTIONS = EngineOptions(parser=ALL_FEATURES, delayed_name_removal=True)


def growing(minute: int) -> NativeHistogram:
    return NativeHistogram(count=2.0 * minute, sum=3.0 * minute, positive={1: float(minute), 2: float(minute)})


def engine() -> Engine:
    """`h` grows by a histogram of two observations a minute; `load` is 1, 2, 3 ..."""
    store = MemoryStore(windows=False)
    refs = store.register(SYSTEM, [Labels.of({"__name__": "h"}), Labels.of({"__name__": "load"})])
    times = np.arange(11, dtype=np.int64) * _MINUTE_MS
    store.append(SYSTEM, SampleBatch(np.repeat(refs[1], 11), times, np.arange(11.0)))
    histograms = Histograms.of([growing(minute) for minute in range(11)])
    store.append_histograms(SYSTEM, HistogramBatch(np.repeat(refs[0], 11), times, histograms))
    return Engine(store, options=_OPTIONS)


def looked_at(query: str) -> list[int]:
    """Samples by step, two steps a minute apart."""
    grid = 9 * _MINUTE_MS, 10 * _MINUTE_MS, _MINUTE_MS
    return engine().range(SYSTEM, query, *grid, Deadline(100), detailed_stats=True).stats.per_step.tolist()


def test_statistics_count_a_histogram_by_its_size():
    """168 bytes, a time, one span and two buckets: 12 samples of 16 bytes and a half; its sum alone: 11."""
    assert looked_at("load") == [1, 1]
    assert looked_at("h") == [12, 12]
    assert looked_at("rate(h[2m])") == [24, 24]
    assert looked_at("rate(load[3m])") == [3, 3]
    assert looked_at("histogram_sum(h)") == [11, 11]


def instant(query: str) -> QueryResult:
    return engine().instant(SYSTEM, query, 10 * _MINUTE_MS, Deadline(100))


def only_histogram(result: QueryResult) -> NativeHistogram:
    assert isinstance(result.value, Matrix) and result.value.histograms is not None
    assert result.value.present.tolist() == [[True]]
    return result.value.histograms.table.at(int(result.value.histograms.rows[0, 0]))


def test_who_meets_nothing_that_the_operator_takes_is_filled() -> None:
    result = instant("h * fill_left (3) h")
    assert only_histogram(result).count == 60.0
    assert (
        result.infos
        == ['PromQL info: incompatible sample types encountered for binary operator "*": histogram * histogram (1:1)']
        or not result.infos
    )


def test_of_a_step_the_last_pair_that_does_not_fit_is_reported() -> None:
    assert instant("h % fill (0) h").infos == [
        'PromQL info: incompatible sample types encountered for binary operator "%": float % histogram (1:1)'
    ]


def test_annotations_about_a_subquery_point_at_the_begin_of_the_query() -> None:
    text = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "load"'
    assert instant("1 + increase(load[5m:1m])").infos == [f"PromQL info: {text} (1:1)"]
    assert instant("1 + increase(load[5m])").infos == [f"PromQL info: {text} (1:14)"]


def test_a_range_that_ends_before_its_second_step_is_no_instant_query() -> None:
    result = engine().range(SYSTEM, "sort(load)", 5 * _MINUTE_MS, 6 * _MINUTE_MS, 5 * _MINUTE_MS, Deadline(100))
    assert len(result.warnings) == 1 and result.warnings[0].startswith("PromQL warning: sort is ineffective")


def test_a_rate_does_not_depend_on_how_the_histograms_between_its_ends_grew() -> None:
    rate = only_histogram(instant("increase(h[5m])"))
    assert np.isclose(rate.count, 10.0) and np.isclose(rate.sum, 15.0)
    assert {index: round(count, 9) for index, count in rate.positive.items()} == {1: 5.0, 2: 5.0}


def test_counts_alone_agree_with_counts_of_whole_histograms() -> None:
    for function in ("histogram_count", "histogram_sum", "histogram_avg"):
        bare, whole = (
            instant(query).value for query in (f"{function}(rate(h[5m]))", f"{function}(rate(h[5m]) >/ -Inf)")
        )
        assert isinstance(bare, Matrix) and isinstance(whole, Matrix)
        assert np.allclose(bare.values, whole.values)
