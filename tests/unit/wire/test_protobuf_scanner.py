from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire import pages
from tests.unit.wire import protobuf_pages as pb
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import MalformedPage
from vedette.model.labels import METRIC_NAME, Labels
from vedette.wire.exposition import NO_TIME, Format, Page, scan


def read(body: bytes) -> Page:
    return scan(body, Format.PROTOBUF)


def rendered(page: Page) -> list[tuple[str, float]]:
    return [(str(page.labels(i)), float(page.values[i])) for i in range(page.n)]


def test_counters_gauges_and_untyped_are_one_sample_each() -> None:
    body = pb.family("c_total", pb.COUNTER, [pb.metric(pb.counter(3), {"a": "b"}), pb.metric(pb.counter(4))])
    body += pb.family("g", pb.GAUGE, [pb.metric(pb.gauge(-1.5), time_ms=1234)])
    body += pb.family("u", pb.UNTYPED, [pb.metric(pb.untyped(7))])
    page = read(body)
    assert rendered(page) == [('c_total{a="b"}', 3.0), ("c_total", 4.0), ("g", -1.5), ("u", 7.0)]
    assert page.times_ms.tolist() == [NO_TIME, NO_TIME, 1234, NO_TIME]


def test_a_summary_is_count_sum_and_quantiles() -> None:
    page = read(pb.family("s", pb.SUMMARY, [pb.metric(pb.summary(5, 2.5, {0.5: 1.0, 0.99: 2.0}), {"a": "b"})]))
    assert rendered(page) == [
        ('s_count{a="b"}', 5.0),
        ('s_sum{a="b"}', 2.5),
        ('s{a="b", quantile="0.5"}', 1.0),
        ('s{a="b", quantile="0.99"}', 2.0),
    ]


def test_a_histogram_gets_its_infinite_bucket_from_the_count() -> None:
    page = read(pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {0.1: 1, 1: 3}))]))
    assert rendered(page) == [
        ("h_count", 5.0),
        ("h_sum", 2.5),
        ('h_bucket{le="0.1"}', 1.0),
        ('h_bucket{le="1.0"}', 3.0),
        ('h_bucket{le="+Inf"}', 5.0),
    ]
    with_infinity = read(pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {1: 3, math.inf: 5, 2: 9}))]))
    assert rendered(with_infinity)[2:] == [('h_bucket{le="1.0"}', 3.0), ('h_bucket{le="+Inf"}', 5.0)]


def test_float_counts_take_the_place_of_integer_ones() -> None:
    bucket = pb.message(3, pb.double(4, 1.5) + pb.double(2, 1.0))
    page = read(pb.family("h", pb.HISTOGRAM, [pb.metric(pb.message(7, pb.double(4, 2.5) + bucket))]))
    assert rendered(page) == [
        ("h_count", 2.5),
        ("h_sum", 0.0),
        ('h_bucket{le="1.0"}', 1.5),
        ('h_bucket{le="+Inf"}', 2.5),
    ]


def test_a_native_histogram_is_noted_with_its_message() -> None:
    span = pb.message(12, pb.integer(1, 0) + pb.integer(2, 1))
    body = pb.family("c", pb.COUNTER, [pb.metric(pb.counter(1))])
    body += pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {}, span), {"a": "b"})])
    page = read(body)
    assert page.natives is not None
    [(start, stop)] = page.natives.spans.tolist()
    assert page.natives.labels(0) == Labels.of(__name__="h", a="b")
    assert page.buffer[start:stop].tobytes() == pb.metric(pb.histogram(5, 2.5, {}, span), {"a": "b"})


def test_start_timestamps_stand_beside_their_samples() -> None:
    started = pb.message(3, pb.timestamp(12, 345_000_000))
    page = read(pb.family("c", pb.COUNTER, [pb.metric(pb.counter(1, started)), pb.metric(pb.counter(1))]))
    assert page.start_times_ms is not None
    assert page.start_times_ms.tolist() == [12345, 0]


def test_exemplars_of_counters_and_buckets_point_to_their_sample() -> None:
    counted = pb.message(2, pb.exemplar({"t": "u"}, 0.5, 3))
    bucket = pb.message(3, pb.integer(1, 1) + pb.double(2, 1.0) + pb.message(3, pb.exemplar({"v": "w"}, 0.25)))
    body = pb.family("c", pb.COUNTER, [pb.metric(pb.counter(1)), pb.metric(pb.counter(1, counted), {"a": "b"})])
    body += pb.family("h", pb.HISTOGRAM, [pb.metric(pb.message(7, bucket))])
    page = read(body)
    assert page.exemplars.rows.tolist() == [1, 4]
    assert page.exemplars.times_ms.tolist() == [3000, NO_TIME]
    assert page.exemplars.values.tolist() == [0.5, 0.25]
    assert [page.exemplar_labels(k) for k in range(2)] == [Labels.of(t="u"), Labels.of(v="w")]


def test_nan_payloads_are_kept_bit_for_bit() -> None:
    payload = 0x7FF0000000000ABC
    body = pb.family("g", pb.GAUGE, [pb.metric(pb.message(2, pb.double_bits(1, payload)))])
    assert read(body).values.view(np.uint64).tolist() == [payload]


def test_metadata_comes_from_the_families() -> None:
    body = pb.family("c_seconds", pb.COUNTER, [pb.metric(pb.counter(1))], "some help", "seconds")
    assert read(body).metadata() == [MetricMetadata("c_seconds", "counter", "some help", "seconds")]


def test_a_family_without_metrics_is_passed_over() -> None:
    assert read(pb.family("", 99, [])).n == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (pb.family("", pb.GAUGE, [pb.metric(pb.gauge(1))]), "invalid metric name"),
        (pb.family("g", 17, [pb.metric(pb.gauge(1))]), "invalid metric type"),
        (pb.family("g", pb.GAUGE, [pb.message(1, pb.text(2, "v")) + pb.gauge(1)]), "invalid label name"),
        (pb.family("g", pb.GAUGE, [pb.message(1, pb.text(1, "a") + pb.message(2, b"\xff"))]), "invalid UTF-8"),
        (pb.family("g", pb.GAUGE, [pb.integer(2, 1)]), "malformed"),
        (b"\x80\x80\x80\x80\x80\x01", "malformed"),
        (b"\x05ab", "malformed"),
    ],
)
def test_a_message_that_no_family_can_be_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(MalformedPage, match=message):
        read(body)


def test_keys_tell_parts_bounds_and_labels_apart() -> None:
    one = pb.metric(pb.histogram(5, 2.5, {0.1: 1, 1: 3}), {"a": "b"})
    other = pb.metric(pb.histogram(5, 2.5, {0.1: 1, 1: 3}), {"a": "c"})
    page = read(pb.family("h", pb.HISTOGRAM, [one, other]))
    assert len(set(page.keys.tolist())) == page.n == 10
    assert read(pb.family("h", pb.HISTOGRAM, [one])).keys.tolist() == page.keys.tolist()[:5]


def test_long_labels_are_not_multiplied_by_the_buckets() -> None:
    buckets = {float(k): k for k in range(20_000)}
    page = read(pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(1, 1, buckets), {"a": "x" * 1_000_000})]))
    assert page.n == 20_003
    assert len(page.buffer) < 3_000_000


def test_a_dense_page_of_empty_metrics_is_counted_right() -> None:
    assert read(pb.family("h", pb.HISTOGRAM, [b""] * 5000)).n == 15_000


metrics = st.one_of(
    st.builds(lambda value: (pb.COUNTER, pb.counter(value)), pages.floats),
    st.builds(lambda value: (pb.GAUGE, pb.gauge(value)), pages.floats),
    st.builds(lambda value: (pb.UNTYPED, pb.untyped(value)), pages.floats),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(pages.series, metrics), max_size=4))
def test_what_is_written_as_protobuf_is_read_back(samples: list[tuple[Labels, tuple[int, bytes]]]) -> None:
    body = b"".join(
        pb.family(labels.name, kind, [pb.metric(value, dict(labels.without({METRIC_NAME})))])
        for labels, (kind, value) in samples
    )
    page = read(body)
    assert [page.labels(i) for i in range(page.n)] == [labels for labels, _ in samples]
    assert page.values.tobytes() == b"".join(value[3:] for _, (_, value) in samples)


def test_truncated_and_mutated_pages_give_a_page_or_an_error() -> None:
    span = pb.message(12, pb.integer(1, 0) + pb.integer(2, 1))
    body = pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {1: 3}, span), {"a": "b"}, 5)], "help", "s")
    body += pb.family("s", pb.SUMMARY, [pb.metric(pb.summary(5, 2.5, {0.5: 1.0}))])
    body += pb.family("c", pb.COUNTER, [pb.metric(pb.counter(1, pb.message(2, pb.exemplar({"t": "u"}, 0.5, 3))))])
    rng = random.Random(3)
    candidates = [body[:end] for end in range(len(body))]
    for _ in range(4000):
        data = bytearray(body)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        candidates.append(bytes(data))
    accepted = 0
    for candidate in candidates:
        try:
            page = read(candidate)
            for i in range(page.n):
                page.labels(i)
            page.metadata()
            accepted += 1
        except MalformedPage:
            pass
    assert 0 < accepted < len(candidates)
