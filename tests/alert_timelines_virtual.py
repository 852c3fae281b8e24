"""Runs a timeline in virtual time: the pipeline at work over a control database in a file, collectors in place of webhooks.

Servers of a timeline share the database; each is a pipeline of its own on one event loop, whose clock jumps.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.alert_timelines import (
    Batch,
    Collector,
    EndSilence,
    Push,
    Reload,
    SetSilence,
    Step,
    TimedAlert,
    Timeline,
    misses,
    same_alerts,
)
from tests.virtual_time import VirtualClock, run_inline, run_virtually
from vedette.alerting.alerts import Alert
from vedette.alerting.config import AlertmanagerConfig, load_config
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.notification import Notification
from vedette.alerting.pipeline.building import build_rules, routing_tree, used_receivers
from vedette.alerting.pipeline.core import plain_route_labels
from vedette.alerting.pipeline.shell import Rules, Shell, Surroundings
from vedette.alerting.pipeline.silences import Silence, SilenceId
from vedette.model.errors import NotSent
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.store.control import ControlDatabase, open_control

START_MS = 1_700_000_000_000
WEBHOOK_TIMEOUT_S = 0.5
Got = list[tuple[float, Batch]]


class CollectingIntegration:
    """A webhook of the configuration and the collector behind it."""

    kind = "webhook"

    def __init__(self, collector: Collector, got: Got, clock: VirtualClock, index: int, *, send_resolved: bool) -> None:
        self._collector, self._got, self._clock = collector, got, clock
        self.index = index
        self.send_resolved = send_resolved

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        at = _seconds(self._clock.now_ms())
        if at < self._collector.hangs_until:
            await asyncio.sleep(WEBHOOK_TIMEOUT_S)
            raise NotSent("no answer", retry=True)
        if at >= self._collector.drops_until:
            self._got.append((at, [_timed(alert, notification.now_ms) for alert in notification.alerts]))
        return {}

    async def close(self) -> None: ...


class SharedFile:
    """A control database in a file that says that several servers write to it."""

    def __init__(self, database: ControlDatabase) -> None:
        self._database = database
        self.is_shared = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def run_timeline(timeline: Timeline) -> list[str]:
    """What is wrong with it."""
    got = _run(timeline, timeline.servers)
    wrong = [
        miss
        for collector, came in zip(timeline.collectors, got, strict=True)
        for miss in misses(collector, came, timeline.tolerance)
    ]
    if timeline.compare_with_one_server:
        alone = _run(timeline, 1)
        for some, others in zip(got, alone, strict=True):
            if not same_alerts(some, others, timeline.tolerance):
                wrong.append(f"{timeline.servers} servers sent {some}, one sent {others}")
    return wrong


def _run(timeline: Timeline, n_servers: int) -> list[Got]:
    got: list[Got] = [[] for _ in timeline.collectors]
    with tempfile.TemporaryDirectory() as folder:
        database = open_control(Path(folder))
        store = SharedFile(database) if n_servers > 1 else database

        async def main(clock: VirtualClock) -> None:
            async with AsyncExitStack() as stack:
                shells = [
                    await stack.enter_async_context(_server(timeline, got, store, clock, number))
                    for number in range(n_servers)
                ]
                await _act(timeline, shells, clock)

        try:
            run_virtually(main, START_MS)
        finally:
            database.close()
    return got


@asynccontextmanager
async def _server(timeline: Timeline, got: list[Got], store: Any, clock: VirtualClock, number: int) -> Any:
    ids = (f"{number}-{count}" for count in range(1000))
    around = Surroundings(
        store=store,
        clock=clock,
        core=run_inline,
        io=run_inline,
        random=Random(number),
        new_id=lambda: next(ids),
        tenant=SYSTEM.tenant,
        name=f"server-{number}",
        start_delay_ms=round(timeline.start_delay * 1000),
    )
    shell = Shell(around, _rules(timeline, got, clock))
    await shell.start()
    task = asyncio.create_task(shell.run())
    try:
        yield shell
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _rules(timeline: Timeline, got: list[Got], clock: VirtualClock) -> Rules:
    addresses = [f"http://collector-{place}.invalid/" for place in range(len(timeline.collectors))]
    mode = MatcherMode.FALLBACK
    config = load_config("timeline", mode, text=timeline.config.format(*addresses))
    used = used_receivers(routing_tree(config, mode))
    integrations = {name: _integrations(config, name, timeline, got, clock) for name in used}
    return build_rules(config, mode, integrations, plain_route_labels)


def _integrations(
    config: AlertmanagerConfig, name: str, timeline: Timeline, got: list[Got], clock: VirtualClock
) -> list[CollectingIntegration]:
    (receiver,) = (each for each in config.ready_receivers if each.name == name)
    return [
        CollectingIntegration(timeline.collectors[index], got[index], clock, index, send_resolved=section.send_resolved)
        for index, section in enumerate(receiver.webhook_configs)
        if section is not None
    ]


async def _act(timeline: Timeline, shells: list[Shell], clock: VirtualClock) -> None:
    silences: dict[str, SilenceId] = {}
    for step in sorted(timeline.steps, key=lambda step: step.at):
        await asyncio.sleep(max(step.at - _seconds(clock.now_ms()), 0))
        for shell in shells:
            await _do(step, shell, silences, timeline, clock)
    await asyncio.sleep(max(timeline.lasts - _seconds(clock.now_ms()), 0))


async def _do(
    step: Step, shell: Shell, silences: dict[str, SilenceId], timeline: Timeline, clock: VirtualClock
) -> None:
    match step:
        case Push():
            now_ms = clock.now_ms()
            await shell.post(SYSTEM, [_posted(alert, shell.rules.resolve_timeout_ms, now_ms) for alert in step.alerts])
        case SetSilence():
            matcher = MatcherMode.FALLBACK.matcher(step.matcher, "test")
            silence = Silence(((matcher,),), _ms(step.starts), _ms(step.ends), "test", "test")
            silences[step.name] = await shell.set_silence(SYSTEM, silence)
        case EndSilence():
            await shell.expire_silence(SYSTEM, silences[step.name])
        case Reload():
            await shell.apply(shell.rules)


def _posted(alert: TimedAlert, resolve_timeout_ms: int, now_ms: int) -> Alert:
    return Alert(
        Labels.of(alert.labels),
        now_ms if alert.starts is None else _ms(alert.starts),
        now_ms + resolve_timeout_ms if alert.ends is None else _ms(alert.ends),
        Labels.of(alert.annotations),
        updated_at_ms=now_ms,
        timeout=alert.ends is None,
    )


def _timed(alert: Alert, now_ms: int) -> TimedAlert:
    ends = _seconds(alert.ends_at_ms) if alert.resolved_at(now_ms) else None
    return TimedAlert(dict(alert.labels), _seconds(alert.starts_at_ms), ends, dict(alert.annotations))


def _ms(seconds: float) -> int:
    return START_MS + round(seconds * 1000)


def _seconds(time_ms: int) -> float:
    return (time_ms - START_MS) / 1000
