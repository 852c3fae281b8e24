"""Classic histograms become native ones with custom buckets, or are refused with what is wrong with them."""

from __future__ import annotations

import math

import pytest

from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, NativeHistogram
from vedette.model.labels import Labels
from vedette.signals.nhcb import ClassicHistogram, native_labels, native_name


def test_cumulative_counts_become_counts_of_their_own() -> None:
    classic = ClassicHistogram(count=6.0, sum=9.5)
    for bound, count in ((1.0, 4.0), (0.5, 1.0), (2.0, 4.0), (math.inf, 6.0)):
        classic.set_bucket(bound, count)
    assert classic.convert() == NativeHistogram(
        CUSTOM_BUCKETS, 6.0, 9.5, positive={0: 1.0, 1: 3.0, 3: 2.0}, bounds=(0.5, 1.0, 2.0)
    )


def test_what_is_missing_follows_from_the_rest() -> None:
    without_count = ClassicHistogram(buckets={1.0: 2.0, math.inf: 5.0})
    assert without_count.convert().count == 5.0
    without_infinity = ClassicHistogram(buckets={1.0: 2.0}, count=5.0)
    assert without_infinity.convert().positive == {0: 2.0, 1: 3.0}
    assert ClassicHistogram(count=3.0).convert() == NativeHistogram(CUSTOM_BUCKETS, 3.0, positive={0: 3.0})


def test_the_first_count_for_a_bound_stays() -> None:
    classic = ClassicHistogram()
    classic.set_bucket(1.0, 2.0)
    classic.set_bucket(1.0, 7.0)
    assert classic.convert().positive == {0: 2.0}


@pytest.mark.parametrize(
    ("classic", "text"),
    [
        (ClassicHistogram({1.0: 3.0, 2.0: 1.0}), "count is not cumulative: 1 < 3"),
        (ClassicHistogram({1.0: 3.0}, count=2.0), "count is not cumulative: 2 < 3"),
        (ClassicHistogram({math.inf: 3.0}, count=4.0), "count mismatch: count=4 != le=+Inf count=3"),
        (ClassicHistogram(count=-1.0), "count must be non-negative: count=-1"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(classic: ClassicHistogram, text: str) -> None:
    with pytest.raises(BadInput, match=text.replace("+", r"\+")):
        classic.convert()


def test_a_bucket_must_have_a_bound_and_a_count_from_zero_on() -> None:
    with pytest.raises(BadInput, match="bucket boundary is not a number"):
        ClassicHistogram().set_bucket(math.nan, 1.0)
    with pytest.raises(BadInput, match="le=1, count=-2"):
        ClassicHistogram().set_bucket(1.0, -2.0)


def test_the_native_histogram_has_the_name_without_suffix_and_no_le() -> None:
    assert native_name("x_bucket") == ("x", "_bucket")
    assert native_name("x_total") == ("x_total", "")
    labels = Labels([("__name__", "x_bucket"), ("job", "a"), ("le", "1")])
    assert native_labels(labels) == Labels([("__name__", "x"), ("job", "a")])
