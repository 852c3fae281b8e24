"""Warnings and infos of a query: texts that clients compare, each with the place in the query that caused it.

One text is reported once, with the place that said it last; forced monotonicity is summed up over samples.
Source of texts and merging: Prometheus util/annotations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from vedette.model.numbers import format_general
from vedette.model.time import format_duration
from vedette.query.promql.ast import Expr, SubqueryExpr
from vedette.query.shared.quoting import quote

_WARNING = "PromQL warning: "
_INFO = "PromQL info: "

COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


@dataclass(slots=True)
class _Forced:
    """Where buckets had to be made monotonic: time span, bounds, the largest decrease, in how many samples."""

    first_ms: int
    last_ms: int
    least_bound: float
    greatest_bound: float
    difference: float
    samples: int

    def merge(self, other: _Forced) -> None:
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.least_bound = min(self.least_bound, other.least_bound)
        self.greatest_bound = max(self.greatest_bound, other.greatest_bound)
        self.difference = max(self.difference, other.difference)
        self.samples += other.samples

    def __str__(self) -> str:
        return (
            f", from buckets {format_general(self.least_bound)} to {format_general(self.greatest_bound)}, with a max diff of "
            f"{format_general(self.difference, 2)}, over {self.samples} samples from {_rfc3339(self.first_ms)} to "
            f"{_rfc3339(self.last_ms)}"
        )


@dataclass(slots=True)
class Annotations:
    """Positions are byte offsets into the query."""

    _places: dict[str, int] = field(default_factory=dict)
    _forced: dict[str, _Forced] = field(default_factory=dict)
    _occurrences: dict[str, int] = field(default_factory=dict)

    def warnings(self, query: str) -> list[str]:
        return self._texts(_WARNING, query)

    def infos(self, query: str) -> list[str]:
        return self._texts(_INFO, query)

    def _texts(self, prefix: str, query: str) -> list[str]:
        return [
            f"{text}{self._forced.get(text, '')}{self._repeated(text)} ({line_and_column(query, position)})"
            for text, position in self._places.items()
            if text.startswith(prefix)
        ]

    def _repeated(self, text: str) -> str:
        occurrences = self._occurrences.get(text, 1)
        return f" ({occurrences} occurrences)" if occurrences > 1 else ""

    def _add(self, text: str, position: int) -> None:
        self._places[text] = position

    def downsampled(self, width_ms: int, until_ms: int, position: int) -> None:
        """Ours; the reference has raw samples only."""
        width = format_duration(width_ms)
        self._add(f"{_INFO}samples up to {_rfc3339(until_ms)} are downsampled to {width}", position)

    def invalid_quantile(self, q: float, position: int) -> None:
        self._add(f"{_WARNING}quantile value should be between 0 and 1, got {format_general(q)}", position)

    def invalid_ratio(self, ratio: float, capped: float, position: int) -> None:
        got = f"got {format_general(ratio)}, capping to {format_general(capped)}"
        self._add(f"{_WARNING}ratio value should be between -1 and 1, {got}", position)

    def bad_bucket_label(self, metric: str, value: str, position: int) -> None:
        text = f'{_WARNING}bucket label "le" is missing or has a malformed value of {quote(value)}{_for_metric(metric)}'
        self._add(text, position)

    def sort_in_range_query(self, position: int) -> None:
        text = "sort is ineffective for range queries since results are always ordered by labels"
        self._add(_WARNING + text, position)

    def possible_non_counter(self, metric: str, position: int) -> None:
        text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"
        self._add(f"{_INFO}{text} {quote(metric)}", position)

    def possible_non_counter_type(self, metric: str, type_label: str, position: int) -> None:
        text = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"'
        self._add(f"{_INFO}{text}, got {quote(type_label)}: {quote(metric)}", position)

    def mixed_floats_and_histograms(self, metric: str, position: int) -> None:
        text = "encountered a mix of histograms and floats for metric name"
        self._add(f"{_WARNING}{text} {quote(metric)}", position)

    def mixed_floats_and_histograms_in_aggregation(self, position: int) -> None:
        self._add(f"{_WARNING}encountered a mix of histograms and floats for aggregation", position)

    def mixed_classic_and_native(self, metric: str, position: int) -> None:
        text = "vector contains a mix of classic and native histograms"
        self._add(f"{_WARNING}{text}{_for_metric(metric)}", position)

    def not_a_counter(self, metric: str, position: int) -> None:
        self._add(f"{_WARNING}this native histogram metric is not a counter: {quote(metric)}", position)

    def not_a_gauge(self, metric: str, position: int) -> None:
        self._add(f"{_WARNING}this native histogram metric is not a gauge: {quote(metric)}", position)

    def mixed_schemas(self, metric: str, position: int) -> None:
        text = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"
        self._add(f"{_WARNING}{text} {quote(metric)}", position)

    def incompatible_buckets(self, operator: str, position: int) -> None:
        text = "incompatible bucket layout encountered for binary operator"
        self._add(f"{_WARNING}{text} {operator}", position)

    def conflicting_resets(self, operation: str, position: int) -> None:
        """`operation`: addition, subtraction or aggregation."""
        self._add(f"{_WARNING}conflicting counter resets during histogram {operation}", position)

    def mismatched_bounds(self, operation: str, position: int) -> None:
        self._add(f"{_INFO}mismatched custom buckets were reconciled during {operation}", position)

    def histogram_ignored_in_aggregation(self, aggregator: str, position: int) -> None:
        self._add(f"{_INFO}ignored histogram in {aggregator} aggregation", position)

    def histogram_ignored_in_range(self, metric: str, position: int) -> None:
        text = "ignored histograms in a range containing both floats and histograms for metric name"
        self._add(f"{_INFO}{text} {quote(metric)}", position)

    def nan_quantile(self, metric: str, position: int) -> None:
        text = "input to histogram_quantile has NaN observations, result is NaN"
        self._add(f"{_INFO}{text}{_for_metric(metric)}", position)

    def nan_skewed_quantile(self, metric: str, position: int) -> None:
        text = "input to histogram_quantile has NaN observations, result is skewed higher"
        self._add(f"{_INFO}{text}{_for_metric(metric)}", position)

    def nan_outside_fraction(self, metric: str, position: int) -> None:
        text = "input to histogram_fraction has NaN observations, which are excluded from all fractions"
        self._add(f"{_INFO}{text}{_for_metric(metric)}", position)

    def start_time_overlap(self, metric: str, position: int, occurrences: int) -> None:
        """Occurrences add up over the query."""
        text = (
            f"{_WARNING}sample has start time that overlaps with previous sample timestamp for metric {quote(metric)}"
        )
        self._add(text, position)
        self._occurrences[text] = self._occurrences.get(text, 0) + occurrences

    def incompatible_types(self, lhs: str, operator: str, rhs: str, position: int) -> None:
        text = f"incompatible sample types encountered for binary operator {quote(operator)}: {lhs} {operator} {rhs}"
        self._add(_INFO + text, position)

    def forced_monotonicity(
        self,
        metric: str,
        position: int,
        time_ms: tuple[int, int],
        bounds: tuple[float, float],
        worst: tuple[float, int],
    ) -> None:
        """`time_ms` first and last sample, `bounds` least and greatest, `worst` the largest decrease and the sample count."""
        see = "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"
        text = (
            f"{_INFO}input to histogram_quantile needed to be fixed for monotonicity (see {see}){_for_metric(metric)}"
        )
        forced = _Forced(*time_ms, *bounds, *worst)
        if text in self._forced:
            self._forced[text].merge(forced)
        else:
            self._forced[text] = forced
        self._places.setdefault(text, position)


def place_of(arg: Expr) -> int:
    """Where a function's annotations about its argument point. The reference evaluates a subquery first, and then has no place for it."""
    return 0 if isinstance(arg, SubqueryExpr) else arg.start


def line_and_column(query: str, position: int) -> str:
    """`line:column`, both from 1, columns in bytes."""
    before = query.encode()[:position]
    line, column = before.count(b"\n") + 1, position - before.rfind(b"\n")
    return f"{line}:{column}"


def _for_metric(metric: str) -> str:
    return f" for metric name {quote(metric)}" if metric else ""


def _rfc3339(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
