"""A native histogram as JSON, for lines of samples: written by the export, read by the import. docs/formats/export.md has the keys.

Buckets are pairs of index and count, ascending by index. Numbers that JSON lacks are the texts NaN, Infinity and -Infinity.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import msgspec

from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, SCHEMA_MAX, SCHEMA_MIN, CounterReset, NativeHistogram
from vedette.model.staleness import NORMAL_NAN

Number = float | str
"""A text is one of NUMBER_WORDS."""

NUMBER_WORDS: Final = {
    "NaN": NORMAL_NAN,
    "Infinity": math.inf,
    "+Infinity": math.inf,
    "-Infinity": -math.inf,
    "Inf": math.inf,
}
_RESET_WORDS: Final = {
    "": CounterReset.UNKNOWN,
    "reset": CounterReset.RESET,
    "not_reset": CounterReset.NOT_RESET,
    "gauge": CounterReset.GAUGE,
}
_WORD_OF: Final = {reset: word for word, reset in _RESET_WORDS.items()}
_INDEX_LIMIT: Final = 1 << 31


class HistogramJson(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    schema: int
    count: Number
    sum: Number
    zero_count: Number
    zero_threshold: float
    positive: list[tuple[int, Number]] = []
    negative: list[tuple[int, Number]] = []
    bounds: list[float] = []
    """Of custom buckets, without +Inf."""
    counter_reset: str = ""

    @classmethod
    def of(cls, histogram: NativeHistogram) -> HistogramJson:
        return cls(
            histogram.schema,
            _shown(histogram.count),
            _shown(histogram.sum),
            _shown(histogram.zero_count),
            histogram.zero_threshold,
            [(index, _shown(count)) for index, count in sorted(histogram.positive.items())],
            [(index, _shown(count)) for index, count in sorted(histogram.negative.items())],
            list(histogram.bounds),
            _WORD_OF[histogram.hint],
        )

    def histogram(self) -> NativeHistogram:
        """Raises BadInput where it is none that a store could have."""
        if self.counter_reset not in _RESET_WORDS:
            raise BadInput(f"not a word for a counter reset: {self.counter_reset[:64]!r}")
        self._check_layout()
        return NativeHistogram(
            self.schema,
            number_of(self.count),
            number_of(self.sum),
            number_of(self.zero_count),
            self.zero_threshold,
            _side(self.positive),
            _side(self.negative),
            tuple(self.bounds),
            _RESET_WORDS[self.counter_reset],
        )

    def _check_layout(self) -> None:
        if self.schema == CUSTOM_BUCKETS:
            if self.negative or number_of(self.zero_count) or self.zero_threshold:
                raise BadInput("a histogram with custom buckets has no zero bucket and no negative ones")
            if not all(a < b for a, b in pairwise(self.bounds)):
                raise BadInput("bounds of custom buckets must ascend")
            if any(not 0 <= index <= len(self.bounds) for index, _ in self.positive):
                raise BadInput(f"a bucket lies outside of the {len(self.bounds)} custom bounds")
        elif not SCHEMA_MIN <= self.schema <= SCHEMA_MAX or self.bounds:
            raise BadInput(f"a histogram of schema {self.schema} with {len(self.bounds)} bounds")


def number_of(value: Number) -> float:
    """Raises BadInput for a text that is no number."""
    if isinstance(value, str):
        if value not in NUMBER_WORDS:
            raise BadInput(f"not a number: {value[:64]!r}")
        return NUMBER_WORDS[value]
    return value


def _shown(value: float) -> Number:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _side(pairs: list[tuple[int, Number]]) -> dict[int, float]:
    if not all(a < b for (a, _), (b, _) in pairwise(pairs)):
        raise BadInput("indexes of buckets must ascend")
    if pairs and not (pairs[0][0] >= -_INDEX_LIMIT and pairs[-1][0] < _INDEX_LIMIT):
        raise BadInput("an index of a bucket is out of range")
    return {index: number_of(count) for index, count in pairs}
