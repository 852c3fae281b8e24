"""Remote read on the wire: chunks against the plain twin, frames whole, in pieces, cut and damaged, requests round."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire import xor_twin
from vedette.kernels.borrowing import borrowed
from vedette.kernels.checksums import crc32c
from vedette.kernels.xor_chunks import CHUNK_HEAD_BYTES_MAX, SAMPLE_BYTES_MAX, decode_chunks, encode_chunks
from vedette.model.blocks import SeriesColumns
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import STALE_NAN
from vedette.wire import snappy
from vedette.wire.protobuf import as_bytes, as_int64, bytes_field, read_fields, varint, varint_field
from vedette.wire.remote_read.answers import encode_chunks as encode_answer
from vedette.wire.remote_read.answers import encode_samples
from vedette.wire.remote_read.frames import FramePart, FrameReader, decode_frame
from vedette.wire.remote_read.requests import (
    ReadQuery,
    ReadRequest,
    ResponseType,
    decode_request,
    encode_request,
)

VALUES = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.integers(-1000, 1000).map(lambda n: xor_twin.bits_of(float(n))),
    st.just(xor_twin.bits_of(STALE_NAN)),
)
STEPS = st.one_of(st.just(15_000), st.integers(1, 40_000), st.integers(1, 1 << 45))


@st.composite
def samples(draw: st.DrawFn) -> list[xor_twin.Sample]:
    time, rows = draw(st.integers(-(1 << 50), 1 << 50)), []
    for _ in range(draw(st.integers(1, 30))):
        rows.append((time, draw(VALUES)))
        time += draw(STEPS)
    return rows


def encode(rows: list[xor_twin.Sample]) -> bytes:
    times = np.array([time for time, _ in rows], np.int64)
    bits = np.array([value for _, value in rows], np.uint64)
    out, ends = np.full(CHUNK_HEAD_BYTES_MAX + len(rows) * SAMPLE_BYTES_MAX, 0xFF, np.uint8), np.zeros(1, np.int64)
    start, end = np.zeros(1, np.int64), np.array([len(rows)], np.int64)
    encode_chunks(borrowed(times, np.int64), borrowed(bits, np.uint64), start, end, out, ends)
    return out[: ends[0]].tobytes()


def decode(chunk: bytes) -> list[xor_twin.Sample] | None:
    n = int.from_bytes(chunk[:2], "big")
    times, bits = np.empty(n, np.int64), np.empty(n, np.uint64)
    start, end = np.zeros(1, np.int64), np.array([len(chunk)], np.int64)
    damaged = decode_chunks(borrowed(np.frombuffer(chunk, np.uint8), np.uint8), start, end, times, bits)
    return None if damaged == 0 else list(zip(times.tolist(), bits.tolist(), strict=True))


@settings(deadline=None)
@given(samples())
def test_a_chunk_has_the_bytes_of_the_plain_twin_and_reads_back(rows):
    chunk = encode(rows)
    assert chunk == xor_twin.encode(rows)
    assert decode(chunk) == rows


@settings(deadline=None)
@given(samples(), st.data())
def test_a_damaged_chunk_gives_samples_or_a_refusal_and_never_reads_beyond_its_end(rows, data):
    chunk = bytearray(encode(rows))
    cut = data.draw(st.integers(2, len(chunk)))
    assert cut == len(chunk) or decode(bytes(chunk[:cut])) != rows
    chunk[data.draw(st.integers(2, len(chunk) - 1))] ^= data.draw(st.integers(1, 255))
    found = decode(bytes(chunk))
    assert found is None or len(found) == len(rows)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_the_checksum_is_castagnoli_s(data):
    padded = borrowed(np.frombuffer(data + bytes(8), np.uint8), np.uint8)
    assert int(crc32c(padded, 0, len(data))) == xor_twin.crc32c(data)


def columns(n_series: int, n_samples: int) -> SeriesColumns:
    """Every third series is empty."""
    lengths = [0 if i % 3 == 1 else n_samples + i for i in range(n_series)]
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
    times = np.concatenate([1_700_000_000_000 + 15_000 * np.arange(n, dtype=np.int64) for n in lengths])
    chance = np.random.default_rng(n_series)
    values = np.where(chance.random(len(times)) < 0.5, chance.integers(0, 9, len(times)), chance.random(len(times)))
    labels = [Labels.of(__name__="metric", row=f"{i:04}", text="é\n") for i in range(n_series)]
    return SeriesColumns(labels, offsets, times, values)


def read_all(stream: bytes, piece: int) -> dict[Labels, list[xor_twin.Sample]]:
    reader, found = FrameReader(), {}
    for at in range(0, len(stream), piece):
        for payload in reader.feed(stream[at : at + piece]):
            for part in decode_frame(payload):
                found.setdefault(part.labels(), []).extend(rows_of(part))
    reader.end()
    return found


def rows_of(part: FramePart) -> Iterable[xor_twin.Sample]:
    return zip(part.times_ms.tolist(), part.values.view(np.uint64).tolist(), strict=True)


def rows_by_labels(given: SeriesColumns, **external: str) -> dict[Labels, list[xor_twin.Sample]]:
    bits = given.values.view(np.uint64)
    return {
        Labels({**external, **dict(labels)}.items()): list(
            zip(given.times_ms[start:end].tolist(), bits[start:end].tolist(), strict=True)
        )
        for labels, start, end in zip(given.labels, given.offsets[:-1], given.offsets[1:], strict=True)
        if end > start
    }


@pytest.mark.parametrize("piece", [1, 7, 4096, 1 << 20])
def test_a_stream_of_frames_reads_back_whatever_its_pieces_are(piece):
    given = columns(5, 300)
    stream = bytes(encode_answer(given, [("replica", "a"), ("row", "other")], 0, 1 << 20))
    assert read_all(stream, piece) == rows_by_labels(given, replica="a")


def test_a_frame_is_cut_where_it_is_full_and_says_its_query():
    given = columns(1, 2000)
    stream = bytes(encode_answer(given, [], 3, 1000))
    payloads = FrameReader().feed(stream)
    assert len(payloads) > 5
    assert all(len(payload) < 1000 + 500 for payload in payloads)
    assert all(as_int64(dict(read_fields(payload))[2]) == 3 for payload in payloads)
    assert read_all(stream, len(stream)) == rows_by_labels(given)


def test_a_frame_smaller_than_its_labels_still_takes_a_chunk():
    given = columns(1, 500)
    assert read_all(bytes(encode_answer(given, [], 0, 1)), 100) == rows_by_labels(given)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 255))
def test_a_damaged_stream_is_refused(place, flip):
    stream = bytearray(encode_answer(columns(1, 20), [], 0, 1 << 20))
    stream[place % len(stream)] ^= flip
    with pytest.raises(BadInput):
        read_all(bytes(stream), 64)


def test_a_cut_stream_is_refused():
    stream = bytes(encode_answer(columns(1, 3), [], 0, 1 << 20))
    for end in range(1, len(stream)):
        with pytest.raises(BadInput):
            read_all(stream[:end], 1 << 20)


def test_payloads_of_random_bytes_are_decoded_or_refused():
    chance = random.Random(7)
    payload = FrameReader().feed(bytes(encode_answer(columns(2, 40), [], 0, 1 << 20)))[0]
    for _ in range(2000):
        broken = bytearray(payload)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            for part in decode_frame(bytes(broken[: chance.randint(1, len(broken))])):
                assert len(part.times_ms) == len(part.values)
                part.labels()
        except BadInput:
            pass


def test_a_frame_beyond_the_limit_is_refused_before_it_is_gathered():
    with pytest.raises(BadInput, match="exceeded the limit"):
        FrameReader(1000).feed(varint(1001))
    with pytest.raises(BadInput, match="exceeded the limit"):
        FrameReader().feed(b"\xff" * 5)


def test_chunks_of_unknown_encodings_are_counted_and_left_out():
    chunk = varint_field(1, 5) + varint_field(2, 6) + varint_field(3, 9) + bytes_field(4, b"\0\1xx")
    label = bytes_field(1, bytes_field(1, b"a") + bytes_field(2, b"b"))
    (part,) = decode_frame(bytes_field(1, label + bytes_field(2, chunk)))
    assert (part.labels(), part.n_samples, part.skipped_chunks) == (Labels.of(a="b"), 0, 1)


def test_samples_read_back_from_their_message():
    given = columns(4, 5)
    found = {}
    for _, series in read_fields(bytes(encode_samples(given, [("replica", "a")]))):
        pairs, rows = [], []
        for number, value in read_fields(as_bytes(series)):
            fields = dict(read_fields(as_bytes(value)))
            if number == 1:
                pairs.append((as_bytes(fields[1]).decode(), as_bytes(fields[2]).decode()))
            else:
                rows.append((as_int64(fields[2]), fields[1]))
        assert pairs == sorted(pairs)
        found[Labels(pairs)] = rows
    assert found == rows_by_labels(given, replica="a")


REQUEST = ReadRequest(
    (
        ReadQuery((Matcher("__name__", MatchType.EQUAL, "up"), Matcher("é", MatchType.NOT_REGEX, "a|b")), -5, 1 << 41),
        ReadQuery((Matcher("a", MatchType.NOT_EQUAL, ""), Matcher("b", MatchType.REGEX, ".+")), 0, 0),
    ),
    ResponseType.STREAMED_XOR_CHUNKS,
)


def test_a_request_reads_back():
    assert decode_request(encode_request(REQUEST)) == REQUEST


def test_the_first_known_response_type_wins_packed_or_not():
    assert decode_request(b"").response_type is ResponseType.SAMPLES
    assert decode_request(bytes_field(2, b"\x09\x01\x00")).response_type is ResponseType.STREAMED_XOR_CHUNKS
    assert decode_request(b"\x10\x00\x10\x01").response_type is ResponseType.SAMPLES
    with pytest.raises(BadInput, match="does not support any of the requested response types"):
        decode_request(b"\x10\x05")


def test_a_request_that_is_cut_or_changed_is_read_or_refused():
    message, chance = encode_request(REQUEST), random.Random(3)
    for end in range(len(message)):
        read_or_refuse(message[:end])
    for _ in range(2000):
        broken = bytearray(message)
        broken[chance.randrange(len(broken))] = chance.randrange(256)
        read_or_refuse(bytes(broken))


def read_or_refuse(message: bytes) -> None:
    try:
        assert isinstance(decode_request(message), ReadRequest)
    except BadInput as error:
        assert error.message


@pytest.mark.parametrize("block", [b"", b"\xff\xff\xff\xff\xff\x01", b"\x05abc", b"\x05\x10abcd", b"\xff"])
def test_a_broken_snappy_block_is_refused(block):
    with pytest.raises(BadInput, match="snappy: corrupt input"):
        snappy.decompress(block, 1 << 33)


def test_snappy_s_length_is_held_against_the_limit_first():
    data = bytes(1000)
    assert snappy.decompress(snappy.compress(data), 1000) == data
    with pytest.raises(BodyTooLarge, match="1000 exceeds limit 999"):
        snappy.decompress(snappy.compress(data), 999)
