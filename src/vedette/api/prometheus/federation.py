"""`/federate`: the last sample of each selected series, as a text page that another Prometheus scrapes.

A sample is the newest one within the lookback; a series whose newest is a stale marker is left out. Pages are sorted by
metric name; every family is untyped, because its samples may come from many jobs. External labels are added where a
series has no label of that name, and `instance=""` is always said, so that the scraper's own does not cover it.
Native histograms need the protobuf format and are left out. Source: prometheus web/federate.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Final

import numpy as np

from vedette.api.answers import Answer
from vedette.api.prometheus import parameters
from vedette.api.prometheus.escaping import escape_name
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.kernels.json_numbers import format_general
from vedette.model.labels import METRIC_NAME, Labels, escape_value, exposition_text, is_classic_metric_name
from vedette.model.staleness import STALE_NAN_BITS
from vedette.model.telemetry import counter
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Selector
from vedette.query.promql.parser import parse_metric_selector

_ERRORS: Final = counter("prometheus_web_federation_errors", "Federation answers that failed.")
_SCHEMES: Final = frozenset({"allow-utf-8", "underscores", "dots", "values"})
_VERSIONS: Final = {"": "0.0.4", "0.0.4": "0.0.4", "1.0.0": "1.0.0"}

Newest = dict[Labels, tuple[int, float]]


async def federate(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    version, scheme = negotiate_text(request.header(b"accept"))
    external = api.services.config().external_labels
    deadline = api.new_deadline()

    def work() -> Answer:
        selectors = [parse_metric_selector(text) for text in given.all("match[]")]
        with _ERRORS.count_exceptions():
            newest = _newest_samples(api, request.principal, selectors, deadline)
            page = write_page(newest, external, scheme)
        content_type = f"text/plain; version={version}; charset=utf-8; escaping={scheme}"
        return Answer(page, 200, content_type.encode())

    return await api.queries.run(request, deadline, work)


def negotiate_text(accept: str) -> tuple[str, str]:
    """The version of the text format and the escaping of names: of the best clause that asks for text."""
    scheme = "underscores"
    for media_type, options in _clauses_by_preference(accept):
        if options.get("escaping") in _SCHEMES:
            scheme = options["escaping"]
        if media_type in ("text/plain", "text/*", "*/*") and options.get("version", "") in _VERSIONS:
            return _VERSIONS[options.get("version", "")], scheme
    return "0.0.4", scheme


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
        times_ms, values = columns.times_ms[last[live]].tolist(), columns.values[last[live]].tolist()
        for row, time_ms, value in zip(filled[live].tolist(), times_ms, values, strict=True):
            newest[columns.labels[row]] = (time_ms, value)
    return newest


def write_page(newest: Newest, external: Mapping[str, str], scheme: str) -> bytes:
    """`scheme` escapes names that are not classic; series without a name are left out."""
    added = sorted({"instance": "", **external}.items())
    series = sorted((labels.name, labels) for labels in newest if labels.name)
    texts = iter(format_general(np.array([newest[labels][1] for _, labels in series], np.float64)))
    lines: list[str] = []
    for name, family in groupby(series, key=lambda entry: entry[0]):
        shown = escape_name(name, scheme)
        quoted = shown if is_classic_metric_name(shown) else f'"{escape_value(shown)}"'
        lines.append(f"# TYPE {quoted} untyped\n")
        for _, labels in family:
            pairs = _pairs(labels, added, scheme)
            lines.append(f"{exposition_text(shown, pairs)} {next(texts)} {newest[labels][0]}\n")
    return "".join(lines).encode(errors="replace")


def _pairs(labels: Labels, added: list[tuple[str, str]], scheme: str) -> list[tuple[str, str]]:
    own = [(escape_name(name, scheme), value) for name, value in labels if name != METRIC_NAME]
    known = {name for name, _ in labels}
    return own + [(name, value) for name, value in added if name not in known]


ROUTES = (Route(GET, "/federate", federate),)
