"""A native histogram as text, as the reference writes it into labels: `{count:3, sum:2.5, (0.5,1]:3}`.

Source: Prometheus FloatHistogram.String, Bucket.String.
"""

from __future__ import annotations

import math

from vedette.kernels.histogram_bounds import exponential_bound
from vedette.model.histograms import CUSTOM_BUCKETS, NativeHistogram
from vedette.model.numbers import format_general


def format_histogram(histogram: NativeHistogram) -> str:
    """Buckets from the lowest to the highest, without those that are empty."""
    parts = [f"count:{format_general(histogram.count)}", f"sum:{format_general(histogram.sum)}"]
    for index, count in sorted(histogram.negative.items(), reverse=True):
        if count:
            parts.append(_bucket("[", -_bound(histogram, index), -_bound(histogram, index - 1), ")", count))
    if histogram.zero_count:
        width = histogram.zero_threshold
        parts.append(_bucket("[", -width, width, "]", histogram.zero_count))
    for index, count in sorted(histogram.positive.items()):
        if count:
            opening = "[" if histogram.schema == CUSTOM_BUCKETS and index == 0 else "("
            parts.append(_bucket(opening, _bound(histogram, index - 1), _bound(histogram, index), "]", count))
    return "{" + ", ".join(parts) + "}"


def _bucket(opening: str, lower: float, upper: float, closing: str, count: float) -> str:
    return f"{opening}{format_general(lower)},{format_general(upper)}{closing}:{format_general(count)}"


def _bound(histogram: NativeHistogram, index: int) -> float:
    if histogram.schema != CUSTOM_BUCKETS:
        return float(exponential_bound(index, histogram.schema))
    if index < 0:
        return -math.inf
    return histogram.bounds[index] if index < len(histogram.bounds) else math.inf
