"""One configuration, scraped by Prometheus and by us: the same targets, URLs, errors and series come out.

Compared are /api/v1/targets with our `Targets` port (discovered and final labels, URLs, health, errors, times, dropped
targets) and the label sets that were stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.asking import wait_until
from tests.harness import Options, Outcome
from tests.prometheus import Prometheus
from tests.unit.intake.scraping import Endpoint, serve
from vedette.intake.config import load_config
from vedette.intake.manager import ScrapeManager
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.clock import SystemClock
from vedette.ports.principal import SYSTEM
from vedette.ports.targets import TargetStatus
from vedette.store.memory import MemoryStore

PAGE = """# TYPE requests_total counter
requests_total{code="200",job="own",instance="own"} 1
requests_total{code="500",exported_job="taken"} 2
# TYPE latency histogram
latency_bucket{le="1"} 1
latency_bucket{le="+Inf"} 2
latency_sum 3
latency_count 2
{"dotted.name", "a.label"="b"} 4
noise_one 5
"""

CONFIG = """
global: {scrape_interval: 1s, external_labels: {dc: eu}}
scrape_configs:
- job_name: plain
  params: {module: [x y, z], q: ["1&2"]}
  static_configs:
  - targets: [ADDRESS, 'localhost:PORT', ADDRESS]
    labels: {env: prod, instance: '', __param_extra: e}
- job_name: honoured
  honor_labels: true
  extra_scrape_metrics: true
  static_configs: [{targets: [ADDRESS], labels: {env: prod}}]
- job_name: relabelled
  metrics_path: /a b/é
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: host}
  - {source_labels: [__address__], target_label: __param_target}
  - {target_label: __address__, replacement: ADDRESS}
  - {regex: env, action: labeldrop}
  - {source_labels: [host], regex: drop.*, action: drop}
  - {source_labels: [__param_target], target_label: __tmp_hash, modulus: 7, action: hashmod}
  - {source_labels: [__tmp_hash], target_label: shard}
  static_configs: [{targets: ['x:1', 'drop-me:1', y], labels: {env: prod, job: other}}]
- job_name: metric-relabelled
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'noise_.*', action: drop}
  - {regex: code, action: labeldrop}
  - {source_labels: [le], target_label: le, regex: '(.*)', replacement: 'le_${1}'}
  static_configs: [{targets: [ADDRESS]}]
- {job_name: limited, sample_limit: 3, static_configs: [{targets: [ADDRESS]}]}
- {job_name: labels-limited, label_limit: 3, static_configs: [{targets: [ADDRESS]}]}
- {job_name: body-limited, body_size_limit: 20B, static_configs: [{targets: [ADDRESS]}]}
- {job_name: legacy, metric_name_validation_scheme: legacy, static_configs: [{targets: [ADDRESS]}]}
- {job_name: too-many, target_limit: 1, static_configs: [{targets: [ADDRESS, 'a:1']}]}
- {job_name: not-found, metrics_path: /404, static_configs: [{targets: [ADDRESS]}]}
"""

WAIT_S = 60.0
SETTLED_S = 4.0
"""After the last target is known: two scrapes of each, on both sides."""


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("scraping", 0, 0)
    for name, ours, theirs in asyncio.run(compare()):
        outcome.total += 1
        if ours == theirs:
            outcome.passed += 1
        else:
            outcome.failures.append(f"{name}: ours {ours!r}, Prometheus {theirs!r}")
    yield outcome


async def compare() -> list[tuple[str, Any, Any]]:
    endpoint = Endpoint(PAGE, handler=answer)
    async with serve(endpoint) as target:
        text = CONFIG.replace("ADDRESS", target.address).replace("PORT", target.address.rpartition(":")[2])
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "prometheus.yml"
            config.write_text(text)
            async with prometheus(Path(folder) / "data", text) as peer, ourselves(config) as (manager, store):
                await asyncio.sleep(SETTLED_S)
                state = await asyncio.to_thread(peer.api, "targets")
                series = await asyncio.to_thread(peer.api, "series", **{"match[]": '{job=~".+"}'})
                return [*compare_targets(manager, state), *compare_series(store, series)]


async def answer(request: web.Request) -> web.Response:
    if request.path == "/404":
        raise web.HTTPNotFound
    return web.Response(body=PAGE.encode(), headers={"Content-Type": "text/plain; version=1.0.0; escaping=allow-utf-8"})


def compare_targets(manager: ScrapeManager, state: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    ours = {
        identity(status.scrape_pool, dict(status.discovered_labels)): shown(status)
        for status in manager.targets.active()
    }
    theirs = {identity(each["scrapePool"], each["discoveredLabels"]): each for each in state["activeTargets"]}
    for key in sorted(ours.keys() | theirs.keys()):
        for name in ("labels", "scrapeUrl", "globalUrl", "health", "lastError", "scrapeInterval", "scrapeTimeout"):
            yield f"{key} {name}", ours.get(key, {}).get(name), theirs.get(key, {}).get(name)
    dropped = [dict(each.discovered_labels) for each in manager.targets.dropped()]
    yield "dropped targets", dropped, [each["discoveredLabels"] for each in state["droppedTargets"]]
    yield "dropped counts", dict(manager.targets.dropped_counts()), state["droppedTargetCounts"]


def compare_series(store: MemoryStore, series: list[dict[str, str]]) -> Iterable[tuple[str, Any, Any]]:
    now_ms = SystemClock().now_ms()
    everything = (Matcher("job", MatchType.REGEX, ".+"),)
    ours = {identity("", dict(labels)) for labels in store.series(SYSTEM, [everything], now_ms - 3_600_000, now_ms)}
    theirs = {identity("", labels) for labels in series}
    for key in sorted(ours | theirs):
        yield f"series {key}", key in ours, key in theirs


def identity(pool: str, labels: Mapping[str, str]) -> str:
    return f"{pool} {json.dumps(dict(labels), sort_keys=True)}"


def shown(status: TargetStatus) -> dict[str, Any]:
    return {
        "labels": dict(status.labels),
        "scrapeUrl": status.scrape_url,
        "globalUrl": status.global_url,
        "health": status.health,
        "lastError": status.last_error,
        "scrapeInterval": status.scrape_interval,
        "scrapeTimeout": status.scrape_timeout,
    }


@contextlib.asynccontextmanager
async def ourselves(config: Path) -> AsyncIterator[tuple[ScrapeManager, MemoryStore]]:
    store = MemoryStore()
    manager = ScrapeManager(store, SystemClock(), SYSTEM, load_config(config))
    task = asyncio.create_task(manager.run())
    try:
        yield manager, store
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def prometheus(data: Path, config: str) -> AsyncIterator[Prometheus]:
    """Once every target has been scraped."""
    peer = Prometheus(data, config)
    await asyncio.to_thread(peer.__enter__)
    try:
        if not await asyncio.to_thread(wait_until, lambda: all_scraped(peer), WAIT_S, 0.2):
            raise TimeoutError(f"Prometheus has not scraped its targets within {WAIT_S} s")
        yield peer
    finally:
        await asyncio.to_thread(peer.__exit__, None, None, None)


def all_scraped(peer: Prometheus) -> bool:
    targets = peer.api("targets")["activeTargets"]
    return bool(targets) and all(target["health"] != "unknown" for target in targets)
