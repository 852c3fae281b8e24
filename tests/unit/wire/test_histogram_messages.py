"""Native histograms on their way out: messages and chunks, read back by twins and by our own receiver."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire import histogram_chunk_twin as twin
from tests.unit.wire.xor_twin import bits_of
from vedette.model.blocks import SeriesColumns
from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, CounterReset, HistogramCells, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.wire.protobuf import as_bytes, as_int64, bytes_field, read_fields, varint_field
from vedette.wire.remote_read.answers import encode_chunks, encode_samples
from vedette.wire.remote_read.frames import FrameReader, decode_frame
from vedette.wire.remote_write import Message, scan_request
from vedette.wire.remote_write.histograms import read_histograms
from vedette.wire.remote_write.scanning import PADDING

Value = float | NativeHistogram
Rows = list[tuple[int, Value]]

WHOLE = st.integers(0, 1 << 20).map(float)
ANY = st.one_of(WHOLE, st.floats(0, 1e300), st.just(0.1))
THRESHOLDS = st.sampled_from([0.0, 2.0**-128, 2.0**-243, 2.0**10, 2.0**11, 2.0**-244, 0.3, 1e-320])
BOUNDS = st.lists(
    st.one_of(st.integers(0, 40_000_000).map(lambda n: n / 1000), st.floats(-1e9, 1e9)), unique=True, max_size=5
)


@st.composite
def histograms(draw: st.DrawFn, counts: st.SearchStrategy[float] = ANY) -> NativeHistogram:
    hint = draw(st.sampled_from(CounterReset))
    numbers = draw(counts), draw(st.floats(allow_nan=False))
    if draw(st.booleans()):
        bounds = tuple(sorted(draw(BOUNDS)))
        positive = draw(st.dictionaries(st.integers(0, len(bounds)), counts))
        return NativeHistogram(CUSTOM_BUCKETS, *numbers, positive=positive, bounds=bounds, hint=hint)
    sides = [draw(st.dictionaries(st.integers(-300, 300), counts, max_size=6)) for _ in range(2)]
    return NativeHistogram(draw(st.integers(-4, 8)), *numbers, draw(counts), draw(THRESHOLDS), *sides, (), hint)


def columns(*series: Rows) -> SeriesColumns:
    rows = [row for each in series for row in each]
    found = [value for _, value in rows if isinstance(value, NativeHistogram)]
    is_histogram = np.array([isinstance(value, NativeHistogram) for _, value in rows], np.bool_)
    cells = HistogramCells(np.where(is_histogram, np.cumsum(is_histogram) - 1, FLOAT), Histograms.of(found))
    return SeriesColumns(
        [Labels.of(__name__="m", row=f"{number:03}") for number in range(len(series))],
        np.append(0, np.cumsum([len(each) for each in series])).astype(np.int64),
        np.array([time for time, _ in rows], np.int64),
        np.array([math.nan if isinstance(value, NativeHistogram) else value for _, value in rows], np.float64),
        histograms=cells,
    )


def read_stream(stream: bytes) -> list[list[tuple[int, list[tuple[int, Value]]]]]:
    """For each series its chunks: encoding and samples."""
    found: dict[bytes, list[tuple[int, list[tuple[int, Value]]]]] = {}
    for payload in FrameReader().feed(stream):
        series = [as_bytes(value) for number, value in read_fields(payload) if number == 1]
        for one in series:
            labels = b"".join(as_bytes(value) for number, value in read_fields(one) if number == 1)
            chunks = (dict(read_fields(as_bytes(value))) for number, value in read_fields(one) if number == 2)
            for chunk in chunks:
                rows = twin.decode(as_bytes(chunk[4])) if chunk[3] == 3 else []
                assert not rows or (as_int64(chunk.get(1, 0)), as_int64(chunk.get(2, 0))) == (rows[0][0], rows[-1][0])
                found.setdefault(labels, []).append((as_int64(chunk[3]), rows))
    return list(found.values())


def bare(histogram: NativeHistogram) -> NativeHistogram:
    """Without its hint and the buckets that are listed as empty."""
    sides = (
        {index: count for index, count in side.items() if count} for side in (histogram.positive, histogram.negative)
    )
    positive, negative = sides
    return replace(histogram, positive=positive, negative=negative, hint=CounterReset.UNKNOWN)


def bare_rows(rows: Rows) -> Rows:
    return [(time, bare(value)) for time, value in rows if isinstance(value, NativeHistogram)]


TIMES = st.integers(-(1 << 45), 1 << 45)
STEPS = st.one_of(st.just(15_000), st.integers(1, 1 << 44))


@st.composite
def series(draw: st.DrawFn) -> Rows:
    time, rows = draw(TIMES), []
    for value in draw(st.lists(st.one_of(histograms(), histograms(WHOLE), st.floats()), min_size=1, max_size=8)):
        rows.append((time, value))
        time += draw(STEPS)
    return rows


@settings(deadline=None)
@given(st.lists(series(), min_size=1, max_size=3))
def test_chunks_of_histograms_read_back_number_by_number(given):
    found = read_stream(bytes(encode_chunks(columns(*given), [], 0, 1 << 20)))
    assert [[row for _, rows in chunks for row in bare_rows(rows)] for chunks in found] == [
        bare_rows(one) for one in given
    ]


def growing(n: int, start: float = 1.0, **changed: object) -> list[NativeHistogram]:
    """Each with one bucket more than the one before."""
    base = NativeHistogram(**changed)  # type: ignore[arg-type]
    return [
        replace(base, count=start + i, sum=2.0 * i, positive={2 * k: 1.0 for k in range(i + 1)}, zero_count=start)
        for i in range(n)
    ]


def kinds(*values: Value) -> list[tuple[int, int]]:
    """(encoding, samples) of each chunk of a series with these values; floats are not read."""
    (chunks,) = read_stream(
        bytes(encode_chunks(columns([(1000 * i, value) for i, value in enumerate(values)]), [], 0, 1))
    )
    return [(encoding, len(rows)) for encoding, rows in chunks]


def test_a_chunk_takes_in_buckets_that_come_later():
    (chunks,) = read_stream(bytes(encode_chunks(columns(list(enumerate(growing(5)))), [], 0, 1 << 20)))
    ((encoding, rows),) = chunks
    assert encoding == 3
    assert [sorted(histogram.positive) for _, histogram in rows] == [[0, 2, 4, 6, 8]] * 5
    assert [histogram.hint for _, histogram in rows] == [CounterReset.UNKNOWN] + [CounterReset.NOT_RESET] * 4


def test_a_chunk_ends_before_a_reset_another_layout_and_another_kind():
    one = growing(2)
    assert kinds(*one, *one) == [(3, 2), (3, 2)]
    assert kinds(*one, replace(one[1], hint=CounterReset.RESET)) == [(3, 2), (3, 1)]
    assert kinds(*one, replace(one[1], zero_threshold=0.5)) == [(3, 2), (3, 1)]
    assert kinds(*one, replace(one[1], schema=1)) == [(3, 2), (3, 1)]
    assert kinds(*one, STALE_NAN, *growing(2, 5.0)) == [(3, 2), (1, 0), (3, 2)]
    custom = [NativeHistogram(CUSTOM_BUCKETS, bounds=bounds) for bounds in ((1.0,), (1.0,), (2.0,))]
    assert kinds(*custom) == [(3, 2), (3, 1)]


def test_a_chunk_has_120_samples_at_most():
    assert kinds(*growing(300)) == [(3, 120), (3, 120), (3, 60)]


def test_gauges_may_fall_within_a_chunk():
    falling = [replace(one, hint=CounterReset.GAUGE) for one in growing(4)[::-1]]
    (chunks,) = read_stream(bytes(encode_chunks(columns(list(enumerate(falling))), [], 0, 1 << 20)))
    ((_, rows),) = chunks
    assert [histogram.hint for _, histogram in rows] == [CounterReset.GAUGE] * 4
    assert kinds(*falling, *growing(2, 9.0)) == [(3, 4), (3, 2)]


def received(message: bytes) -> list[tuple[int, NativeHistogram]]:
    """Read by our receiver's own scanner."""
    found = read_histograms(scan_request(np.frombuffer(message + bytes(PADDING), np.uint8), Message.V1))
    assert not found.faults
    return [(time, found.table.at(row)) for row, time in enumerate(found.times_ms.tolist())]


@settings(deadline=None)
@given(st.lists(series(), min_size=1, max_size=3))
def test_one_message_has_every_sample_of_both_kinds(given):
    message = bytes(encode_samples(columns(*given), [("replica", "a")]))
    expected = [(time, value) for rows in given for time, value in rows if isinstance(value, NativeHistogram)]
    assert received(message) == expected
    for (number, one), rows in zip(read_fields(message), given, strict=True):
        assert number == 1
        samples = [dict(read_fields(as_bytes(value))) for field, value in read_fields(as_bytes(one)) if field == 2]
        floats = [(time, bits_of(value)) for time, value in rows if not isinstance(value, NativeHistogram)]
        assert [(as_int64(sample.get(2, 0)), sample[1]) for sample in samples] == floats


@pytest.mark.parametrize(("count", "field"), [(3.0, 1), (3.5, 2), (-0.0, 2), (2.0**53, 1), (2.0**54, 2), (math.inf, 2)])
def test_whole_counts_travel_as_integers(count, field):
    message = bytes(encode_samples(columns([(5, NativeHistogram(count=count))]), []))
    histogram = next(value for number, value in read_fields(as_bytes(dict(read_fields(message))[1])) if number == 4)
    assert {1, 2} & dict(read_fields(as_bytes(histogram))).keys() == {field}
    assert bits_of(received(message)[0][1].count) == bits_of(count)


def test_a_series_without_samples_is_left_out():
    given = columns([], [(1, NativeHistogram(count=1.0))], [])
    assert bytes_field(1, b"x")[0] == bytes(encode_samples(given, []))[0]
    assert len(list(read_fields(bytes(encode_samples(given, []))))) == 1
    assert len(read_stream(bytes(encode_chunks(given, [], 0, 1 << 20)))) == 1


def decoded(stream: bytes) -> list[Rows]:
    """Every sample of every series, by our own decoder, by time."""
    found: dict[bytes, Rows] = {}
    for payload in FrameReader().feed(stream):
        for part in decode_frame(payload):
            floats = zip(part.times_ms.tolist(), part.values.tolist(), strict=True)
            native = ((time, part.histograms.at(row)) for row, time in enumerate(part.histogram_times_ms.tolist()))
            found.setdefault(part.key, []).extend([*floats, *native])
    return [sorted(rows, key=lambda row: row[0]) for rows in found.values()]


@settings(deadline=None)
@given(st.lists(series(), min_size=1, max_size=3))
def test_our_decoder_reads_what_we_write(given):
    found = decoded(bytes(encode_chunks(columns(*given), [], 0, 1 << 20)))
    assert [bare_rows(rows) for rows in found] == [bare_rows(rows) for rows in given]
    assert [[time for time, _ in rows] for rows in found] == [[time for time, _ in rows] for rows in given]


@st.composite
def integer_chunks(draw: st.DrawFn) -> list[tuple[int, NativeHistogram]]:
    """Samples of one layout with whole counts."""
    base = draw(histograms(WHOLE))
    if base.hint is not CounterReset.GAUGE:
        base = replace(base, hint=CounterReset.UNKNOWN)
    time, rows = draw(TIMES), []
    for _ in range(draw(st.integers(1, 5))):
        sides = [{index: draw(WHOLE) for index in sorted(side)} for side in (base.positive, base.negative)]
        numbers = draw(WHOLE), draw(st.floats(allow_nan=False)), 0.0 if base.bounds or base.schema < -4 else draw(WHOLE)
        one = NativeHistogram(base.schema, *numbers, base.zero_threshold, *sides, base.bounds, base.hint)
        rows.append((time, one))
        time += draw(STEPS)
    return rows


@settings(deadline=None)
@given(integer_chunks())
def test_chunks_of_integers_are_read(rows):
    """Which the reference writes, and we do not: written by the twin."""
    chunk = varint_field(1, rows[0][0]) + varint_field(2, rows[-1][0]) + varint_field(3, 2)
    frame = bytes_field(1, bytes_field(2, chunk + bytes_field(4, twin.encode_integers(rows))))
    (part,) = decode_frame(frame)
    assert part.histogram_times_ms.tolist() == [time for time, _ in rows]
    assert [part.histograms.at(row) for row in range(len(rows))] == [histogram for _, histogram in rows]


def test_a_stale_marker_at_the_end_of_a_chunk_has_no_buckets():
    base = NativeHistogram(0, 3.0, 1.0, positive={0: 1.0, 5: 2.0})
    stale = replace(base, sum=STALE_NAN)
    written = twin.encode_integers([(1, base), (2, base), (3, stale)])
    (part,) = decode_frame(bytes_field(1, bytes_field(2, varint_field(3, 2) + bytes_field(4, written))))
    assert part.histogram_times_ms.tolist() == [1, 2, 3]
    assert part.histograms.at(1) == base
    assert bits_of(part.histograms.at(2).sum) == bits_of(STALE_NAN)


@settings(deadline=None)
@given(integer_chunks(), st.data())
def test_a_damaged_chunk_of_histograms_is_read_or_refused(rows, data):
    chunk = bytearray(twin.encode_integers(rows))
    chunk[data.draw(st.integers(0, len(chunk) - 1))] ^= data.draw(st.integers(1, 255))
    cut = chunk[: data.draw(st.integers(1, len(chunk)))]
    frame = bytes_field(1, bytes_field(2, varint_field(3, data.draw(st.integers(2, 3))) + bytes_field(4, bytes(cut))))
    try:
        (part,) = decode_frame(frame)
    except BadInput as error:
        assert "chunk" in error.message
    else:
        assert len(part.histogram_times_ms) == len(part.histograms)
