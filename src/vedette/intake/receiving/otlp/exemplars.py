"""OTLP exemplars: trace and span id as labels, and the filtered attributes where all fits 128 characters.

Source: Prometheus storage/remote/otlptranslator, helper.go (getPromExemplars).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Final

from vedette.intake.receiving.exemplar_rows import ExemplarRows
from vedette.intake.receiving.otlp.attributes import attribute_texts
from vedette.model.blocks import Int64s
from vedette.model.labels import Labels

Document = dict[str, Any]

CHARACTERS_MAX: Final = 128
_NS_PER_MS: Final = 1_000_000


def add_exemplars(rows: ExemplarRows, point: Document, ref: int) -> None:
    """All of the point belong to its series."""
    for exemplar in point.get("exemplars", ()):
        _add(rows, exemplar, ref, point)


def add_bucket_exemplars(rows: ExemplarRows, point: Document, refs: Int64s, bounds: tuple[float, ...]) -> None:
    """`refs` are those of the buckets, +Inf last; an exemplar belongs to the one whose bound holds its value."""
    for exemplar in point.get("exemplars", ()):
        _add(rows, exemplar, int(refs[bisect_left(bounds, _value_of(exemplar))]), point)


def _add(rows: ExemplarRows, exemplar: Document, ref: int, point: Document) -> None:
    time_ns = exemplar.get("timeUnixNano") or point.get("timeUnixNano", 0)
    rows.add(ref, time_ns // _NS_PER_MS, _value_of(exemplar), _labels_of(exemplar))


def _value_of(exemplar: Document) -> float:
    return float(exemplar["asDouble"] if "asDouble" in exemplar else exemplar.get("asInt", 0))


def _labels_of(exemplar: Document) -> Labels:
    ids = {"trace_id": exemplar.get("traceId", b""), "span_id": exemplar.get("spanId", b"")}
    pairs = {name: value.hex() for name, value in ids.items() if any(value)}
    attributes = attribute_texts(exemplar.get("filteredAttributes", ()))
    everything = pairs | attributes
    fits = sum(len(name) + len(value) for name, value in everything.items()) <= CHARACTERS_MAX
    return Labels((everything if fits else pairs).items())
