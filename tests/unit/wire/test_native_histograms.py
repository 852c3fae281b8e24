"""Native histograms of protobuf pages: what is read, what is refused, and every way in which bytes can be wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire import protobuf_pages as pb
from vedette.model.errors import BadInput
from vedette.model.histograms import CounterReset, NativeHistogram
from vedette.model.labels import Labels
from vedette.wire.exposition import Format, InvalidHistogram, scan, take_natives, without_natives


def zigzag(number, value):
    return pb.integer(number, value << 1 ^ value >> 63)


def span(number, offset, length):
    return pb.message(number, zigzag(1, offset) + pb.integer(2, length))


def deltas(number, values, packed=True):
    if packed:
        return pb.message(number, b"".join(pb.varint(value << 1 ^ value >> 63) for value in values))
    return b"".join(zigzag(number, value) for value in values)


def doubles(number, values):
    return pb.message(number, b"".join(pb.double(1, value)[1:] for value in values))


WHOLE = zigzag(5, 0) + pb.double(6, 0.001) + pb.integer(7, 2) + span(12, -2, 2) + span(12, 1, 2) + span(9, 3, 1)
COUNTED = WHOLE + deltas(13, [3, -1, -2, 2]) + deltas(10, [1])
EXPECTED = NativeHistogram(0, 10.0, 2.5, 2.0, 0.001, {-2: 3.0, -1: 2.0, 2: 2.0}, {3: 1.0})


def page_of(*histograms, kind=pb.HISTOGRAM):
    metrics = [pb.metric(one, {"n": str(n)}) for n, one in enumerate(histograms)]
    return scan(pb.family("first", pb.GAUGE, [pb.metric(pb.gauge(1))]) + pb.family("h", kind, metrics), Format.PROTOBUF)


def read(*histograms, **options):
    return take_natives(page_of(*histograms), **{"keep_classic": False, **options})


@pytest.mark.parametrize("packed", [True, False])
def test_spans_and_deltas_become_buckets_without_the_empty_ones(packed):
    counts = deltas(13, [3, -1, -2, 2], packed) + deltas(10, [1], packed)
    rest, natives = read(pb.histogram(10, 2.5, {}, WHOLE + counts))
    assert natives.histograms.at(0) == EXPECTED
    assert natives.page.labels(0) == Labels.of(__name__="h", n="0")
    assert [rest.labels(i).name for i in range(rest.n)] == ["first"]


def test_histograms_of_floats_have_their_counts_as_they_are():
    body = pb.double(4, 7.5) + zigzag(5, 3) + pb.double(8, 0.25) + span(12, 4, 2) + doubles(14, [1.5, 5.75])
    _, natives = read(pb.message(7, pb.double(2, 3.5) + body))
    assert natives.histograms.at(0) == NativeHistogram(3, 7.5, 3.5, 0.25, 0.0, {4: 1.5, 5: 5.75})


def test_gauge_histograms_say_so():
    page = page_of(pb.histogram(10, 2.5, {}, COUNTED), kind=pb.GAUGE_HISTOGRAM)
    assert take_natives(page, keep_classic=False)[1].histograms.at(0).hint is CounterReset.GAUGE


def test_classic_series_stay_where_they_are_asked_for_and_there_are_any():
    histograms = pb.histogram(10, 2.5, {1.0: 4}, COUNTED), pb.histogram(10, 2.5, {}, COUNTED)
    rest, natives = read(*histograms, keep_classic=True)
    assert natives.page.n == 2
    assert [str(rest.labels(i)) for i in range(1, rest.n)] == [
        'h_count{n="0"}',
        'h_sum{n="0"}',
        'h_bucket{le="1.0", n="0"}',
        'h_bucket{le="+Inf", n="0"}',
    ]
    assert without_natives(page_of(*histograms)).n == 1 + 4 + 3


def test_exemplars_of_a_histogram_need_a_time_and_come_in_its_order():
    own = [pb.exemplar({"t": "late"}, 1.0, 9), pb.exemplar({"t": "never"}, 1.0), pb.exemplar({"t": "early"}, 5.0, 3)]
    bucket = pb.message(3, pb.integer(1, 4) + pb.double(2, 1.0) + pb.message(3, pb.exemplar({"t": "bucket"}, 0.5, 1)))
    with_own = pb.histogram(10, 2.5, {}, COUNTED + bucket + b"".join(pb.message(16, one) for one in own))
    _, natives = read(with_own, pb.histogram(10, 2.5, {}, COUNTED + bucket))
    found = natives.exemplars
    labels = [natives.page.source.exemplar_labels(*pair).get("t") for pair in found.spans.tolist()]
    assert list(zip(found.rows.tolist(), labels, found.times_ms.tolist(), strict=True)) == [
        (0, "early", 3000),
        (0, "late", 9000),
        (1, "bucket", 1000),
    ]


@pytest.mark.parametrize(
    ("histogram", "words"),
    [
        (pb.histogram(11, 2.5, {}, COUNTED), "10 observations found in buckets, but the Count field is 11: "),
        (pb.histogram(9, float("nan"), {}, COUNTED), "should be at least the number"),
        (pb.histogram(1, 0.0, {}, span(12, 0, 2) + deltas(13, [2, -3])), "bucket number 2 has observation count of -1"),
        (pb.histogram(2, 0.0, {}, span(12, 0, 1) + span(12, -1, 1) + deltas(13, [1, 0])), "offset is negative"),
        (pb.histogram(0, 0.0, {}, zigzag(5, -5) + span(12, 0, 0)), "got schema -5"),
        (pb.histogram(0, 0.0, {}, zigzag(5, 53) + span(12, 0, 0)), "got schema 53"),
        (pb.message(7, pb.double(4, 1.0) + pb.double(8, -1.0) + span(12, 0, 0)), "observation count is negative"),
    ],
)
def test_a_histogram_that_no_store_takes_is_refused_with_its_place(histogram, words):
    with pytest.raises(InvalidHistogram, match=words) as raised:
        read(pb.histogram(10, 2.5, {}, COUNTED), histogram)
    assert raised.value.before == 2


def test_spans_that_do_not_fit_the_buckets_are_refused():
    with pytest.raises(BadInput, match='histogram "h": positive side: spans require 4 buckets, have 5'):
        read(pb.histogram(10, 2.5, {}, WHOLE + deltas(13, [1] * 5)))
    with pytest.raises(BadInput, match="spans require 4294967295 buckets, have 1"):
        read(pb.histogram(1, 0.0, {}, span(12, 0, (1 << 32) - 1) + deltas(13, [1])))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 200), st.integers(0, 255), st.booleans())
def test_mutated_and_truncated_bytes_are_read_or_refused(place, byte, cut):
    body = bytearray(pb.histogram(10, 2.5, {1.0: 3}, COUNTED + pb.message(16, pb.exemplar({"t": "u"}, 1.0, 3))))
    at = place % len(body)
    body[at] = byte
    try:
        read(bytes(body[:at] if cut else body))
    except BadInput:
        return
    except AssertionError:
        assert page_of(bytes(body[:at] if cut else body)).natives is None


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.integers(-1000, 1000), st.integers(1, 2**40), max_size=20),
    st.dictionaries(st.integers(-1000, 1000), st.integers(1, 2**40), max_size=20),
)
def test_any_buckets_are_read_back(positive, negative):
    body = b""
    for side, spans_field, deltas_field in ((positive, 12, 13), (negative, 9, 10)):
        end = last = 0
        values = []
        for index in sorted(side):
            body += span(spans_field, index - end, 1)
            end = index + 1
            values.append(side[index] - last)
            last = side[index]
        body += deltas(deltas_field, values)
    total = sum(positive.values()) + sum(negative.values())
    _, natives = read(pb.histogram(total, 1.0, {}, span(12, 0, 0) + body if not positive else body + span(12, 0, 0)))
    found = natives.histograms.at(0)
    assert found.positive == positive
    assert found.negative == negative
    assert np.float64(total) == found.count
