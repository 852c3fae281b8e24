"""Labels as rows of codes, against lists of Labels: grouping, order, distinct values, duplicates."""

from __future__ import annotations

from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.label_rows import (
    LabelRows,
    distinct_values,
    have_duplicates,
    hide_labels,
    order_by_codes,
    order_by_labels,
    take_labels,
)
from vedette.model.labels import Labels
from vedette.query.shared.grouping import group_series
from vedette.store.index import SeriesIndex

NAMES = ("__name__", "a", "b", "c")
values = st.sampled_from(["", "x", "y", "z", "xx"])
label_sets = st.lists(st.builds(lambda *each: Labels(zip(NAMES, each, strict=True)), *[values] * 4), unique=True)
chosen_names = st.sets(st.sampled_from((*NAMES, "absent"))).map(sorted)


def rows_of(label_sets: list[Labels], order: list[int]) -> tuple[LabelRows, list[Labels]]:
    index = SeriesIndex()
    index.add_all("other", label_sets[:2])
    refs = index.add_all("tenant", label_sets)
    return index.label_rows(refs[order]), [label_sets[i] for i in order]


@st.composite
def shuffled_rows(draw: st.DrawFn) -> tuple[LabelRows, list[Labels]]:
    found = draw(label_sets)
    return rows_of(found, draw(st.permutations(range(len(found)))))


@given(shuffled_rows())
def test_rows_are_a_sequence_of_the_labels(given_rows: tuple[LabelRows, list[Labels]]) -> None:
    rows, expected = given_rows
    assert list(rows) == expected
    assert [rows[i] for i in range(len(rows))] == expected
    assert [rows[-i - 1] for i in range(len(rows))] == expected[::-1]
    assert list(rows[1:3]) == expected[1:3]
    assert list(take_labels(rows, np.arange(len(rows))[::-1])) == expected[::-1]


@given(shuffled_rows(), chosen_names, st.booleans())
def test_groups_are_those_of_the_labels_themselves(
    given_rows: tuple[LabelRows, list[Labels]], names: list[str], without: bool
) -> None:
    rows, expected = given_rows
    found, wanted = (group_series(labels, names, without=without) for labels in (rows, expected))
    assert found.labels == wanted.labels
    assert found.of_series.tolist() == wanted.of_series.tolist()


@given(shuffled_rows(), chosen_names)
def test_hidden_labels_are_gone_for_order_values_and_duplicates(
    given_rows: tuple[LabelRows, list[Labels]], names: list[str]
) -> None:
    rows, expected = (hide_labels(labels, frozenset(names)) for labels in given_rows)
    assert list(rows) == list(expected)
    assert have_duplicates(rows) == have_duplicates(expected)
    assert [rows[i] for i in order_by_labels(rows).tolist()] == sorted(expected)
    order = order_by_codes(cast("LabelRows", rows))
    assert order is None or [rows[i] for i in order.tolist()] == sorted(expected)
    for name in (*NAMES, "absent"):
        assert distinct_values(rows, name) == distinct_values(expected, name)


def test_a_row_that_is_taken_twice_is_a_duplicate() -> None:
    rows, _ = rows_of([Labels.of(a="x"), Labels.of(a="y")], [0, 1])
    assert not have_duplicates(rows)
    assert have_duplicates(take_labels(rows, np.array([0, 0])))


def test_no_rows_of_a_table_with_series() -> None:
    rows, _ = rows_of([Labels.of(a="x")], [])
    assert list(rows) == list(order_by_labels(rows)) == []
    assert not have_duplicates(rows)
    assert distinct_values(rows, "a") == distinct_values(rows, "b") == set()
    assert group_series(rows, ["a"], without=False).labels == []
