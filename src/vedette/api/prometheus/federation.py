"""`/federate`: the last sample of each selected series, as a text page that another Prometheus scrapes.

The page is written slice by slice of series, while its first lines are on their way. A sample is the newest one within the
lookback; a series whose newest is a stale marker is left out. Pages are sorted by metric name; every family is untyped,
because its samples may come from many jobs. External labels are added where a series has no label of that name, and
`instance=""` is always said, so that the scraper's own does not cover it. Native histograms need the protobuf format and are
left out. Source: prometheus web/federate.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from vedette.api.answers import Answer, Piece
from vedette.api.export import pieces_of
from vedette.api.prometheus import parameters
from vedette.api.prometheus.escaping import escape_name
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.kernels.json_numbers import format_general
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import FLOAT
from vedette.model.labels import METRIC_NAME, Labels, escape_value, is_classic_metric_name, quote_label_name
from vedette.model.staleness import STALE_NAN_BITS
from vedette.model.telemetry import counter
from vedette.ports.scan import Deadline, ScanPlan
from vedette.query.promql.parser import parse_metric_selector

_ERRORS: Final = counter("prometheus_web_federation_errors", "Federation answers that failed.")
_SCHEMES: Final = frozenset({"allow-utf-8", "underscores", "dots", "values"})
_VERSIONS: Final = {"": "0.0.4", "0.0.4": "0.0.4", "1.0.0": "1.0.0"}


async def federate(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    version, scheme = negotiate_text(request.header(b"accept"))
    page = _Page(api.services.config().external_labels, scheme)
    limits, now_ms = api.services.query_limits, api.services.clock.now_ms()

    async def make(deadline: Deadline) -> Answer:
        def work() -> Answer:
            selectors = [parse_metric_selector(text) for text in given.all("match[]")]
            pieces: list[Piece] = []
            if selectors:
                bounds = now_ms - limits.lookback_ms, now_ms
                plan = ScanPlan(selectors[0], *bounds, limits.samples_max, limits.series_max, "last_over_time")
                slices = api.services.store.slices(request.principal, plan, deadline, also=selectors[1:])
                pieces = pieces_of(page, slices, deadline)
            content_type = f"text/plain; version={version}; charset=utf-8; escaping={scheme}"
            return Answer(pieces or b"", 200, content_type.encode())

        with _ERRORS.count_exceptions():
            return await api.queries.run(request, deadline, work)

    return await api.bulk.take_turn(make)


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


class _Page:
    """The lines of each slice of series, which come in the order of their names; those without a name are left out."""

    def __init__(self, external: Mapping[str, str], scheme: str) -> None:
        self._added = sorted({"instance": "", **external}.items())
        self._scheme = scheme
        self._name = ""
        self._opening = ""
        self._shapes: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
        """By the names of a series' labels: few sets of names serve a hundred thousand series."""

    def begin(self) -> bytes:
        return b""

    def write(self, columns: SeriesColumns) -> bytes:
        rows, last = _newest(columns)
        texts = format_general(columns.values[last])
        lines: list[str] = []
        for row, text, time_ms in zip(rows.tolist(), texts, columns.times_ms[last].tolist(), strict=True):
            labels = columns.labels[row]
            name = labels.name
            if not name:
                continue
            if name != self._name:
                self._name = name
                shown = escape_name(name, self._scheme)
                is_classic = is_classic_metric_name(shown)
                quoted = shown if is_classic else f'"{escape_value(shown)}"'
                self._opening = f"{quoted}{{" if is_classic else f"{{{quoted},"
                lines.append(f"# TYPE {quoted} untyped\n")
            lines.append(f"{self._opening}{self._labels(labels)}}} {text} {time_ms}\n")
        return "".join(lines).encode(errors="replace")

    def end(self) -> bytes:
        return b""

    def _labels(self, labels: Labels) -> str:
        """Never empty: `instance` is always said."""
        names = tuple([name for name, _ in labels.pairs])
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = self._shape(names)
        openings, added = shape
        own = [
            f'{opening}{escape_value(value)}"'
            for opening, (_, value) in zip(openings, labels.pairs, strict=True)
            if opening
        ]
        return ",".join([*own, *added])

    def _shape(self, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """(`name="` of each label, empty for the metric's name; the labels that are added)"""
        openings = [
            "" if name == METRIC_NAME else f'{quote_label_name(escape_name(name, self._scheme))}="' for name in names
        ]
        added = [
            f'{quote_label_name(name)}="{escape_value(value)}"' for name, value in self._added if name not in names
        ]
        return openings, added


def _newest(columns: SeriesColumns) -> tuple[Int64s, Int64s]:
    """(series whose newest sample is a float and no stale marker, the place of that sample)"""
    filled = np.flatnonzero(np.diff(columns.offsets))
    last = columns.offsets[filled + 1] - 1
    live = columns.values.view(np.uint64)[last] != STALE_NAN_BITS
    if columns.histograms is not None:
        live &= columns.histograms.rows[last] == FLOAT
    return filled[live], last[live]


ROUTES = (Route(GET, "/federate", federate),)
