"""OTLP exemplars: trace and span id as labels, and the filtered attributes where all fits 128 characters.

Source: Prometheus storage/remote/otlptranslator, helper.go (getPromExemplars).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from vedette.intake.receiving.otlp.attributes import attribute_texts
from vedette.model.blocks import ExemplarBatch, Int64s
from vedette.model.labels import Labels

Document = dict[str, Any]

CHARACTERS_MAX: Final = 128
_NS_PER_MS: Final = 1_000_000


@dataclass(slots=True)
class ExemplarRows:
    refs: list[int] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    labels: list[Labels] = field(default_factory=list)

    def add(self, point: Document, ref: int) -> None:
        for exemplar in point.get("exemplars", ()):
            self._add(exemplar, ref, point)

    def add_to_buckets(self, point: Document, refs: Int64s, bounds: tuple[float, ...]) -> None:
        """`refs` are those of the buckets, +Inf last; an exemplar belongs to the one whose bound holds its value."""
        for exemplar in point.get("exemplars", ()):
            self._add(exemplar, int(refs[bisect_left(bounds, _value_of(exemplar))]), point)

    def batch(self) -> ExemplarBatch:
        """In the order that the store asks for: by time and value within a series."""
        order = sorted(range(len(self.refs)), key=lambda i: (self.refs[i], self.times_ms[i], self.values[i]))
        return ExemplarBatch(
            np.array([self.refs[i] for i in order], np.int64),
            np.array([self.times_ms[i] for i in order], np.int64),
            np.array([self.values[i] for i in order], np.float64),
            [self.labels[i] for i in order],
        )

    def _add(self, exemplar: Document, ref: int, point: Document) -> None:
        time_ns = exemplar.get("timeUnixNano") or point.get("timeUnixNano", 0)
        self.refs.append(ref)
        self.times_ms.append(time_ns // _NS_PER_MS)
        self.values.append(_value_of(exemplar))
        self.labels.append(_labels_of(exemplar))


def _value_of(exemplar: Document) -> float:
    return float(exemplar["asDouble"] if "asDouble" in exemplar else exemplar.get("asInt", 0))


def _labels_of(exemplar: Document) -> Labels:
    ids = {"trace_id": exemplar.get("traceId", b""), "span_id": exemplar.get("spanId", b"")}
    pairs = {name: value.hex() for name, value in ids.items() if any(value)}
    attributes = attribute_texts(exemplar.get("filteredAttributes", ()))
    everything = pairs | attributes
    fits = sum(len(name) + len(value) for name, value in everything.items()) <= CHARACTERS_MAX
    return Labels((everything if fits else pairs).items())
