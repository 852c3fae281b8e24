"""Requests that carry histograms, exemplars and start times beside floats: read back by our own receiver, cut and halved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire.test_histogram_messages import histograms
from tests.unit.wire.xor_twin import bits_of
from vedette.model.blocks import MetricMetadata
from vedette.model.histograms import Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.wire.remote_write import Message, scan_request
from vedette.wire.remote_write.encoding import Catalog, CatalogV1, CatalogV2
from vedette.wire.remote_write.entries import EXEMPLAR, FLOAT, HISTOGRAM, Entries
from vedette.wire.remote_write.histograms import read_histograms
from vedette.wire.remote_write.scanning import PADDING

TRACES = [Labels(), Labels.of(trace_id="abc"), Labels.of(trace_id="é", span_id="1")]
VERSIONS = [(CatalogV1, Message.V1), (CatalogV2, Message.V2)]

Said = tuple[float, Labels]
Row = tuple[int, float | NativeHistogram | Said, int]
"""Time, what, start time; a pair of value and labels is an exemplar."""
Series = tuple[Labels, list[Row]]

SAMPLES = st.tuples(st.integers(0, 1 << 40), st.one_of(st.floats(), histograms()), st.integers(0, 1 << 40))
SAID = st.tuples(st.integers(0, 1 << 40), st.tuples(st.floats(), st.sampled_from(TRACES)), st.just(0))
SERIES = st.builds(
    lambda samples, said: samples + said, st.lists(SAMPLES, min_size=1, max_size=4), st.lists(SAID, max_size=3)
)


def entries(series: list[list[Row]], numbers: list[int]) -> Entries:
    rows = [row for some in series for row in some]
    found = [value for _, value, _ in rows if isinstance(value, NativeHistogram)]
    said = [value for _, value, _ in rows if isinstance(value, tuple)]
    kinds = [
        HISTOGRAM if isinstance(v, NativeHistogram) else EXEMPLAR if isinstance(v, tuple) else FLOAT for _, v, _ in rows
    ]
    kinds_of = np.array(kinds, np.uint8)
    places = np.select(
        [kinds_of == HISTOGRAM, kinds_of == EXEMPLAR],
        [np.cumsum(kinds_of == HISTOGRAM) - 1, np.cumsum(kinds_of == EXEMPLAR) - 1],
        -1,
    )
    return Entries(
        np.repeat(np.array(numbers, np.int64), [len(some) for some in series]),
        np.array([time for time, _, _ in rows], np.int64),
        np.array([v if isinstance(v, float) else v[0] if isinstance(v, tuple) else np.nan for _, v, _ in rows]),
        kinds_of,
        places,
        np.array([start for _, _, start in rows], np.int64),
        Histograms.of(found),
        [labels for _, labels in said],
    )


def read(message: bytes, version: Message) -> list[Series]:
    """By series: floats, histograms, exemplars; floats as their bits."""
    request = scan_request(np.frombuffer(message + bytes(PADDING), np.uint8), version)
    found: list[Series] = [(request.labels(row), []) for row in range(len(request.series))]
    starts = request.start_times_ms
    for i, owner in enumerate(request.owners.tolist()):
        start = 0 if starts is None else int(starts[i])
        found[owner][1].append((int(request.times_ms[i]), bits_of(float(request.values[i])), start))
    shown = read_histograms(request)
    for i, owner in enumerate(shown.owners.tolist()):
        found[owner][1].append((int(shown.times_ms[i]), shown.table.at(i), int(shown.start_times_ms[i])))
    for i, owner in enumerate(request.exemplars.owners.tolist()):
        labels, value, time = request.exemplar(i)
        found[owner][1].append((time, (bits_of(value), labels), 0))
    return found


def expected(series: list[Row], *, with_starts: bool) -> list[object]:
    """As `read` orders them."""
    kinds: list[list[object]] = [[], [], []]
    for time, value, start in series:
        shown = start if with_starts else 0
        if isinstance(value, NativeHistogram):
            kinds[1].append((time, value, shown))
        elif isinstance(value, tuple):
            kinds[2].append((time, (bits_of(value[0]), value[1]), 0))
        else:
            kinds[0].append((time, bits_of(value), shown))
    return [row for kind in kinds for row in kind]


def runs(rows: list[Row]) -> list[list[Row]]:
    """Of samples of one kind; exemplars stay with what is before them."""
    found: list[list[Row]] = []
    for row in rows:
        if not isinstance(row[1], tuple) and (not found or type(row[1]) is not type(found[-1][-1][1])):
            found.append([])
        found[-1].append(row)
    return found


@settings(deadline=None)
@given(st.lists(SERIES, min_size=1, max_size=3), st.sampled_from(VERSIONS))
def test_every_kind_of_row_reads_back_in_both_versions(series, version):
    make, message = version
    catalog: Catalog = make()
    labels = [Labels.of(__name__="m", row=str(i), trace_id="abc") for i in range(len(series))]
    numbers = [catalog.add(one, MetricMetadata("m", "histogram", "help")) for one in labels]
    found = read(catalog.encode(entries(series, numbers)), message)
    assert found == [
        (one, expected(run, with_starts=message is Message.V2))
        for one, rows in zip(labels, series, strict=True)
        for run in runs(rows)
    ]


def test_labels_of_exemplars_are_not_kept_in_the_catalog():
    catalog = CatalogV2()
    number = catalog.add(Labels.of(__name__="m"), None)
    size = catalog.size
    catalog.encode(entries([[(1, 1.0, 0), (1, (1.0, Labels.of(trace_id="x" * 100)), 0)]], [number]))
    assert catalog.size == size


def shape(parts: list[Entries]) -> list[list[tuple[int, int]]]:
    """(series, kind) of each row of each part."""
    return [list(zip(part.series.tolist(), part.kinds.tolist(), strict=True)) for part in parts]


SAID_ROW: Row = (5, (1.0, Labels()), 0)


def test_a_cut_leaves_exemplars_with_a_sample_of_their_series():
    given = entries([[(1, 1.0, 0), (2, 1.0, 0), SAID_ROW, SAID_ROW], [(1, 1.0, 0), SAID_ROW]], [0, 1])
    assert shape(given.cut(1)) == [[(0, 0)], [(0, 0), (0, 2), (0, 2)], [(1, 0), (1, 2)]]
    assert shape(given.cut(2)) == [[(0, 0), (0, 0), (0, 2), (0, 2)], [(1, 0), (1, 2)]]
    assert shape(given.cut(100)) == shape([given])
    assert given.take(slice(0, 0)).cut(5) == []


def test_halves_part_series_then_samples_and_end():
    given = entries([[(1, 1.0, 0), (2, 1.0, 0), SAID_ROW], [(1, 1.0, 0), SAID_ROW]], [0, 1])
    first, second = given.halves()
    assert shape([first, second]) == [[(0, 0), (0, 0), (0, 2)], [(1, 0), (1, 2)]]
    assert shape(list(first.halves())) == [[(0, 0)], [(0, 0), (0, 2)]]
    assert second.halves() == ()


@pytest.mark.parametrize(("make", "message"), VERSIONS)
def test_exemplars_alone_are_a_series_without_samples(make, message):
    catalog: Catalog = make()
    number = catalog.add(Labels.of(__name__="m"), None)
    assert read(catalog.encode(entries([[SAID_ROW]], [number])), message) == [
        (Labels.of(__name__="m"), [(5, (bits_of(1.0), Labels()), 0)])
    ]
