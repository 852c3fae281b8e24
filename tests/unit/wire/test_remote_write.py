from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import write_requests as rw
from vedette.intake.receiving.histogram_checks import invalid_histograms, with_known_resolution
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.histograms import CounterReset, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.model.limits import ReceiveLimits
from vedette.model.staleness import STALE_NAN, is_stale
from vedette.wire.remote_write import Message, UnsupportedMedia, WriteRequest, message_of, scan_request
from vedette.wire.remote_write.histograms import read_histograms
from vedette.wire.remote_write.scanning import PADDING
from vedette.wire.snappy import compress, decompress, decompress_padded

ENCODERS: list[tuple[Message, Callable[[list[rw.Series]], bytes]]] = [
    (Message.V1, rw.request_v1),
    (Message.V2, rw.request_v2),
]
both_versions = pytest.mark.parametrize(("message", "encode"), ENCODERS, ids=["v1", "v2"])


def read(body: bytes, message: Message, limits: ReceiveLimits = ReceiveLimits()) -> WriteRequest:
    return scan_request(decompress_padded(rw.snappy(body), 1 << 24, PADDING), message, limits)


def rows(request: WriteRequest) -> list[tuple[str, int, bytes]]:
    return [
        (str(request.labels(owner)), time_ms, struct.pack("<d", value))
        for owner, time_ms, value in zip(
            request.owners.tolist(), request.times_ms.tolist(), request.values.tolist(), strict=True
        )
    ]


texts = st.text(min_size=1, max_size=12)
names = st.text("abcdefgh_", min_size=1, max_size=6)
label_sets = st.dictionaries(names, texts, max_size=5).map(lambda pairs: {**pairs, "__name__": "m"})
samples = st.tuples(st.integers(-(1 << 62), 1 << 62), st.floats(allow_nan=False))
series_lists = st.lists(
    st.builds(lambda labels, some: rw.Series.of(labels, *some), label_sets, st.lists(samples, max_size=4)), max_size=8
)


@both_versions
@settings(max_examples=60, deadline=None)
@given(series_lists)
def test_a_request_comes_back_as_it_was_written(
    message: Message, encode: Callable[[list[rw.Series]], bytes], series: list[rw.Series]
) -> None:
    request = read(encode(series), message)
    expected = [
        (str(Labels(one.labels)), time_ms, struct.pack("<d", value)) for one in series for time_ms, value in one.samples
    ]
    assert rows(request) == expected


@both_versions
@settings(max_examples=40, deadline=None)
@given(series_lists)
def test_equal_labels_have_equal_keys_and_other_labels_others(
    message: Message, encode: Callable[[list[rw.Series]], bytes], series: list[rw.Series]
) -> None:
    first, second = read(encode(series), message), read(encode(series[::-1]), message)
    labels = [Labels(one.labels) for one in series]
    of_labels = dict(zip(labels, first.keys.tolist(), strict=True))
    assert first.keys.tolist() == [of_labels[one] for one in labels]
    assert second.keys.tolist()[::-1] == first.keys.tolist()
    assert len(set(of_labels.values())) == len(of_labels)


@both_versions
def test_stale_markers_and_ordinary_nan_keep_their_bits(
    message: Message, encode: Callable[[list[rw.Series]], bytes]
) -> None:
    values = read(encode([rw.Series.of({"__name__": "m"}, (1, STALE_NAN), (2, math.nan))]), message).values
    assert is_stale(float(values[0])) and not is_stale(float(values[1])) and math.isnan(values[1])


@both_versions
def test_truncated_and_mutated_requests_end_in_an_answer_or_bad_input(
    message: Message, encode: Callable[[list[rw.Series]], bytes]
) -> None:
    series = [
        rw.Series.of({"__name__": "m", "a": str(i)}, (i, i / 2), extra=rw.message(4, b"\x08\x01")) for i in range(3)
    ]
    body = encode(series)
    verdicts: Counter[str] = Counter()
    bodies = [body[:n] for n in range(len(body))]
    random = np.random.default_rng(1)
    for _ in range(600):
        mutated = bytearray(body)
        mutated[random.integers(len(body))] = random.integers(256)
        bodies.append(bytes(mutated))
    for each in bodies:
        try:
            request = read(each, message)
            for row in range(request.n_series):
                request.labels(row)
                request.metadata_of(row, "m")
            verdicts["read"] += 1
        except BadInput:
            verdicts["refused"] += 1
    assert verdicts["read"] > 20 and verdicts["refused"] > 100


def test_references_outside_of_the_table_are_named() -> None:
    body = rw.message(4, b"") + rw.message(5, rw.packed(1, [0, 7]) + rw.sample(1, 1.0))
    with pytest.raises(BadInput, match=r"labelRefs 0 \(name\) = 7 \(value\) outside of symbols table \(size 1\)"):
        read(body, Message.V2).labels(0)
    odd = rw.message(4, b"") + rw.message(5, rw.packed(1, [0]) + rw.sample(1, 1.0))
    request = read(odd, Message.V2)
    assert request.keys.tolist() == [0]
    with pytest.raises(BadInput, match="invalid labelRefs length 1"):
        request.labels(0)


def test_unpacked_references_are_read_too() -> None:
    symbols = rw.Symbols()
    refs = [symbols.ref(text) for text in ("__name__", "m", "a", "b")]
    series = b"".join(rw.integer(1, ref) for ref in refs) + rw.sample(5, 2.0)
    body = rw.message(5, series) + symbols.encoded()
    assert rows(read(body, Message.V2)) == [('m{a="b"}', 5, struct.pack("<d", 2.0))]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([("a", "b")], 'invalid metric name or labels, got {a="b"}'),
        ([("__name__", "")], 'invalid metric name or labels, got {__name__=""}'),
        ([("", "x"), ("__name__", "m")], 'invalid metric name or labels, got {""="x", __name__="m"}'),
        (
            [("__name__", "m"), ("a", "1"), ("a", "2")],
            'invalid labels for series, labels {__name__="m", a="1", a="2"}, duplicated label a',
        ),
    ],
)
@both_versions
def test_labels_that_no_series_can_have_are_refused_in_the_references_words(
    message: Message, encode: Callable[[list[rw.Series]], bytes], labels: list[tuple[str, str]], words: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(encode([rw.Series(labels, [(1, 1.0)])]), message).labels(0)
    assert refused.value.message == words


def test_labels_that_are_not_utf8_are_refused() -> None:
    label = rw.message(1, rw.message(1, b"a") + rw.message(2, b"\xff"))
    body = rw.message(1, rw.label_v1("__name__", "m") + label + rw.sample(1, 1.0))
    with pytest.raises(BadInput, match=r'got \{__name__="m", a="\\xff"\}'):
        read(body, Message.V1).labels(0)


def test_unsorted_labels_are_sorted() -> None:
    request = read(rw.request_v1([rw.Series([("b", "2"), ("__name__", "m"), ("a", "1")], [(1, 1.0)])]), Message.V1)
    assert request.labels(0) == Labels.of(__name__="m", a="1", b="2")


def test_metadata_of_the_second_version_names_the_family() -> None:
    symbols = rw.Symbols()
    metadata = rw.message(
        5, rw.integer(1, 3) + rw.integer(3, symbols.ref("Time.")) + rw.integer(4, symbols.ref("seconds"))
    )
    body = rw.request_v2([rw.Series.of({"__name__": "t_bucket"}, (1, 1.0), extra=metadata)], symbols)
    entry = read(body, Message.V2).metadata_of(0, "t_bucket")
    assert entry is not None
    assert (entry.metric, entry.type, entry.help, entry.unit) == ("t", "histogram", "Time.", "seconds")


def test_more_than_a_request_may_bring_is_refused_before_it_is_held() -> None:
    many = rw.request_v1([rw.Series.of({"__name__": "m"}, *[(i, 1.0) for i in range(50)])])
    with pytest.raises(BodyTooLarge, match="too many samples in one request: 50, limit 49"):
        read(many, Message.V1, ReceiveLimits(samples_max=49))
    with pytest.raises(BodyTooLarge, match="too many symbols"):
        read(rw.message(4, b"") * 100_001, Message.V2, ReceiveLimits(symbols_max=100_000))


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("", Message.V1),
        ("application/x-protobuf", Message.V1),
        ("application/x-protobuf;proto=prometheus.WriteRequest", Message.V1),
        ("application/x-protobuf;proto=io.prometheus.write.v2.Request", Message.V2),
        ("application/x-protobuf; proto=io.prometheus.write.v2.Request", Message.V2),
    ],
)
def test_the_content_type_names_the_message(content_type: str, message: Message) -> None:
    assert message_of(content_type, "snappy") is message


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/plain", "snappy"),
        ("application/json", ""),
        ("application/x-protobuf;proto=other", "snappy"),
        ("application/x-protobuf;proto", "snappy"),
        ("application/x-protobuf", "gzip"),
        ("application/x-protobuf", "zstd"),
    ],
)
def test_other_messages_and_encodings_are_unsupported_media(content_type: str, encoding: str) -> None:
    with pytest.raises(UnsupportedMedia):
        message_of(content_type, encoding)


@given(st.binary(max_size=300))
def test_snappy_gives_back_what_it_took(data: bytes) -> None:
    assert decompress(compress(data), 1 << 20) == data


@pytest.mark.parametrize(
    "block", [b"", b"\xff\xff\xff\xff\xff\xff", b"\x05abc", compress(b"abc" * 99)[:-1], b"\x00" + compress(b"abc")[1:]]
)
def test_a_block_of_another_length_than_it_says_is_corrupt(block: bytes) -> None:
    with pytest.raises(BadInput, match="snappy: corrupt input"):
        decompress(block, 1 << 20)


def test_a_block_is_not_inflated_beyond_the_limit() -> None:
    with pytest.raises(BodyTooLarge, match="decoded length 4294967295 exceeds limit 1000"):
        decompress(b"\xff\xff\xff\xff\x0f" + b"x" * 10, 1000)


def histogram(
    schema: int = 0,
    positive: tuple[tuple[tuple[int, int], ...], tuple[int, ...]] = (((0, 2), (3, 1)), (1, 1, -1)),
    *,
    count: int = 4,
    floats: tuple[float, ...] = (),
    extra: bytes = b"",
) -> bytes:
    """Field 4 of a TimeSeries of 1.0; the default has buckets 0: 1, 1: 2, 5: 1."""
    spans, deltas = positive
    body = rw.double(2, count) if floats else rw.integer(1, count)
    body += rw.double(3, 9.5) + rw.integer(4, rw.zigzag(schema))
    body += b"".join(
        rw.message(11, rw.integer(1, rw.zigzag(offset)) + rw.integer(2, length)) for offset, length in spans
    )
    if floats:
        body += rw.message(13, struct.pack(f"<{len(floats)}d", *floats))
    else:
        body += rw.packed(12, map(rw.zigzag, deltas))
    return rw.message(4, body + rw.integer(15, 77) + extra)


def read_one(body: bytes) -> tuple[NativeHistogram, list[tuple[int, str]]]:
    found = read_histograms(read(rw.request_v1([rw.Series.of({"__name__": "h"}, extra=body)]), Message.V1))
    assert found.times_ms.tolist() == [77] and found.owners.tolist() == [0]
    return found.table.at(0), found.faults


def test_integer_histograms_are_summed_up_from_their_deltas() -> None:
    found, faults = read_one(histogram(extra=rw.integer(6, 3) + rw.double(5, 0.25) + rw.integer(14, 2)))
    assert faults == []
    assert found == NativeHistogram(0, 4.0, 9.5, 3.0, 0.25, {0: 1.0, 1: 2.0, 5: 1.0}, {}, (), CounterReset.NOT_RESET)


def test_float_histograms_have_their_counts_as_they_are() -> None:
    found, faults = read_one(histogram(floats=(1.5, 2.5, 0.5), count=5, extra=rw.double(7, 0.5)))
    assert faults == [] and found.positive == {0: 1.5, 1: 2.5, 5: 0.5} and (found.count, found.zero_count) == (5.0, 0.5)


def test_histograms_with_bounds_of_their_own() -> None:
    bounds = rw.message(16, struct.pack("<2d", 0.5, 1.0))
    found, _ = read_one(histogram(-53, (((0, 3),), (1, 0, 0)), extra=bounds))
    assert found.bounds == (0.5, 1.0) and found.positive == {0: 1.0, 1: 1.0, 2: 1.0}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (histogram(positive=(((0, 4),), (1, 1))), "spans specify different number of buckets"),
        (histogram(positive=(((0, 1),), (1, 1))), "spans specify different number of buckets"),
        (histogram(positive=(((0, 1), (-1, 1)), (1, 1))), "a span whose offset is negative"),
        (histogram(positive=(((0, 1 << 40),), (1, 1))), "spans specify different number of buckets"),
    ],
)
def test_spans_that_do_not_fit_are_named(body: bytes, words: str) -> None:
    _, [(row, fault)] = read_one(body)
    assert row == 0 and words in fault


def test_mutated_histograms_end_in_columns_or_bad_input() -> None:
    body = rw.request_v1([rw.Series.of({"__name__": "h"}, extra=histogram() + histogram(floats=(1.0, 2.0, 3.0)))])
    random = np.random.default_rng(5)
    ends: Counter[str] = Counter()
    for k in range(800):
        mutated = bytearray(body[: k + 1] if k < len(body) else body)
        mutated[random.integers(len(mutated))] = random.integers(256)
        try:
            found = read_histograms(read(bytes(mutated), Message.V1))
            assert len(invalid_histograms(with_known_resolution(found.table))) <= len(found.table)
            ends["read"] += 1
        except BadInput:
            ends["refused"] += 1
    assert ends["read"] > 100 and ends["refused"] > 100


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (NativeHistogram(count=2, positive={0: 2}), ""),
        (NativeHistogram(schema=-53, count=2, positive={0: 2}, bounds=(1.0,)), ""),
        (NativeHistogram(count=9, positive={0: 2}, sum=STALE_NAN), ""),
        (NativeHistogram(count=9, positive={0: 2}, sum=math.nan), ""),
        (NativeHistogram(count=1, positive={0: 2}, sum=math.nan), "should equal the number of observations"),
        (NativeHistogram(count=3, positive={0: 2}), "should equal the number of observations"),
        (NativeHistogram(schema=-9), "unknown schema"),
        (NativeHistogram(schema=60), "unknown schema"),
        (NativeHistogram(count=0, positive={0: 2, 1: -2}), "a bucket whose observation count is negative"),
        (NativeHistogram(count=-1), "observation count is negative"),
        (NativeHistogram(schema=-53, count=2, positive={3: 2}, bounds=(1.0,)), "custom bounds are too few"),
        (NativeHistogram(schema=-53, bounds=(2.0, 1.0)), "strictly increasing"),
        (NativeHistogram(schema=-53, zero_count=1, count=1, bounds=(1.0,)), "zero count of 0"),
        (NativeHistogram(schema=-53, zero_threshold=1, bounds=(1.0,)), "zero threshold of 0"),
        (NativeHistogram(schema=-53, negative={0: 1.0}, count=1, bounds=(1.0,)), "must not have negative buckets"),
    ],
)
def test_histograms_that_contradict_themselves_are_named(one: NativeHistogram, words: str) -> None:
    found = invalid_histograms(Histograms.of([NativeHistogram(count=1, zero_count=1), one]))
    assert [row for row, _ in found] == ([1] if words else [])
    assert all(words in text for _, text in found)


def test_finer_buckets_than_any_store_has_are_merged() -> None:
    table = with_known_resolution(Histograms.of([NativeHistogram(schema=9, count=6, positive={1: 1, 2: 2, 3: 3})]))
    assert table.at(0).schema == 8 and table.at(0).positive == {1: 3.0, 2: 3.0}
