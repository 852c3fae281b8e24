"""Export formats: every number reads back, files are whole, what a format cannot say is counted."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire.test_histogram_messages import columns as mixed
from tests.unit.wire.test_histogram_messages import series
from vedette.intake.importing.jsonl import jsonl_batches
from vedette.model.blocks import HistogramBatch, SeriesColumns
from vedette.model.errors import BadInput
from vedette.model.histograms import CounterReset, HistogramCells, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.model.staleness import NORMAL_NAN, STALE_NAN, is_stale
from vedette.wire.export import FORMATS, new_writer
from vedette.wire.exposition import Format, scan

A = Labels.of(__name__="up", job='quote" back\\ line\n', zone="é")
B = Labels.of(__name__="up")
C = Labels.of({"__name__": "dotted.name", "a.b": "c"})
TIMES = st.integers(-(1 << 41), 1 << 41)
VALUES = st.one_of(st.floats(), st.just(STALE_NAN), st.integers(-(10**6), 10**6).map(float))
ROWS = st.lists(st.tuples(TIMES, VALUES), max_size=6, unique_by=lambda row: row[0])


def columns(*series: tuple[Labels, list[tuple[int, float]]]) -> SeriesColumns:
    rows = [row for _, some in series for row in sorted(some)]
    offsets = np.append(0, np.cumsum([len(some) for _, some in series])).astype(np.int64)
    times = np.array([time for time, _ in rows], np.int64)
    return SeriesColumns([labels for labels, _ in series], offsets, times, np.array([v for _, v in rows], np.float64))


def export(name: str, *slices: SeriesColumns) -> tuple[bytes, int]:
    writer = new_writer(name)
    parts = [writer.begin(), *(writer.write(one) for one in slices), writer.end()]
    return b"".join(bytes(part) for part in parts), writer.left_out


def bits(value: float) -> int:
    return int(np.float64(value).view(np.uint64))


@settings(deadline=None)
@given(ROWS, ROWS)
def test_json_lines_keep_every_bit_of_numbers_and_the_kinds_of_the_others(first, second):
    text, left_out = export("jsonl", columns((A, first)), columns((B, second), (C, [])))
    assert left_out == 0
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["metric"] for line in lines] == [dict(one) for one, rows in ((A, first), (B, second)) if rows]
    for line, rows in zip(lines, [rows for rows in (first, second) if rows], strict=True):
        assert line["timestamps"] == [time for time, _ in sorted(rows)]
        for text_value, (_, value) in zip(line["values"], sorted(rows), strict=True):
            if is_stale(value):
                assert text_value is None
            elif math.isfinite(value):
                assert bits(float(text_value)) == bits(value)
            else:
                assert text_value == ("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity")


def test_a_long_series_has_several_lines():
    n = 250_000
    given = SeriesColumns([B], np.array([0, n], np.int64), np.arange(n, dtype=np.int64), np.ones(n))
    lines = [json.loads(line) for line in export("jsonl", given)[0].splitlines()]
    assert [len(line["values"]) for line in lines] == [100_000, 100_000, 50_000]
    assert [time for line in lines for time in line["timestamps"]] == list(range(n))


@settings(deadline=None)
@given(ROWS)
def test_csv_rows_read_back_and_stale_markers_are_counted(rows):
    text, left_out = export("csv", columns((A, rows)))
    head, *found = csv.reader(io.StringIO(text.decode(), newline=""))
    assert head == ["series", "time", "value"]
    kept = [(time, value) for time, value in sorted(rows) if not is_stale(value)]
    assert left_out == len(rows) - len(kept)
    assert [row[0] for row in found] == [str(A)] * len(kept)
    assert [round(float(row[1]) * 1000) for row in found] == [time for time, _ in kept]
    assert [str(float(row[2])) for row in found] == [str(value) for _, value in kept]


def test_openmetrics_reads_back_through_our_scanner_and_names_each_metric_once():
    rows = [(1000 * i + i, float(i) / 3) for i in range(5)]
    text, _ = export("openmetrics", columns((C, rows)), columns((A, rows)), columns((B, [*rows, (9000, STALE_NAN)])))
    assert text.count(b"# TYPE ") == 2 and text.endswith(b"# EOF\n")
    page = scan(text, Format.OPENMETRICS)
    found = [(page.labels(i), int(page.times_ms[i]), float(page.values[i])) for i in range(len(page.keys))]
    assert found == [(labels, time, value) for labels in (C, A, B) for time, value in rows]


@settings(deadline=None, max_examples=20)
@given(ROWS, ROWS)
def test_parquet_keeps_every_bit(first, second):
    text, left_out = export("parquet", columns((A, first), (B, [])), columns((B, second)))
    table = pq.read_table(io.BytesIO(text))
    assert left_out == 0
    expected = [
        (labels, time, bits(value)) for labels, rows in ((A, first), (B, second)) for time, value in sorted(rows)
    ]
    rows = zip(*(table[name].to_pylist() for name in ("metric", "labels")), strict=True)
    found = [Labels.of({"__name__": metric, **json.loads(text)}) for metric, text in rows]
    times = table["time"].cast("int64").to_pylist()
    values = table["value"].to_numpy().view(np.uint64).tolist()
    assert list(zip(found, times, values, strict=True)) == expected


@pytest.mark.parametrize("name", ["openmetrics", "csv"])
def test_formats_of_text_leave_histograms_out_and_count_them(name):
    given = columns((A, [(0, 1.0), (1, math.nan)]))
    cells = HistogramCells(np.array([-1, 0], np.int64), Histograms.of([NativeHistogram(count=1.0)]))
    text, left_out = export(name, SeriesColumns(given.labels, given.offsets, given.times_ms, given.values, True, cells))
    assert left_out == 1
    assert b"NaN" not in text


@settings(deadline=None)
@given(st.lists(series(), min_size=1, max_size=3))
def test_what_json_lines_export_they_import_again(given):
    """Values by their bits, native histograms with their hints, stale markers; NaN is one NaN."""
    text, left_out = export("jsonl", mixed(*given))
    assert left_out == 0
    store: list[Labels] = []

    def register(labels: Sequence[Labels]) -> np.ndarray:
        store.extend(labels)
        return np.arange(len(store) - len(labels), len(store))

    found: list[tuple[int, int, float | int | NativeHistogram]] = []
    for batch in jsonl_batches([text], register):
        if isinstance(batch, HistogramBatch):
            values = [batch.histograms.at(row) for row in range(len(batch))]
        else:
            values = [bits(value) for value in batch.values.tolist()]
        found += zip(batch.refs.tolist(), batch.times_ms.tolist(), values, strict=True)
    expected = [
        (
            ref,
            time,
            value if isinstance(value, NativeHistogram) else bits(NORMAL_NAN) if is_plain_nan(value) else bits(value),
        )
        for ref, rows in enumerate(given)
        for time, value in rows
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert store == list(mixed(*given).labels)


def is_plain_nan(value: float) -> bool:
    return math.isnan(value) and not is_stale(value)


@settings(deadline=None, max_examples=30)
@given(st.lists(series(), min_size=1, max_size=3))
def test_parquet_has_histograms_beside_the_values(given):
    text, left_out = export("parquet", mixed(*given))
    table = pq.read_table(io.BytesIO(text))
    rows = [(time, value) for rows in given for time, value in rows]
    assert left_out == 0 and table["time"].cast("int64").to_pylist() == [time for time, _ in rows]
    pairs = zip(table["value"].to_pylist(), table["histogram"].to_pylist(), rows, strict=True)
    for number, found, (_, expected) in pairs:
        if isinstance(expected, NativeHistogram):
            assert number is None and histogram_of(found) == expected
        else:
            assert found is None and bits(number) == bits(expected)


def histogram_of(found: dict[str, Any]) -> NativeHistogram:
    sides = (
        dict(zip(found[f"{side}_indexes"], found[f"{side}_counts"], strict=True)) for side in ("positive", "negative")
    )
    numbers = (found[name] for name in ("schema", "count", "sum", "zero_count", "zero_threshold"))
    return NativeHistogram(*numbers, *sides, tuple(found["bounds"]), CounterReset(found["counter_reset"]))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_a_whole_file(name):
    text, _ = export(name)
    if name == "parquet":
        assert pq.read_table(io.BytesIO(text)).num_rows == 0
    else:
        assert text == {"openmetrics": b"# EOF\n", "csv": b"series,time,value\n", "jsonl": b""}[name]


def test_an_unknown_format_is_refused():
    with pytest.raises(BadInput, match="unknown export format: xls"):
        new_writer("xls")
