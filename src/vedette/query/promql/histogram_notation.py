"""Native histograms as tests write them: `{{schema:1 sum:2 count:3 buckets:[1 2]}}`. A value to load and to expect."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.histograms import CounterReset, NativeHistogram

_FIELD: Final = re.compile(r"\s*([a-z_]+):(\[[^\]]*\]|[^\s\[\]]+)\s*", re.IGNORECASE)
_CUSTOM_BUCKETS: Final = -53
_HINTS: Final = {
    "": CounterReset.UNKNOWN,
    "unknown": CounterReset.UNKNOWN,
    "reset": CounterReset.RESET,
    "not_reset": CounterReset.NOT_RESET,
    "gauge": CounterReset.GAUGE,
}


class BadHistogram(BadInput):
    pass


@dataclass(frozen=True, slots=True)
class HistogramLiteral:
    """`positive` and `negative` map a bucket's index to its count; `hint` is empty where the script gives none."""

    schema: int = 0
    sum: float = 0.0
    count: float = 0.0
    zero_count: float = 0.0
    zero_threshold: float = 0.0
    positive: dict[int, float] = field(default_factory=dict)
    negative: dict[int, float] = field(default_factory=dict)
    custom_values: tuple[float, ...] = ()
    hint: str = ""

    def plus(self, other: HistogramLiteral, factor: float = 1.0) -> HistogramLiteral:
        """The sum, at the coarser of the two resolutions; `factor` -1 subtracts."""
        schema = min(self.schema, other.schema)
        left, right = self.at_schema(schema), other.at_schema(schema)
        return replace(
            left,
            hint=_joint_hint(left.hint, right.hint),
            sum=left.sum + factor * right.sum,
            count=left.count + factor * right.count,
            zero_count=left.zero_count + factor * right.zero_count,
            zero_threshold=max(left.zero_threshold, right.zero_threshold),
            positive=_added(left.positive, right.positive, factor),
            negative=_added(left.negative, right.negative, factor),
        )

    def at_schema(self, schema: int) -> HistogramLiteral:
        """With buckets merged down to a coarser schema; custom buckets stay as they are."""
        halvings = self.schema - schema
        if halvings <= 0 or schema == _CUSTOM_BUCKETS:
            return self
        positive, negative = (_coarser(side, halvings) for side in (self.positive, self.negative))
        return replace(self, schema=schema, positive=positive, negative=negative)

    @property
    def value(self) -> NativeHistogram:
        return NativeHistogram(
            self.schema,
            self.count,
            self.sum,
            self.zero_count,
            self.zero_threshold,
            self.positive,
            self.negative,
            self.custom_values,
            _HINTS[self.hint],
        )


def _joint_hint(left: str, right: str) -> str:
    if left == right or "gauge" not in (left, right):
        return left if left == right else ""
    return "gauge"


def _added(left: dict[int, float], right: dict[int, float], factor: float) -> dict[int, float]:
    return {index: left.get(index, 0.0) + factor * right.get(index, 0.0) for index in sorted({*left, *right})}


def _coarser(buckets: dict[int, float], halvings: int) -> dict[int, float]:
    merged: dict[int, float] = {}
    for index, count in buckets.items():
        target = ((index - 1) >> halvings) + 1
        merged[target] = merged.get(target, 0.0) + count
    return merged


def parse_histogram(text: str) -> HistogramLiteral:
    """What stands between `{{` and `}}`. Raises BadHistogram."""
    fields: dict[str, str] = {}
    at = 0
    while at < len(text.rstrip()):
        match = _FIELD.match(text, at)
        if match is None or match[1].lower() in fields:
            raise BadHistogram(f"bad histogram description: {text[at:]}")
        fields[match[1].lower()] = match[2]
        at = match.end()
    try:
        return _build(fields)
    except (KeyError, ValueError) as error:
        raise BadHistogram(f"{error} in histogram description: {text}") from None


def _build(fields: dict[str, str]) -> HistogramLiteral:
    histogram = HistogramLiteral(
        schema=int(fields.pop("schema", "0")),
        sum=float(fields.pop("sum", "0")),
        count=float(fields.pop("count", "0")),
        zero_count=float(fields.pop("z_bucket", "0")),
        zero_threshold=float(fields.pop("z_bucket_w", "0")),
        positive=_buckets(fields.pop("buckets", "[]"), fields.pop("offset", "0")),
        negative=_buckets(fields.pop("n_buckets", "[]"), fields.pop("n_offset", "0")),
        custom_values=tuple(_numbers(fields.pop("custom_values", "[]"))),
        hint=fields.pop("counter_reset_hint", ""),
    )
    if fields:
        raise ValueError(f"unknown key {next(iter(fields))}")
    return histogram


def _buckets(listed: str, offset: str) -> dict[int, float]:
    return {int(offset) + index: count for index, count in enumerate(_numbers(listed))}


def _numbers(listed: str) -> list[float]:
    return [float(number) for number in listed.strip("[]").split()]
