"""`/federate`: the last sample of each selected series, as a page that another Prometheus scrapes.

The page is written slice by slice of series, while its first lines are on their way. A sample is the newest one within the
lookback; a series whose newest is a stale marker is left out. Pages are sorted by metric name; every family is untyped,
because its samples may come from many jobs. Source: prometheus web/federate.go.
"""

from __future__ import annotations

from typing import Final

from vedette.api.answers import Answer, Piece
from vedette.api.export import pieces_of
from vedette.api.prometheus import parameters
from vedette.api.prometheus.federation_pages import ProtobufPage, TextPage
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.model.telemetry import counter
from vedette.ports.scan import Deadline, ScanPlan
from vedette.query.promql.parser import parse_metric_selector

_ERRORS: Final = counter("prometheus_web_federation_errors", "Federation answers that failed.")
_SCHEMES: Final = frozenset({"allow-utf-8", "underscores", "dots", "values"})
_VERSIONS: Final = frozenset({"", "0.0.4", "1.0.0"})
"""Of text, as may be asked for; the answer says 0.0.4, as the reference's does: only how names are escaped differs."""
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_PROTOBUF: Final = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


async def federate(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    media_type, scheme = negotiate(request.header(b"accept"))
    make_page = ProtobufPage if media_type == _PROTOBUF else TextPage
    page = make_page(api.services.config().external_labels, scheme)
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
            return Answer(pieces or b"", 200, f"{media_type}; escaping={scheme}".encode())

        with _ERRORS.count_exceptions():
            return await api.queries.run(request, deadline, work)

    return await api.bulk.take_turn(make)


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
            return _TEXT, scheme
    return _TEXT, scheme


def _clauses_by_preference(accept: str) -> list[tuple[str, dict[str, str]]]:
    clauses = []
    for clause in accept.split(","):
        media_type, *settings = (part.strip() for part in clause.split(";"))
        options = {
            name.strip(): value.strip(' "') for name, _, value in (setting.partition("=") for setting in settings)
        }
        clauses.append((media_type, options))
    return sorted(clauses, key=lambda clause: -(parameters.parse_go_float(clause[1].get("q", "1")) or 0.0))


ROUTES = (Route(GET, "/federate", federate),)
