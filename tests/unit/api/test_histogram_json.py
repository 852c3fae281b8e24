"""Native histograms in query answers: the reference's JSON, mixed with floats, in slices."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vedette.api.prometheus.rendering import render, truncate
from vedette.kernels.json_histograms import histogram_texts
from vedette.model.blocks import SeriesColumns
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, HistogramCells, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.query.promql.values import Matrix, RawSamples
from vedette.query.shared.steps import Grid

SMALL = NativeHistogram(0, 5.5, 7.25, 1.0, 0.25, {-1: 2.0, 1: 1.0, 3: 0.0}, {1: 1.0, 0: 0.5})
SMALL_JSON = {
    "count": "5.5",
    "sum": "7.25",
    "buckets": [
        [1, "-2", "-1", "1"],
        [1, "-1", "-0.5", "0.5"],
        [3, "-0.25", "0.25", "1"],
        [0, "0.25", "0.5", "2"],
        [0, "1", "2", "1"],
    ],
}
CUSTOM = NativeHistogram(CUSTOM_BUCKETS, 6.0, float("nan"), 0.0, 0.0, {0: 1.0, 1: 2.0, 2: 3.0}, bounds=(0.5, 1.0))
CUSTOM_JSON = {
    "count": "6",
    "sum": "NaN",
    "buckets": [[3, "-Inf", "0.5", "1"], [0, "0.5", "1", "2"], [0, "1", "+Inf", "3"]],
}
EMPTY_JSON = {"count": "0", "sum": "0"}
TABLE = Histograms.of([SMALL, NativeHistogram(), CUSTOM])
A, B, C = (Labels.of(__name__="h", at=name) for name in "abc")


def text_of(histogram):
    texts = histogram_texts(Histograms.of([histogram]))
    return json.loads(texts.data.tobytes())


def answer(value, time_ms=None):
    found = render(value, time_ms=time_ms, ending=b"}}")
    whole = found if isinstance(found, bytes) else b"".join(bytes(piece()) for piece in found)
    return json.loads(whole)["data"]["result"]


@pytest.mark.parametrize(
    ("histogram", "expected"), [(SMALL, SMALL_JSON), (CUSTOM, CUSTOM_JSON), (NativeHistogram(), EMPTY_JSON)]
)
def test_a_histogram_is_written_as_the_reference_does(histogram, expected):
    assert text_of(histogram) == expected


def test_a_bucket_that_reaches_into_the_zero_bucket_is_shown_without_that_part():
    found = text_of(NativeHistogram(0, 3.0, 0.0, 1.0, 0.75, {0: 1.0}, {0: 1.0}))
    assert found["buckets"] == [[1, "-1", "-0.75", "1"], [3, "-0.75", "0.75", "1"], [0, "0.75", "1", "1"]]


def test_a_zero_bucket_without_width_has_a_negative_zero():
    assert text_of(NativeHistogram(0, 1.0, 0.0, 1.0))["buckets"] == [[3, "-0", "0", "1"]]


def test_a_range_query_lists_floats_and_histograms_apart():
    present = np.array([[True, True, False], [True, False, True], [True, True, True]])
    values = np.array([[1.0, np.nan, 0.0], [2.0, 0.0, 3.5], [np.nan] * 3])
    rows = np.array([[FLOAT, 0, FLOAT], [FLOAT, FLOAT, FLOAT], [2, 1, 2]])
    matrix = Matrix([A, B, C], Grid(0, 1000, 3), values, present, np.zeros(3, np.bool_), HistogramCells(rows, TABLE))
    assert answer(matrix) == [
        {"metric": dict(A), "values": [[0, "1"]], "histograms": [[1, SMALL_JSON]]},
        {"metric": dict(B), "values": [[0, "2"], [2, "3.5"]]},
        {"metric": dict(C), "histograms": [[0, CUSTOM_JSON], [1, EMPTY_JSON], [2, CUSTOM_JSON]]},
    ]


def test_an_instant_query_has_a_value_or_a_histogram():
    rows, grid = np.array([[0], [FLOAT]]), Grid(1500, 1, 1)
    values, present = np.array([[np.nan], [2.0]]), np.ones((2, 1), np.bool_)
    matrix = Matrix([A, B], grid, values, present, np.zeros(2, np.bool_), HistogramCells(rows, TABLE))
    expected = [
        {"metric": dict(A), "histogram": [1.5, SMALL_JSON]},
        {"metric": dict(B), "value": [1.5, "2"]},
    ]
    assert answer(matrix, time_ms=1500) == expected
    assert answer(truncate(matrix, 1)[0], time_ms=1500) == expected[:1]


def test_raw_samples_of_many_series_come_in_slices():
    n = 3000
    labels = [Labels.of(__name__="h", i=str(i)) for i in range(n)]
    rows = np.where(np.arange(2 * n) % 2, FLOAT, np.arange(2 * n) % 3)
    columns = SeriesColumns(
        labels,
        np.arange(n + 1) * 2,
        np.tile([0, 1000], n),
        np.where(rows == FLOAT, 7.0, np.nan),
        histograms=HistogramCells(rows, TABLE),
    )
    found = answer(RawSamples(columns))
    texts = [SMALL_JSON, EMPTY_JSON, CUSTOM_JSON]
    assert [one["metric"]["i"] for one in found] == [str(i) for i in range(n)]
    for i, one in enumerate(found):
        assert one["values"] == [[1, "7"]]
        assert one["histograms"] == [[0, texts[2 * i % 3]]]
    assert len(answer(truncate(RawSamples(columns), 10)[0])) == 10
