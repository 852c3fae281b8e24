"""Chunk rows hold samples bit for bit, in the layout that docs/formats/chunks.md says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.kernels.chunks import KIND_FLOAT, KIND_INTEGER, RAGGED_TYPES, ChunkColumns, Ragged
from vedette.kernels.decimals import EXPONENT_MAX, NOT_DECIMAL, decimal_exponent
from vedette.model.errors import StoreError
from vedette.model.staleness import NORMAL_NAN, STALE_NAN, STALE_NAN_BITS
from vedette.model.time import BLOCK_MS
from vedette.store.chunks import check_chunks, decode, encode, from_arrow, to_arrow

START = 1_700_006_400_000
SPECIAL_BITS = (STALE_NAN_BITS, 0x7FF8000000000001, 0x7FF0000000000001, 1 << 63, 1, 0x7FF << 52, 0xFFF << 52, 0)

any_bits = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from(SPECIAL_BITS))
any_value = any_bits.map(lambda bits: float(np.uint64(bits).view(np.float64)))
decimal = st.builds(lambda integer, exponent: integer / 10**exponent, st.integers(-(2**53), 2**53), st.integers(0, 17))
small_decimal = st.builds(lambda integer, exponent: integer / 10**exponent, st.integers(-300, 300), st.integers(0, 3))
values_of_a_series = st.sampled_from((any_value, decimal, small_decimal, small_decimal | st.just(STALE_NAN))).flatmap(
    lambda value: st.lists(value, max_size=40)
)
interval = st.one_of(st.just(15_000), st.integers(14_990, 15_010), st.integers(1, 2**17), st.integers(1, 2**42))
start_time = st.integers(-(2**44), 2**44)


def series_of(start: int, values: list[float], data: st.DataObject) -> tuple[list[int], list[float]]:
    gaps = data.draw(st.lists(interval, min_size=len(values), max_size=len(values)))
    return (start + np.cumsum(np.array(gaps, np.int64))).tolist(), values


def columns_of(series: list[tuple[list[int], list[float]]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *(len(times) for times, _ in series)])
    times = np.array([time for times, _ in series for time in times], np.int64)
    return offsets, times, np.array([value for _, values in series for value in values], np.float64)


def encode_one(values: list[float], interval_ms: int = 15_000) -> ChunkColumns:
    times = START + interval_ms * np.arange(len(values))
    _, columns = encode(np.array([0, len(values)]), times, np.array(values, np.float64))
    return columns


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(start_time, values_of_a_series), max_size=4), st.data())
def test_every_sample_comes_back_bit_for_bit(wanted, data):
    offsets, times, values = columns_of([series_of(start, values, data) for start, values in wanted])
    sources, columns = encode(offsets, times, values)
    assert check_chunks(columns).all()
    got_offsets, got_times, got_values, has_stale = decode(columns)
    assert got_times.tolist() == times.tolist()
    assert got_values.view(np.uint64).tolist() == values.view(np.uint64).tolist()
    assert has_stale == (STALE_NAN_BITS in values.view(np.uint64).tolist())
    owners = np.repeat(np.arange(len(wanted)), np.diff(offsets))
    assert np.repeat(sources, np.diff(got_offsets)).tolist() == owners.tolist()
    blocks = [(source, time // BLOCK_MS) for source, time in zip(owners.tolist(), times.tolist(), strict=True)]
    assert len(sources) == len(set(blocks))


@settings(deadline=None)
@given(st.lists(any_value | decimal | small_decimal, max_size=20))
def test_the_exponent_is_the_smallest_that_keeps_every_bit(values):
    def holds(value: float, exponent: int) -> bool:
        scaled = value * 10.0**exponent
        if not abs(scaled) <= 2**54:
            return False
        integer = round(scaled)
        exact = np.float64(integer) / 10.0**exponent
        return abs(integer) <= 2**53 and exact.view(np.uint64) == np.float64(value).view(np.uint64)

    column = np.array(values, np.float64)
    kept = [value for value, bits in zip(values, column.view(np.uint64), strict=True) if bits != STALE_NAN_BITS]
    expected = [e for e in range(EXPONENT_MAX + 1) if all(holds(value, e) for value in kept)]
    assert decimal_exponent(column, 0, len(column)) == (expected[0] if expected else NOT_DECIMAL)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([5, 6, 5 - 127], "d8"),
        ([0, 128], "d16"),
        ([0, -128], "d8"),
        ([0, 32768], "d32"),
        ([0.01, 0.02, 0.5], "d8"),
        ([0, 2**31], "d64"),
        ([-(2**53), 2**53], "d64"),
        ([0, 2**53 + 2], "floats"),
        ([1, -0.0], "floats"),
        ([1, float("inf")], "floats"),
        ([1, NORMAL_NAN], "floats"),
        ([5e-324], "floats"),
        ([7.25, 7.25, 7.25], None),
        ([STALE_NAN, STALE_NAN], None),
    ],
)
def test_values_go_to_the_narrowest_column(values, column):
    columns = encode_one(values)
    used = [name for name in ("d8", "d16", "d32", "d64", "floats") if len(getattr(columns, name).values)]
    assert used == ([column] if column else [])
    assert columns.kind[0] == (KIND_FLOAT if column == "floats" else KIND_INTEGER)


def test_a_chunk_row_reads_as_the_format_says():
    columns = encode_one([1.5, 1.75, STALE_NAN, 1.25])
    assert columns.t0.tolist() == [START]
    assert (columns.period[0], columns.samples[0], columns.exponent[0], columns.first[0]) == (15_000, 4, 2, 150)
    assert columns.d8.values.tolist() == [0, 25, -50]
    assert columns.stale.values.tolist() == [2]
    assert len(columns.dev16.values) == len(columns.dev32.values) == 0


def test_late_and_missed_scrapes_are_deviations_from_the_interval():
    times = START + np.array([0, 15_000, 30_007, 45_000, 120_000, 135_000])
    _, columns = encode(np.array([0, 6]), times, np.zeros(6))
    assert columns.period[0] == 15_000
    assert columns.dev32.values.tolist() == [0, 0, 7, -7, 60_000, 0]
    _, columns = encode(np.array([0, 4]), times[:4], np.zeros(4))
    assert columns.dev16.values.tolist() == [0, 0, 7, -7]


def test_a_series_is_cut_at_block_boundaries():
    times = np.array([-1, 0, BLOCK_MS - 1, BLOCK_MS, 5 * BLOCK_MS])
    sources, columns = encode(np.array([0, 0, 5, 5]), times, np.arange(5.0))
    assert sources.tolist() == [1, 1, 1, 1]
    assert columns.t0.tolist() == [-1, 0, BLOCK_MS, 5 * BLOCK_MS]
    assert columns.samples.tolist() == [1, 2, 1, 1]


def test_nothing_encodes_to_no_rows():
    sources, columns = encode(np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0))
    assert len(sources) == len(columns.t0) == 0
    assert check_chunks(columns).tolist() == []
    assert decode(columns)[0].tolist() == [0]


def test_arrow_shares_the_buffers_and_reads_slices():
    offsets, times, values = columns_of(
        [([START + i * 1000 for i in range(9)], [float(i * k) for i in range(9)]) for k in range(5)]
    )
    _, columns = encode(offsets, times, values)
    batch = to_arrow(columns)
    assert batch.column("d8").values.buffers()[1].address == columns.d8.values.ctypes.data
    back = from_arrow(batch)
    assert back.d8.values.ctypes.data == columns.d8.values.ctypes.data
    assert decode(from_arrow(batch.slice(2, 2)))[2].tolist() == values[18:36].tolist()
    table = pa.Table.from_batches([batch, batch.slice(1)])
    assert decode(from_arrow(table))[1].tolist() == [*times.tolist(), *times.tolist()[9:]]


def test_rows_without_a_column_are_refused():
    batch = to_arrow(encode_one([1.0])).drop_columns(["stale"])
    with pytest.raises(StoreError, match="lack columns: stale"):
        from_arrow(batch)


@settings(max_examples=200, deadline=None)
@given(values_of_a_series.filter(len), st.data())
def test_a_damaged_row_is_told_apart_or_decodes_to_something(values, data):
    """Mutates one column at a time; what passes the check is decoded without touching foreign memory."""
    columns = encode_one(values, interval_ms=data.draw(st.sampled_from((1, 15_000))))
    columns = ChunkColumns(*(Ragged(*map(np.copy, c)) if isinstance(c, Ragged) else c.copy() for c in columns))
    name = data.draw(st.sampled_from(ChunkColumns._fields))
    damaged = getattr(columns, name)
    if isinstance(damaged, Ragged):
        items = data.draw(st.lists(st.integers(-100, 100), max_size=len(values) + 2))
        damaged = Ragged(np.array([0, len(items)], np.int32), np.array(items, RAGGED_TYPES[name]))
    else:
        damaged[0] = data.draw(st.integers(-128, 127))
    columns = columns._replace(**{name: damaged})
    sound = bool(check_chunks(columns)[0])
    if sound:
        offsets, times, _, _ = decode(columns)
        assert offsets.tolist() == [0, len(times)] == [0, columns.samples[0]]


def test_check_finds_the_damaged_row_among_sound_ones():
    offsets, times, values = columns_of([([START, START + 1], [1.0, STALE_NAN])] * 3)
    _, columns = encode(offsets, times, values)
    columns.stale.values[1] = 2
    assert check_chunks(columns).tolist() == [True, False, True]
    columns.stale.values[1] = -1
    assert check_chunks(columns).tolist() == [True, False, True]
