"""What our sender writes, read back field by field, in both versions of the protocol."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire.xor_twin import bits_of
from vedette.model.blocks import MetricMetadata
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.wire.protobuf import as_bytes, as_int64, as_text, read_fields, read_varints
from vedette.wire.remote_write.encoding import CatalogV1, CatalogV2, encode_metadata
from vedette.wire.remote_write.entries import Entries
from vedette.wire.series_messages import merge_labels

UP = Labels.of(__name__="up", instance="a:1", job="é")
DOWN = Labels.of(__name__="down", job="é")
TIMES = st.one_of(st.integers(0, 1 << 42), st.integers(-(1 << 62), (1 << 62) - 1))
VALUES = st.one_of(st.floats(), st.just(STALE_NAN), st.just(-0.0))
SERIES = st.lists(
    st.tuples(
        st.sampled_from([UP, DOWN, Labels.of(a="b")]), st.lists(st.tuples(TIMES, VALUES), min_size=1, max_size=4)
    ),
    max_size=5,
)


def read_v1(message: bytes) -> list[tuple[Labels, list[tuple[int, int]]]]:
    found = []
    for number, series in read_fields(message):
        assert number == 1
        pairs, rows = [], []
        for field, value in read_fields(as_bytes(series)):
            inner = dict(read_fields(as_bytes(value)))
            if field == 1:
                pairs.append((as_text(inner[1]), as_text(inner[2])))
            else:
                rows.append((as_int64(inner[2]), inner[1]))
        found.append((Labels(pairs), rows))
    return found


def read_v2(message: bytes) -> list[tuple[Labels, list[tuple[int, int]], tuple[int, str, str]]]:
    symbols = [as_text(value) for number, value in read_fields(message) if number == 4]
    assert symbols[0] == "" and len(set(symbols)) == len(symbols)
    found = []
    for series in (as_bytes(value) for number, value in read_fields(message) if number == 5):
        refs, rows, described = [], [], (0, "", "")
        for field, value in read_fields(series):
            if field == 1:
                refs += list(read_varints(as_bytes(value)))
                continue
            inner = dict(read_fields(as_bytes(value)))
            if field == 2:
                rows.append((as_int64(inner[2]), inner[1]))
            else:
                assert field == 5
                described = as_int64(inner.get(1, 0)), symbols[inner.get(3, 0)], symbols[inner.get(4, 0)]
        pairs = [symbols[ref] for ref in refs]
        found.append((Labels(zip(pairs[::2], pairs[1::2], strict=True)), rows, described))
    return found


def floats(rows: list[tuple[Labels, list[tuple[int, float]]]], numbers: list[int]) -> Entries:
    samples = [sample for _, some in rows for sample in some]
    return Entries(
        np.repeat(np.array(numbers, np.int64), [len(some) for _, some in rows]),
        np.array([time for time, _ in samples], np.int64),
        np.array([value for _, value in samples], np.float64),
        np.zeros(len(samples), np.uint8),
        np.full(len(samples), -1, np.int64),
    )


def expected(rows: list[tuple[Labels, list[tuple[int, float]]]]) -> list[tuple[Labels, list[tuple[int, int]]]]:
    return [(labels, [(time, bits_of(value)) for time, value in some]) for labels, some in rows]


@settings(deadline=None)
@given(SERIES)
def test_both_versions_read_back(rows):
    first, second = CatalogV1(), CatalogV2()
    numbers = [(first.add(labels, None), second.add(labels, None)) for labels, _ in rows]
    assert read_v1(first.encode(floats(rows, [one for one, _ in numbers]))) == expected(rows)
    found = read_v2(second.encode(floats(rows, [two for _, two in numbers]))) if rows else []
    assert [(labels, some) for labels, some, _ in found] == expected(rows)


def test_a_request_of_version_2_holds_its_own_symbols_only_and_says_what_metrics_are():
    catalog = CatalogV2()
    up = catalog.add(UP, MetricMetadata("up", "gauge", "whether it is up", "state"))
    catalog.add(DOWN, MetricMetadata("down", "counter", "never sent"))
    message = catalog.encode(floats([(UP, [(5, 1.0)])], [up]))
    assert read_v2(message) == [(UP, [(5, bits_of(1.0))], (2, "whether it is up", "state"))]
    assert b"never sent" not in message


def test_metadata_of_version_1_is_a_request_of_its_own():
    message = encode_metadata([MetricMetadata("up", "gauge", "whether", "state"), MetricMetadata("x", "unknown", "")])
    found = [dict(read_fields(as_bytes(value))) for number, value in read_fields(message) if number == 3]
    assert found == [{1: 2, 2: b"up", 4: b"whether", 5: b"state"}, {2: b"x", 4: b"", 5: b""}]


@pytest.mark.parametrize("version", [CatalogV1, CatalogV2])
def test_a_catalog_knows_its_size(version):
    catalog = version()
    catalog.add(Labels.of(a="x" * 1000), None)
    assert catalog.size > 1000


def test_external_labels_give_way_to_those_of_the_series():
    assert merge_labels(UP, [("instance", "never"), ("zone", "z")]) == [*UP, ("zone", "z")]
    assert merge_labels(UP, [("a", "first")])[1] == ("a", "first")
