"""Columns of native histograms: what goes in comes out, whatever is taken and joined on the way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.histograms import (
    CUSTOM_BUCKETS,
    NO_HISTOGRAMS,
    CounterReset,
    Histograms,
    NativeHistogram,
    join_histograms,
)

COUNTS = st.floats(0, 1e9)
SIDES = st.dictionaries(st.integers(-50, 50), COUNTS, max_size=6)
EXPONENTIAL_HISTOGRAMS = st.builds(
    NativeHistogram,
    schema=st.integers(-4, 8),
    count=COUNTS,
    sum=st.floats(-1e9, 1e9),
    zero_count=COUNTS,
    zero_threshold=st.floats(0, 1),
    positive=SIDES,
    negative=SIDES,
    hint=st.sampled_from(CounterReset),
)
CUSTOM_HISTOGRAMS = st.builds(
    NativeHistogram,
    schema=st.just(CUSTOM_BUCKETS),
    count=COUNTS,
    positive=st.dictionaries(st.integers(0, 3), COUNTS),
    bounds=st.sampled_from([(), (1.0,), (0.5, 1.0, 2.0)]),
)
HISTOGRAMS = st.lists(EXPONENTIAL_HISTOGRAMS | CUSTOM_HISTOGRAMS, max_size=6)


def values_of(histograms: Histograms) -> list[NativeHistogram]:
    return [histograms.at(row) for row in range(len(histograms))]


@given(HISTOGRAMS)
def test_columns_give_back_the_histograms_they_were_made_of(histograms: list[NativeHistogram]) -> None:
    assert values_of(Histograms.of(histograms)) == histograms


@given(HISTOGRAMS, st.data())
def test_rows_are_taken_in_any_order_and_number(histograms: list[NativeHistogram], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(histograms) - 1), max_size=8)) if histograms else []
    taken = Histograms.of(histograms).take(np.array(rows, np.int64))
    assert values_of(taken) == [histograms[row] for row in rows]


@given(st.lists(HISTOGRAMS, max_size=4))
def test_joined_columns_hold_all_parts_one_after_another(parts: list[list[NativeHistogram]]) -> None:
    joined = join_histograms([Histograms.of(part) for part in parts])
    assert values_of(joined) == [each for part in parts for each in part]


def test_nothing_joined_is_no_histograms() -> None:
    assert len(join_histograms([])) == len(NO_HISTOGRAMS) == 0
