"""`/api/v1/status/self_metrics`: our own metrics as JSON, in the form that protobuf gives to metric families.

64-bit counts are texts there, and so are NaN and the infinities. Source: prometheus web/api/v1/api.go (selfMetrics),
client_model metrics.proto, https://protobuf.dev/programming-guides/json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final

from prometheus_client import Metric
from prometheus_client.samples import Sample

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.model.regex import compile_anchored
from vedette.model.telemetry import REGISTRY


async def self_metrics(api: Api, request: Request) -> Answer:
    pattern = (await request.parameters()).get("metric_name_pattern")

    def work() -> Answer:
        try:
            wanted = compile_anchored(pattern) if pattern else None
        except BadInput as error:
            raise BadInput(f"invalid metric_name_pattern: {error.message}") from None
        families = [describe_family(family) for family in REGISTRY.collect()]
        return envelope.success([one for one in families if wanted is None or wanted.fullmatch(one["name"])])

    return await api.look_up(request, work)


def describe_family(family: Metric) -> Document:
    """A counter's family is called as its samples are, `..._total`."""
    kind = family.type if family.type in _KINDS else "unknown"
    name = f"{family.name}_total" if kind == "counter" else family.name
    samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
    described: Document = {"name": name, "help": family.documentation, "type": _TYPES[kind]}
    described["metric"] = [
        {**_describe_labels(labels), **_KINDS[kind](list(group))} for labels, group in groupby(samples, key=_labels)
    ]
    return described


def _describe_labels(labels: list[tuple[str, str]]) -> Document:
    return {"label": [{"name": key, "value": value} for key, value in labels]} if labels else {}


def _labels(sample: Sample) -> list[tuple[str, str]]:
    return sorted((key, value) for key, value in sample.labels.items() if key not in ("le", "quantile"))


def _single(field: str) -> Callable[[list[Sample]], Document]:
    return lambda samples: {field: {"value": _number(samples[0].value)}}


def _histogram(samples: list[Sample]) -> Document:
    """The last bucket, without a bound, is the count."""
    buckets = [
        {"cumulativeCount": str(int(sample.value)), "upperBound": float(sample.labels["le"])}
        for sample in samples
        if sample.name.endswith("_bucket") and sample.labels["le"] != "+Inf"
    ]
    return {"histogram": {**_totals(samples), "bucket": buckets}}


def _summary(samples: list[Sample]) -> Document:
    return {"summary": _totals(samples)}


def _totals(samples: Iterable[Sample]) -> Document:
    totals = {sample.name.rpartition("_")[2]: sample.value for sample in samples}
    return {"sampleCount": str(int(totals.get("count", 0))), "sampleSum": _number(totals.get("sum", 0.0))}


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


_KINDS: Final[dict[str, Callable[[list[Sample]], Document]]] = {
    "counter": _single("counter"),
    "gauge": _single("gauge"),
    "histogram": _histogram,
    "summary": _summary,
    "unknown": _single("untyped"),
}
_TYPES: Final = {
    "counter": "COUNTER",
    "gauge": "GAUGE",
    "histogram": "HISTOGRAM",
    "summary": "SUMMARY",
    "unknown": "UNTYPED",
}

ROUTES = (Route(GET, "/api/v1/status/self_metrics", self_metrics, needs_ready=False),)
