"""`/federate`: the last sample of each selected series, as a page that another Prometheus scrapes.

A sample is the newest one within the lookback; a series whose newest is a stale marker is left out. Pages are sorted by
metric name; every family is untyped, because its samples may come from many jobs. External labels are added where a
series has no label of that name, and `instance=""` is always said, so that the scraper's own does not cover it.
Native histograms need the protobuf format; as text, those with custom buckets become classic ones and the others are left
out. Source: prometheus web/federate.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from vedette.api.answers import Answer
from vedette.api.prometheus import parameters
from vedette.api.prometheus.escaping import escape_name
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.kernels.json_numbers import format_general
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels, escape_value, exposition_text, is_classic_metric_name
from vedette.model.staleness import STALE_NAN_BITS
from vedette.model.telemetry import counter
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Selector
from vedette.query.promql.parser import parse_metric_selector
from vedette.wire.exposition.writing_protobuf import Exposed, cumulative, write_families

_ERRORS: Final = counter("prometheus_web_federation_errors", "Federation answers that failed.")
_SCHEMES: Final = frozenset({"allow-utf-8", "underscores", "dots", "values"})
_VERSIONS: Final = {"": "0.0.4", "0.0.4": "0.0.4", "1.0.0": "1.0.0"}

Newest = dict[Labels, tuple[int, float | NativeHistogram]]
_PROTOBUF: Final = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


Row = tuple[list[tuple[str, str]], int, float | NativeHistogram]
"""Labels without the name, time, value."""


async def federate(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    media_type, scheme = negotiate(request.header(b"accept"))
    write = write_protobuf if media_type == _PROTOBUF else write_page
    external = api.services.config().external_labels
    deadline = api.new_deadline()

    def work() -> Answer:
        selectors = [parse_metric_selector(text) for text in given.all("match[]")]
        with _ERRORS.count_exceptions():
            newest = _newest_samples(api, request.principal, selectors, deadline)
            page = write(newest, external, scheme)
        return Answer(page, 200, f"{media_type}; escaping={scheme}".encode())

    return await api.queries.run(request, deadline, work)


def negotiate(accept: str) -> tuple[str, str]:
    """The media type and the escaping of names: of the best clause that asks for a format that we write."""
    scheme = "underscores"
    for media_type, options in _clauses_by_preference(accept):
        if options.get("escaping") in _SCHEMES:
            scheme = options["escaping"]
        wanted = media_type, options.get("proto"), options.get("encoding")
        if wanted == ("application/vnd.google.protobuf", "io.prometheus.client.MetricFamily", "delimited"):
            return _PROTOBUF, scheme
        if media_type in ("text/plain", "text/*", "*/*") and options.get("version", "") in _VERSIONS:
            return _text_type(_VERSIONS[options.get("version", "")]), scheme
    return _text_type("0.0.4"), scheme


def _text_type(version: str) -> str:
    return f"text/plain; version={version}; charset=utf-8"


def _clauses_by_preference(accept: str) -> list[tuple[str, dict[str, str]]]:
    clauses = []
    for clause in accept.split(","):
        media_type, *settings = (part.strip() for part in clause.split(";"))
        options = {
            name.strip(): value.strip(' "') for name, _, value in (setting.partition("=") for setting in settings)
        }
        clauses.append((media_type, options))
    return sorted(clauses, key=lambda clause: -(parameters.parse_go_float(clause[1].get("q", "1")) or 0.0))


def _newest_samples(api: Api, principal: Principal, selectors: list[Selector], deadline: Deadline) -> Newest:
    limits, now_ms = api.services.query_limits, api.services.clock.now_ms()
    newest: Newest = {}
    for matchers in selectors:
        plan = ScanPlan(
            matchers, now_ms - limits.lookback_ms, now_ms, limits.samples_max, limits.series_max, "last_over_time"
        )
        columns = api.services.store.select(principal, plan, deadline)
        filled = np.flatnonzero(np.diff(columns.offsets))
        last = columns.offsets[filled + 1] - 1
        live = columns.values.view(np.uint64)[last] != STALE_NAN_BITS
        times_ms, values = columns.times_ms[last[live]].tolist(), _values_at(columns, last[live])
        for row, time_ms, value in zip(filled[live].tolist(), times_ms, values, strict=True):
            newest[columns.labels[row]] = (time_ms, value)
    return newest


def _values_at(columns: SeriesColumns, places: Int64s) -> list[float | NativeHistogram]:
    values: list[float | NativeHistogram] = columns.values[places].tolist()
    if columns.histograms is not None:
        cells = columns.histograms[places]
        for place in np.flatnonzero(cells.rows != FLOAT).tolist():
            values[place] = cells.table.at(int(cells.rows[place]))
    return values


def write_protobuf(newest: Newest, external: Mapping[str, str], scheme: str) -> bytes:
    added = sorted({"instance": "", **external}.items())
    series = sorted((labels.name, labels) for labels in newest if labels.name)
    return write_families(
        (
            escape_name(name, scheme),
            [Exposed(_pairs(labels, added, scheme), *newest[labels]) for _, labels in family],
        )
        for name, family in groupby(series, key=lambda entry: entry[0])
    )


def write_page(newest: Newest, external: Mapping[str, str], scheme: str) -> bytes:
    """`scheme` escapes names that are not classic; series without a name are left out."""
    added = sorted({"instance": "", **external}.items())
    series = sorted((labels.name, labels) for labels in newest if labels.name)
    lines: list[str] = []
    for (name, is_histogram), family in groupby(series, key=lambda one: (one[0], _is_histogram(newest[one[1]]))):
        rows = [(_pairs(labels, added, scheme), *newest[labels]) for _, labels in family]
        shown = escape_name(name, scheme)
        quoted = shown if is_classic_metric_name(shown) else f'"{escape_value(shown)}"'
        written = list(_histogram_lines(shown, rows) if is_histogram else _float_lines(shown, rows))
        if written:
            lines += [f"# TYPE {quoted} {'histogram' if is_histogram else 'untyped'}\n", *written]
    return "".join(lines).encode(errors="replace")


def _is_histogram(sample: tuple[int, float | NativeHistogram]) -> bool:
    return isinstance(sample[1], NativeHistogram)


def _float_lines(name: str, rows: Sequence[Row]) -> Iterator[str]:
    texts = format_general(np.array([value for _, _, value in rows], np.float64))
    for (pairs, time_ms, _), text in zip(rows, texts, strict=True):
        yield f"{exposition_text(name, pairs)} {text} {time_ms}\n"


def _histogram_lines(name: str, rows: Sequence[Row]) -> Iterator[str]:
    """As a classic histogram, where the buckets are custom."""
    for pairs, time_ms, histogram in rows:
        if not isinstance(histogram, NativeHistogram) or histogram.schema != CUSTOM_BUCKETS:
            continue
        buckets = [*cumulative(histogram), (math.inf, histogram.count)]
        counts = format_general(np.array([count for _, count in buckets]))
        bounds = format_general(np.array([bound for bound, _ in buckets]))
        for bound, count in zip(bounds, counts, strict=True):
            yield f"{exposition_text(f'{name}_bucket', [*pairs, ('le', bound)])} {count} {time_ms}\n"
        total, count = format_general(np.array([histogram.sum, histogram.count]))
        yield f"{exposition_text(f'{name}_sum', pairs)} {total} {time_ms}\n"
        yield f"{exposition_text(f'{name}_count', pairs)} {count} {time_ms}\n"


def _pairs(labels: Labels, added: list[tuple[str, str]], scheme: str) -> list[tuple[str, str]]:
    own = [(escape_name(name, scheme), value) for name, value in labels if name != METRIC_NAME]
    known = {name for name, _ in labels}
    return own + [(name, value) for name, value in added if name not in known]


ROUTES = (Route(GET, "/federate", federate),)
