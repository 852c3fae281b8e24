"""The pipeline at work: it stores what comes in, wakes when a group is due, has its flushes carried out, and follows other servers.

The pure machine runs on one thread of its own (`CoreThread`), so that a storm of alerts does not hold the event loop; whatever
touches it goes through `read`. Order of every change: the machine decides, the store keeps, then the caller hears of it.

With a shared database each server takes alerts and silences; the one that holds the lease notifies. A server that takes the lease over
begins with the stored state, as after a restart: what was logged is not repeated, what is due goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from vedette.alerting.alerts import Alert
from vedette.alerting.matchers.modes import MatcherMode
from vedette.alerting.notification import Integration
from vedette.alerting.pipeline import metrics
from vedette.alerting.pipeline.core import Flush, Pipeline, PipelineConfig
from vedette.alerting.pipeline.keeping import Keeper, Runner, T
from vedette.alerting.pipeline.leading import Lease
from vedette.alerting.pipeline.moments import Moment, read_clock
from vedette.alerting.pipeline.notification_log import LogEntry, NotificationLog
from vedette.alerting.pipeline.rows import alert_row, log_row, read_alert, read_log_entry, read_silence, silence_row
from vedette.alerting.pipeline.sending import IntegrationKey, Sender
from vedette.alerting.pipeline.silences import Silence, SilenceId, SilenceRules, Silences, SilenceState
from vedette.alerting.pipeline.turns import Line
from vedette.model.errors import Forbidden, QueueFull, StoreUnavailable
from vedette.model.limits import AlertLimits
from vedette.model.quoting import quote
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.clock import Clock
from vedette.ports.control import AlertRow, ControlStore, Gone, Member, Rows
from vedette.ports.principal import Principal

log: Final = logging.getLogger(__name__)

FOLLOW_S: Final = 0.5
MAINTENANCE_S: Final = 60.0
LONG_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Rules:
    """A configuration ready to run."""

    pipeline: PipelineConfig
    integrations: Mapping[IntegrationKey, Integration]
    resolve_timeout_ms: int = 300_000
    receiver_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of every receiver, also of those that no route uses, in the order of the file."""
    text: str = ""
    """As `/api/v2/status` shows it, without secrets."""

    async def close(self) -> None:
        for integration in self.integrations.values():
            await integration.close()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the shell works with; randomness and threads come from outside, so that a test runs it in virtual time."""

    store: ControlStore
    clock: Clock
    core: Runner
    """Runs the pure machine, one function after the other."""
    io: Runner
    """Runs what waits for the disk or the network."""
    random: Random
    new_id: Callable[[], str]
    tenant: str
    name: str = ""
    """Of this server among those that share the database."""
    address: str = ""
    mode: MatcherMode = MatcherMode.FALLBACK
    limits: AlertLimits = field(default_factory=AlertLimits)
    start_delay_ms: int = 0
    """Nothing is sent before (`--alertmanager.dispatch-start-delay`)."""


class Shell:
    """`post` is an AlertSink. Start with `start`, then `run` until cancelled."""

    def __init__(self, around: Surroundings, rules: Rules) -> None:
        self._around: Final = around
        self.rules = rules
        self._keeper: Final = self._new_keeper(None)
        self._log_keeper: Final = self._new_keeper(around.name) if around.store.is_shared else self._keeper
        """Among several servers apart from the other: it is refused to one that leads no more."""
        self._wake = asyncio.Event()
        self._silencing = asyncio.Lock()
        self._flushes: set[asyncio.Task[None]] = set()
        self._lines: Final = defaultdict[IntegrationKey, Line](Line)
        self._revision = 0
        self.lease: Final = Lease(around.store, around.io, around.clock, around.name, around.address)
        self._begins_ms = read_clock(around.clock).steady_ms + around.start_delay_ms
        self._pipeline: Pipeline
        self._next_due_ms: int | None = None
        """As of the last step, on the steady clock."""
        metrics.initialise()

    def _new_keeper(self, leader: str | None) -> Keeper:
        around = self._around
        return Keeper(around.store, around.io, around.tenant, leader, around.limits.pending_alerts_max)

    @property
    def mode(self) -> MatcherMode:
        return self._around.mode

    @property
    def name(self) -> str:
        """Of this server among those that share the database."""
        return self._around.name

    @property
    def limits(self) -> AlertLimits:
        return self._around.limits

    async def start(self) -> None:
        """Begins with what was kept, as after a restart. Raises StoreUnavailable."""
        rows = await self._around.io(lambda: self._around.store.since(self._around.tenant, 0))
        await self._step(lambda: self._build(rows))
        metrics.CLUSTER_ENABLED.set(int(self._around.store.is_shared))

    def _build(self, rows: Rows) -> None:
        limits = self._around.limits
        silence_rules = SilenceRules(self._around.new_id, self._around.mode, limits.retention_ms, limits.silences_max)
        silences = Silences(silence_rules, map(read_silence, rows.silences))
        entries = NotificationLog(map(read_log_entry, rows.log))
        self._revision = rows.revision
        alerts = sorted(map(read_alert, rows.alerts), key=lambda alert: alert.starts_at_ms)
        self._pipeline = Pipeline(self.rules.pipeline, silences, entries, self._now(), alerts, self._begins_ms)
        self._count()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for keeper in {self._keeper, self._log_keeper}:
                tasks.create_task(keeper.run())
            tasks.create_task(self._dispatch())
            tasks.create_task(self._maintain())
            if self._around.store.is_shared:
                tasks.create_task(self._follow())

    async def apply(self, rules: Rules) -> None:
        """Another configuration: what is being sent is cancelled and, where it was not logged, sent anew."""
        old, self.rules = self.rules, rules
        await self._stop_flushes()
        self._lines.clear()
        await self._step(self._renew)
        await old.close()
        self._wake.set()

    def _renew(self) -> None:
        self._pipeline = self._pipeline.renewed(self.rules.pipeline, self._now())
        self._count()

    async def read(self, look: Callable[[Pipeline, int], T]) -> T:
        """Runs `look(pipeline, now_ms)` where nothing changes the pipeline meanwhile."""
        return await self._around.core(lambda: look(self._pipeline, self._around.clock.now_ms()))

    async def _step(self, work: Callable[[], T]) -> T:
        """Runs what may change the pipeline, and notes when it has something next."""

        def run() -> T:
            try:
                return work()
            finally:
                self._next_due_ms = self._pipeline.next_due_ms()

        return await self._around.core(run)

    async def post(self, principal: Principal, alerts: Sequence[Alert]) -> None:
        """Raises Forbidden for another tenant, QueueFull at the limit of alerts (the others are kept), StoreUnavailable."""
        self.check_tenant(principal)
        refused, rows = await self._step(lambda: self._take(alerts))
        self._wake.set()
        await self._keeper.keep(Rows(alerts=rows))
        if refused:
            metrics.LIMITED.inc(refused)
            LIMIT_HITS.labels("alerts_max").inc()
            raise QueueFull(f"{refused} alerts were refused: the limit is {self._around.limits.alerts_max}")

    def check_tenant(self, principal: Principal) -> None:
        if principal.tenant != self._around.tenant:
            raise Forbidden(
                f"notifications are sent for tenant {quote(self._around.tenant)}, not for {quote(principal.tenant)}"
            )

    def _take(self, alerts: Sequence[Alert]) -> tuple[int, list[AlertRow]]:
        started_s = self._around.clock.monotonic_s()
        table = self._pipeline.alerts
        room = self._around.limits.alerts_max - len(table)
        taken = list(alerts)
        if len(alerts) > room:
            known = [alert for alert in alerts if alert.fingerprint in table]
            fresh = [alert for alert in alerts if alert.fingerprint not in table]
            taken = known + fresh[: max(room, 0)]
        standing = self._pipeline.post(taken, self._now())
        metrics.GROUPS.set(self._pipeline.group_count())
        metrics.PROCESSING.observe(self._around.clock.monotonic_s() - started_s)
        return len(alerts) - len(taken), [alert_row(alert) for alert in standing]

    async def set_silence(self, principal: Principal, silence: Silence) -> SilenceId:
        """The id under which it stands. Raises BadInput, NotFound, QueueFull, StoreUnavailable."""
        self.check_tenant(principal)
        return await self._change(lambda silences, now_ms: silences.propose(silence, now_ms))

    async def expire_silence(self, principal: Principal, silence_id: SilenceId) -> None:
        """Raises NotFound, StoreUnavailable."""
        self.check_tenant(principal)
        await self._change(lambda silences, now_ms: silences.propose_end(silence_id, now_ms))

    async def _change(self, propose: Callable[[Silences, int], list[Silence]]) -> SilenceId:
        async with self._silencing:
            changed = await self.read(lambda pipeline, now_ms: propose(pipeline.silences, now_ms))
            await self._keeper.keep(Rows(silences=[silence_row(silence) for silence in changed]))
            await self.read(lambda pipeline, _: _apply_silences(pipeline, changed))
        return changed[-1].id if changed else SilenceId("")

    async def _dispatch(self) -> None:
        try:
            while True:
                await self._sleep_until_due()
                if self.lease.holds():
                    for flush in await self._step(self._due):
                        task = asyncio.create_task(self._carry_out(self._pipeline, flush))
                        self._flushes.add(task)
                        task.add_done_callback(self._flushes.discard)
        finally:
            await self._stop_flushes()

    async def _sleep_until_due(self) -> None:
        due_ms = self._next_due_ms if self.lease.holds() else None
        wait_s = LONG_S if due_ms is None else due_ms / 1000 - self._around.clock.monotonic_s()
        try:
            async with asyncio.timeout(max(wait_s, 0.0)):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _due(self) -> list[Flush]:
        """Flushes with something to send or log; the others end here."""
        flushes = []
        for flush in self._pipeline.due(self._now()):
            for stage, count in flush.taken.items():
                metrics.SUPPRESSED.labels(stage.value).inc(count)
            if flush.attempts:
                flushes.append(flush)
            else:
                self._pipeline.finished(flush, succeeded=True)
        return flushes

    async def _carry_out(self, pipeline: Pipeline, flush: Flush) -> None:
        around, keep, count = self._around, self._keep_entry, self._count_entry
        sender = Sender(self.rules.integrations, self._lines, keep, count, around.clock, around.random)
        succeeded = await sender.carry_out(flush)
        await self._step(lambda: pipeline.finished(flush, succeeded=succeeded))
        self._wake.set()

    async def _keep_entry(self, entry: LogEntry) -> None:
        await self._log_keeper.keep(Rows(log=[log_row(entry)]))

    async def _count_entry(self, entry: LogEntry) -> None:
        await self.read(lambda pipeline, _: pipeline.log.apply(entry))

    async def _stop_flushes(self) -> None:
        for task in self._flushes:
            task.cancel()
        await asyncio.gather(*self._flushes, return_exceptions=True)

    async def _maintain(self) -> None:
        while True:
            await self._around.clock.sleep(MAINTENANCE_S)
            gone = await self._step(self._collect)
            if not self.lease.holds():
                continue  # whoever leads decides what nobody needs any more
            try:
                await self._around.io(partial(self._around.store.forget, self._around.tenant, gone))
            except StoreUnavailable as error:
                log.error("old control state is not removed yet", extra={"error": str(error)})

    def _collect(self) -> Gone:
        now_ms, pipeline = self._around.clock.now_ms(), self._pipeline
        silences, entries = pipeline.silences.forgettable(now_ms), pipeline.log.forgettable(now_ms)
        pipeline.silences.forget(silences)
        pipeline.log.forget(entries)
        if not self.lease.leads and pipeline.alerts.remove_resolved(now_ms, set()):
            self._renew()  # another server tells of the ends: groups here would wait for it for ever
            return Gone()
        gone = Gone(pipeline.collect_garbage(now_ms), silences, entries, ended_by_ms=now_ms)
        self._count()
        return gone

    def _count(self) -> None:
        pipeline, now_ms = self._pipeline, self._around.clock.now_ms()
        metrics.GROUPS.set(pipeline.group_count())
        metrics.LOG_ENTRIES.set(len(pipeline.log))
        for state in SilenceState:
            count = sum(silence.state(now_ms) is state for silence in pipeline.silences)
            metrics.SILENCES.labels(state.value).set(count)
        firing = [alert for alert in pipeline.alerts if alert.ends_at_ms > now_ms]
        suppressed = sum(pipeline.muting.status(alert, now_ms).is_suppressed for alert in firing)
        metrics.ALERTS.labels("suppressed").set(suppressed)
        metrics.ALERTS.labels("active").set(len(firing) - suppressed)

    async def members(self) -> Sequence[Member]:
        """Servers that share the database; none where it is a file."""
        return await self._around.io(self._around.store.members) if self._around.store.is_shared else ()

    async def _follow(self) -> None:
        """Takes in what other servers wrote, and renews or takes the lease."""
        around, lease = self._around, self.lease
        try:
            while True:
                try:
                    may_lead = await lease.ask()
                    if may_lead and not lease.leads:
                        await self.start()
                    else:
                        rows = await around.io(partial(around.store.since, around.tenant, self._revision))
                        await self._step(partial(self._take_over, rows))
                except StoreUnavailable as error:
                    log.error("the control database does not answer", extra={"error": str(error)})
                    may_lead = False
                if lease.leads and not may_lead:
                    await self._stop_flushes()
                lease.set_leading(may_lead)
                self._wake.set()
                await around.clock.sleep(FOLLOW_S)
        finally:
            await asyncio.shield(lease.resign())

    def _take_over(self, rows: Rows) -> None:
        """What others wrote, and what we wrote ourselves: an older word about an alert than ours changes nothing."""
        self._revision = rows.revision
        _apply_silences(self._pipeline, map(read_silence, rows.silences))
        for entry in map(read_log_entry, rows.log):
            self._pipeline.log.apply(entry)
        table = self._pipeline.alerts
        news = []
        for alert in map(read_alert, rows.alerts):
            known = table.get(alert.fingerprint)
            if known is None or (known.updated_at_ms <= alert.updated_at_ms and known != alert):
                news.append(alert)
        self._pipeline.post(news, self._now())

    def _now(self) -> Moment:
        return read_clock(self._around.clock)


def _apply_silences(pipeline: Pipeline, silences: Iterable[Silence]) -> None:
    for silence in silences:
        pipeline.silences.apply(silence)
