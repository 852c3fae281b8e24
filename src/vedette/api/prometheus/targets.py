"""What is scraped: targets, pools, and the relabelling of a discovered target, step by step.

Targets belong to the tenant we scrape for; other tenants see none. Source: prometheus web/api/v1/api.go.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec
import yaml

from vedette.api.answers import Answer
from vedette.api.principals import owns_targets
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import BadInput, NotFound
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, matches_all
from vedette.model.quoting import quote
from vedette.ports.targets import DroppedTarget, TargetStatus
from vedette.query.promql.parser import parse_metric_selector

_YAML_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time."""


async def targets(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    state, pool = given.get("state").lower(), given.get("scrapePool")
    owned = owns_targets(request.principal)
    source = api.services.targets
    shows_active, shows_dropped = state in ("", "any", "active"), state in ("", "any", "dropped")
    active = source.active(pool) if owned and shows_active else ()
    dropped = source.dropped(pool) if owned and shows_dropped else ()
    counts = dict(source.dropped_counts() if owned else {}) if shows_dropped else None

    def work() -> Answer:
        by_pool = sorted(active, key=lambda target: target.scrape_pool)
        dropped_by_pool = sorted(dropped, key=lambda target: target.scrape_pool)
        return envelope.success(
            {
                "activeTargets": [_describe_target(target) for target in by_pool],
                "droppedTargets": [_describe_dropped(target) for target in dropped_by_pool],
                "droppedTargetCounts": counts,
            }
        )

    return await api.look_up(request, work)


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


async def scrape_pool_config(api: Api, request: Request) -> Answer:
    """The job's part of the configuration, from the text whose secrets are already out."""
    pool = (await request.parameters()).get("scrapePool")
    if not pool:
        raise BadInput("no scrapePool parameter provided")
    if not owns_targets(request.principal):
        raise _unknown_pool(pool)

    def work() -> Answer:
        config = yaml.load(api.services.config().text, Loader=_YAML_LOADER) or {}
        for job in config.get("scrape_configs") or []:
            if job.get("job_name") == pool:
                return envelope.success({"yaml": yaml.safe_dump(job, sort_keys=False, allow_unicode=True)})
        raise _unknown_pool(pool)

    return await api.look_up(request, work)


def _unknown_pool(pool: str) -> BadInput:
    return BadInput(f"error retrieving scrape config: scrape pool {quote(pool)} not found")


async def relabel_steps(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    pool, text = given.get("scrapePool"), given.get("labels")
    if not pool:
        raise BadInput("no scrapePool parameter provided")
    if not text:
        raise BadInput("no labels parameter provided")
    discovered = _read_labels(text)
    if not owns_targets(request.principal):
        raise _unknown_pool(pool)
    try:
        steps = api.services.targets.relabel_steps(pool, discovered)
    except NotFound:
        raise _unknown_pool(pool) from None
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
    active, metric = api.services.targets.active(), given.get("metric")

    def work() -> Answer:
        matching = [target for target in active if matches_all(matchers, target.labels)]
        entries = api.services.store.metadata(request.principal, metric) if matching else []
        pairs = ((target, entry) for target in matching for entry in entries)
        listed = islice(pairs, limit) if limit >= 0 else pairs
        return envelope.success([_describe_metadata(target, entry, named=not metric) for target, entry in listed])

    return await api.look_up(request, work)


def _describe_metadata(target: TargetStatus, entry: MetricMetadata, *, named: bool) -> Document:
    """`named`: say the metric, which a caller that asked for one knows."""
    name: Document = {"metric": entry.metric} if named else {}
    return {"target": dict(target.labels.pairs), **name, "type": entry.type, "help": entry.help, "unit": entry.unit}


ROUTES = (
    Route(GET, "/api/v1/targets", targets),
    Route(GET, "/api/v1/targets/metadata", target_metadata),
    Route(GET, "/api/v1/targets/relabel_steps", relabel_steps),
    Route(GET, "/api/v1/scrape_pools", scrape_pools),
    Route(GET, "/api/v1/scrape_pools/config", scrape_pool_config),
)
