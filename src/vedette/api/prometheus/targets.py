"""What is scraped: targets, pools, and the relabelling of a discovered target, step by step.

Targets belong to the tenant we scrape for; other tenants see none. Source: prometheus web/api/v1/api.go.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from vedette.api.answers import Answer
from vedette.api.principals import owns_targets
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput, NotFound
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, matches_all
from vedette.model.quoting import quote
from vedette.ports.targets import DroppedTarget, TargetStatus
from vedette.query.promql.parser import parse_metric_selector

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time."""


async def targets(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    state, pool = given.get("state").lower(), given.get("scrapePool")
    owned = owns_targets(request.principal)
    source = api.services.targets
    answer: Document = {"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": None}
    if state in ("", "any", "active") and owned:
        active = sorted(source.active(pool), key=lambda target: target.scrape_pool)
        answer["activeTargets"] = [_describe_target(target) for target in active]
    if state in ("", "any", "dropped"):
        answer["droppedTargetCounts"] = dict(source.dropped_counts()) if owned else {}
        dropped = sorted(source.dropped(pool), key=lambda target: target.scrape_pool) if owned else []
        answer["droppedTargets"] = [_describe_dropped(target) for target in dropped]
    return envelope.success(answer)


def _describe_target(target: TargetStatus) -> Document:
    return {
        "discoveredLabels": dict(target.discovered_labels.pairs),
        "labels": dict(target.labels.pairs),
        "scrapePool": target.scrape_pool,
        "scrapeUrl": target.scrape_url,
        "globalUrl": target.global_url,
        "lastError": target.last_error,
        "lastScrape": format_time(target.last_scrape_ms),
        "lastScrapeDuration": target.last_scrape_duration_s,
        "health": target.health,
        "scrapeInterval": target.scrape_interval,
        "scrapeTimeout": target.scrape_timeout,
    }


def _describe_dropped(target: DroppedTarget) -> Document:
    return {"discoveredLabels": dict(target.discovered_labels.pairs), "scrapePool": target.scrape_pool}


def format_time(time_ms: int) -> str:
    """RFC 3339 with as many decimals as needed; `NEVER` for 0."""
    if time_ms == 0:
        return NEVER
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{time_ms % 1000:03d}".rstrip("0")
    return f"{moment}.{fraction}Z" if fraction else f"{moment}Z"


async def scrape_pools(api: Api, request: Request) -> Answer:
    pools = sorted(api.services.targets.pools()) if owns_targets(request.principal) else []
    return envelope.success({"scrapePools": pools})


async def relabel_steps(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    pool, text = given.get("scrapePool"), given.get("labels")
    if not pool:
        raise BadInput("no scrapePool parameter provided")
    if not text:
        raise BadInput("no labels parameter provided")
    discovered = _read_labels(text)
    unknown = BadInput(f"error retrieving scrape config: scrape pool {quote(pool)} not found")
    if not owns_targets(request.principal):
        raise unknown
    try:
        steps = api.services.targets.relabel_steps(pool, discovered)
    except NotFound:
        raise unknown from None
    return envelope.success(
        {"steps": [{"rule": step.rule, "output": dict(step.output.pairs), "keep": step.keep} for step in steps]}
    )


def _read_labels(text: str) -> Labels:
    try:
        return Labels.of(msgspec.json.decode(text, type=dict[str, str]))
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BadInput(f"error parsing labels: {error}") from None


async def target_metadata(api: Api, request: Request) -> Answer:
    """Metadata is kept by metric, not by target: each matching target is listed with what its tenant knows."""
    given = await request.parameters()
    text = given.get("limit")
    try:
        limit = parameters.parse_go_int(text) if text else -1
    except BadInput:
        raise BadInput("limit must be a number") from None
    matchers: tuple[Matcher, ...] = ()
    if given.get("match_target"):
        try:
            matchers = parse_metric_selector(given.get("match_target"))
        except BadInput as error:
            raise parameters.invalid("match_target", error.message) from None
    if not owns_targets(request.principal):
        return envelope.success([])
    matching = [target for target in api.services.targets.active() if matches_all(matchers, target.labels)]
    metric = given.get("metric")
    entries = api.services.store.metadata(request.principal, metric) if matching else []
    found: list[Document] = []
    for target in matching:
        for entry in entries:
            if 0 <= limit <= len(found):
                return envelope.success(found)
            name: Document = {} if metric else {"metric": entry.metric}
            described = {"type": entry.type, "help": entry.help, "unit": entry.unit}
            found.append({"target": dict(target.labels.pairs), **name, **described})
    return envelope.success(found)


ROUTES = (
    Route(GET, "/api/v1/targets", targets),
    Route(GET, "/api/v1/targets/metadata", target_metadata),
    Route(GET, "/api/v1/targets/relabel_steps", relabel_steps),
    Route(GET, "/api/v1/scrape_pools", scrape_pools),
)
