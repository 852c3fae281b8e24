"""Federated native histograms: a page that the scanner of scrapes reads back, and what text can say of them."""

from __future__ import annotations

import numpy as np

from vedette.api.prometheus.federation import negotiate
from vedette.api.prometheus.federation_pages import ProtobufPage, TextPage
from vedette.model.blocks import SeriesColumns
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, CounterReset, HistogramCells, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.wire.exposition import Format, scan, take_natives

NATIVE = NativeHistogram(2, 7.5, 3.25, 1.5, 0.001, {-3: 1.0, -2: 2.0, 5: 2.0}, {1: 1.0})
GAUGE = NativeHistogram(0, 1.0, 1.0, 0.0, 0.0, {1: 1.0}, hint=CounterReset.GAUGE)
CUSTOM = NativeHistogram(CUSTOM_BUCKETS, 6.0, 4.5, 0.0, 0.0, {0: 1.0, 2: 5.0}, bounds=(0.5, 1.0))
NEWEST = {
    Labels.of(__name__="h", path="/a"): (1000, NATIVE),
    Labels.of(__name__="h", path="/b"): (2000, GAUGE),
    Labels.of(__name__="c", path="/a"): (3000, CUSTOM),
    Labels.of(__name__="up", job="node"): (4000, 1.5),
}
EXTERNAL = {"dc": "eu"}


def newest_columns():
    """The series in the order of their labels, a sample each."""
    labels = sorted(NEWEST)
    samples = [NEWEST[each] for each in labels]
    found = [value for _, value in samples if isinstance(value, NativeHistogram)]
    rows = [found.index(value) if isinstance(value, NativeHistogram) else FLOAT for _, value in samples]
    return SeriesColumns(
        labels,
        np.arange(len(labels) + 1, dtype=np.int64),
        np.array([time_ms for time_ms, _ in samples], np.int64),
        np.array([np.nan if isinstance(value, NativeHistogram) else value for _, value in samples]),
        histograms=HistogramCells(np.array(rows, np.int64), Histograms.of(found)),
    )


def test_a_protobuf_page_has_every_kind_of_sample():
    page = scan(ProtobufPage(EXTERNAL, "allow-utf-8").write(newest_columns()), Format.PROTOBUF)
    rest, natives = take_natives(page, keep_classic=False)
    rows = [(str(rest.labels(i)), rest.values[i], rest.times_ms[i]) for i in range(rest.n)]
    own = 'dc="eu", path="/a"'
    assert rows == [
        (f"c_count{{{own}}}", 6.0, 3000),
        (f"c_sum{{{own}}}", 4.5, 3000),
        ('c_bucket{dc="eu", le="0.5", path="/a"}', 1.0, 3000),
        ('c_bucket{dc="eu", le="1.0", path="/a"}', 1.0, 3000),
        ('c_bucket{dc="eu", le="+Inf", path="/a"}', 6.0, 3000),
        ('up{dc="eu", job="node"}', 1.5, 4000),
    ]
    assert [str(natives.page.labels(i)) for i in range(2)] == [f"h{{{own}}}", 'h{dc="eu", path="/b"}']
    assert natives.page.times_ms.tolist() == [1000, 2000]
    assert [natives.histograms.at(i) for i in range(2)] == [NATIVE, GAUGE]


def test_text_shows_custom_buckets_as_a_classic_histogram_and_leaves_the_others_out():
    page = TextPage({}, "allow-utf-8").write(newest_columns()).decode()
    assert page == (
        "# TYPE c histogram\n"
        'c_bucket{path="/a",instance="",le="0.5"} 1 3000\n'
        'c_bucket{path="/a",instance="",le="1"} 1 3000\n'
        'c_bucket{path="/a",instance="",le="+Inf"} 6 3000\n'
        'c_sum{path="/a",instance=""} 4.5 3000\n'
        'c_count{path="/a",instance=""} 6 3000\n'
        "# TYPE up untyped\n"
        'up{job="node",instance=""} 1.5 4000\n'
    )


def test_protobuf_is_written_where_it_is_preferred():
    protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    assert negotiate(f"{protobuf};q=0.6,text/plain;version=0.0.4;q=0.3")[0].startswith("application/vnd")
    assert negotiate(f"{protobuf};q=0.2,text/plain;version=0.0.4;q=0.3")[0].startswith("text/plain; version=0.0.4")
    assert negotiate("")[0].startswith("text/plain; version=0.0.4")
