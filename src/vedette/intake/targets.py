"""The `Targets` port over the pools: what the API and the page show of them."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping, Sequence

from vedette.intake.config.relabelling import rule_fields
from vedette.intake.pool import ScrapePool
from vedette.intake.scrape_loop import ScrapeLoop
from vedette.model.errors import NotFound
from vedette.model.labels import Labels
from vedette.model.time import format_duration
from vedette.ports.targets import DroppedTarget, RelabelStep, TargetStatus
from vedette.signals.relabel import relabel_steps


class PoolTargets:
    def __init__(self, pools: Mapping[str, ScrapePool]) -> None:
        self._pools = pools

    def pools(self) -> Sequence[str]:
        return sorted(self._pools)

    def active(self, pool: str = "") -> Sequence[TargetStatus]:
        statuses = [_status(name, loop) for name, each in self._selected(pool) for loop in each.loops.values()]
        return sorted(statuses, key=lambda status: (status.scrape_pool, status.scrape_url))

    def dropped(self, pool: str = "") -> Sequence[DroppedTarget]:
        return [DroppedTarget(name, labels) for name, each in self._selected(pool) for labels in each.dropped]

    def dropped_counts(self) -> Mapping[str, int]:
        return {name: pool.dropped_count for name, pool in sorted(self._pools.items())}

    def relabel_steps(self, pool: str, discovered: Labels) -> Sequence[RelabelStep]:
        if pool not in self._pools:
            raise NotFound(f"scrape pool not found: {pool}")
        rules = self._pools[pool].job.target_rules()
        return [RelabelStep(rule_fields(rule), labels, keep) for rule, labels, keep in relabel_steps(discovered, rules)]

    def _selected(self, pool: str) -> Iterator[tuple[str, ScrapePool]]:
        return (entry for entry in sorted(self._pools.items()) if pool in ("", entry[0]))


def _status(pool: str, loop: ScrapeLoop) -> TargetStatus:
    scraper = loop.scraper
    target, health = scraper.target, scraper.health
    return TargetStatus(
        scrape_pool=pool,
        discovered_labels=target.discovered,
        labels=target.public_labels,
        scrape_url=target.url,
        global_url=global_url(target.url),
        health=health.health,
        last_error=health.last_error,
        last_scrape_ms=health.last_scrape_ms,
        last_scrape_duration_s=health.last_duration_s,
        scrape_interval=format_duration(target.interval_ms),
        scrape_timeout=format_duration(target.timeout_ms),
    )


_LOCAL = re.compile(r"(https?://)(localhost|127\.0\.0\.1|\[::1\])(?=[:/?]|$)")


def global_url(url: str) -> str:
    """The URL as another machine would write it: a loopback host becomes this host's name."""
    return _LOCAL.sub(lambda match: match[1] + socket.gethostname(), url)
