"""The Pushgateway: groups by tenant under one lock, on disk before an answer, and every 15 s in the store.

`push`, `delete` and `wipe` are called from worker threads. The feeder writes each tenant's page into the store with the
core of scraping, labels honoured: a group that is gone ends in stale markers, as it would behind a real Pushgateway.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vedette.intake.receiving.pushgateway.files import GroupFiles
from vedette.intake.receiving.pushgateway.groups import Group, Inconsistent, check_consistent, failed, pushed
from vedette.intake.receiving.pushgateway.parsing import read_body, read_families
from vedette.intake.receiving.pushgateway.rendering import render_page
from vedette.intake.scrape import Counts, PageRules, TargetMemory, ingest_page
from vedette.intake.series_labels import LabelLimits, SeriesLabeller
from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput, BodyTooLarge, VedetteError
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.model.limits import ReceiveLimits
from vedette.model.names import ValidationScheme
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.wire.exposition import Format, Page, scan

FEED_EVERY_S: Final = 15.0
_log: Final = logging.getLogger(__name__)
_HONOURED: Final = SeriesLabeller(EMPTY_LABELS, True, (), LabelLimits(), ValidationScheme.UTF8)


class PushGateway:
    def __init__(self, folder: Path, clock: Clock, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self._files = GroupFiles(folder)
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._tenants: dict[str, dict[Labels, Group]] = {}
        for tenant, group in self._files.load():
            self._tenants.setdefault(tenant, {})[group.labels] = group

    def push(
        self, principal: Principal, labels: dict[str, str], body: bytes, headers: tuple[str, str], *, replace_all: bool
    ) -> None:
        """`headers`: content type, content encoding. Raises BadInput, BodyTooLarge, StoreUnavailable: nothing changed."""
        content_type, encoding = headers
        plain = read_body(body, encoding, self._limits.inflated_bytes_max)
        key, now_ms = Labels(labels.items()), self._clock.now_ms()
        with self._lock:
            groups = self._tenants.setdefault(principal.tenant, {})
            group = groups.get(key) or Group(key)
            try:
                families = read_families(plain, content_type)
                changed = pushed(group, families, now_ms, replace_all=replace_all)
                check_consistent(changed, (other for other in groups.values() if other.labels != key))
            except Inconsistent as error:
                self._take_over(principal.tenant, failed(group, now_ms))
                raise BadInput(
                    f"pushed metrics are invalid or inconsistent with existing metrics: {error.message}"
                ) from None
            self._check_room(principal.tenant, changed)
            self._take_over(principal.tenant, changed)

    def delete(self, principal: Principal, labels: dict[str, str]) -> None:
        """Raises StoreUnavailable. A group that is not there is deleted too."""
        key = Labels(labels.items())
        with self._lock:
            self._files.remove(principal.tenant, key)
            self._tenants.get(principal.tenant, {}).pop(key, None)

    def wipe(self, principal: Principal) -> None:
        for group in self.groups(principal.tenant):
            self.delete(principal, dict(group.labels))

    def groups(self, tenant: str) -> Sequence[Group]:
        """In the order of their labels."""
        with self._lock:
            groups = self._tenants.get(tenant, {})
            return [groups[labels] for labels in sorted(groups)]

    def page(self, tenant: str) -> bytes:
        return render_page(self.groups(tenant))

    @property
    def tenants(self) -> list[str]:
        with self._lock:
            return list(self._tenants)

    def _take_over(self, tenant: str, group: Group) -> None:
        self._files.write(tenant, group)
        self._tenants[tenant][group.labels] = group

    def _check_room(self, tenant: str, changed: Group) -> None:
        groups = self._tenants[tenant]
        held = sum(_samples(group) for labels, group in groups.items() if labels != changed.labels)
        if held + _samples(changed) > self._limits.pushed_samples_max:
            LIMIT_HITS.labels("pushed_samples_max").inc()
            raise BodyTooLarge(
                f"too many pushed samples: {held + _samples(changed)}, limit {self._limits.pushed_samples_max}",
                hint="delete groups that nobody needs",
            )


def _samples(group: Group) -> int:
    return sum(len(family.samples) for family in group.families.values())


class PushFeeder:
    """Brings the groups into the store; one task runs it."""

    def __init__(self, gateway: PushGateway, store: Store, clock: Clock) -> None:
        self._gateway = gateway
        self._store = store
        self._clock = clock
        self._memories: dict[str, TargetMemory] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.feed)
            except VedetteError as error:
                _log.warning("pushed groups were not stored: %s", error)
            await self._clock.sleep(FEED_EVERY_S)

    def feed(self) -> None:
        """Every tenant's groups once. Raises QueueFull, StoreError."""
        for tenant in self._gateway.tenants:
            self._feed_tenant(Principal(tenant, "pushgateway"))

    def _feed_tenant(self, principal: Principal) -> None:
        page = self._page(principal.tenant)
        memory = self._memories.setdefault(principal.tenant, TargetMemory())

        def register(labels: Sequence[Labels]) -> Int64s:
            return self._store.register(principal, labels)

        self._store.put_metadata(principal, page.metadata())
        rows = ingest_page(page, memory, _HONOURED, PageRules(), register, self._clock.now_ms(), Counts())
        self._store.append(principal, rows.samples)

    def _page(self, tenant: str) -> Page:
        return scan(self._gateway.page(tenant), Format.TEXT)
