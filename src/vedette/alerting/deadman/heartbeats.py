"""Inbound switches: pings that must come. A ping is a sample, its absence a rule: both live through a restart in the store.

    ping (HTTP, or a posted alert that matches) -> vedette_heartbeat{heartbeat, source="ping"} 1 -> absent_over_time(...[every]) fires

The time counts from the start of the server where no ping came since: `source="start"` says when it began to listen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.alerting.alerts import Alert
from vedette.alerting.deadman.sections import HeartbeatSection
from vedette.alerting.matchers import matches_all
from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.file_format import GroupSection, RuleSection
from vedette.intake.config.values import DurationMs
from vedette.model.blocks import SampleBatch
from vedette.model.errors import NotFound
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.time import format_duration
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store

ALERT: Final = "HeartbeatMissing"
METRIC: Final = "vedette_heartbeat"
FILE: Final = "heartbeats"
INTERVAL: Final = DurationMs(15_000)
COMMIT_WITHIN_S: Final = 0.1


@dataclass(slots=True)
class _Heard:
    """`alert_ms`: when the last alert that counted was updated."""

    section: HeartbeatSection
    last_ms: int | None = None
    alert_ms: int = 0


class Heartbeats:
    """`ping` and `start` block until their sample is on the disk; `look` answers what is to be pinged. One caller of `look`."""

    def __init__(self, store: Store, principal: Principal, clock: Clock) -> None:
        self._store = store
        self._principal = principal
        self._clock = clock
        self._heard: dict[str, _Heard] = {}

    def apply(self, sections: Sequence[HeartbeatSection]) -> list[str]:
        """The names of those that are new: they `start`."""
        before = self._heard
        self._heard = {section.name: before.get(section.name) or _Heard(section) for section in sections}
        for section in sections:
            self._heard[section.name].section = section
        return [name for name in self._heard if name not in before]

    def groups(self) -> list[GroupDefinition]:
        rules = tuple(_rule(heard.section) for heard in self._heard.values())
        return [define_group(GroupSection("heartbeats", INTERVAL, rules=rules), FILE, INTERVAL)] if rules else []

    def start(self, names: Iterable[str]) -> None:
        """Raises StoreUnavailable, QueueFull."""
        self._write(list(names), "start")

    def ping(self, name: str) -> None:
        """Raises NotFound, StoreUnavailable, QueueFull."""
        heard = self._heard.get(name)
        if heard is None:
            raise NotFound(f"no such heartbeat: {name}", hint="they are declared under `heartbeats` in vedette.yml")
        self._write([name], "ping")
        heard.last_ms = self._clock.now_ms()

    def look(self, alerts: Iterable[Alert]) -> list[str]:
        """The heartbeats for which one of the firing alerts was posted since the last look."""
        waiting = [
            (heard, matchers, heard.alert_ms)
            for heard in self._heard.values()
            if (matchers := heard.section.matchers())
        ]
        if not waiting:
            return []
        now_ms, found = self._clock.now_ms(), []
        for alert in alerts:
            for heard, matchers, before_ms in waiting:
                is_newer = alert.updated_at_ms > max(before_ms, heard.alert_ms) and alert.ends_at_ms > now_ms
                if is_newer and matches_all(matchers, dict(alert.labels.pairs)):
                    heard.alert_ms = alert.updated_at_ms
                    found.append(heard.section.name)
        return list(dict.fromkeys(found))

    def states(self) -> list[tuple[HeartbeatSection, int | None]]:
        """With the time of the last ping since the start."""
        return [(heard.section, heard.last_ms) for heard in self._heard.values()]

    def _write(self, names: list[str], source: str) -> None:
        if not names:
            return
        labels = [Labels.of({METRIC_NAME: METRIC, "heartbeat": name, "source": source}) for name in names]
        refs = self._store.register(self._principal, labels)
        times = np.full(len(names), self._clock.now_ms(), np.int64)
        batch = SampleBatch(refs, times, np.ones(len(names)))
        self._store.append(self._principal, batch, commit_within_s=COMMIT_WITHIN_S).committed.result()


def _rule(section: HeartbeatSection) -> RuleSection:
    every = format_duration(section.every)
    return RuleSection(
        alert=ALERT,
        expr=f"absent_over_time({METRIC}{{heartbeat={json.dumps(section.name)}}}[{every}])",
        hold=section.grace,
        labels={"severity": section.severity, **section.labels},
        annotations={
            "summary": f"Heartbeat {section.name} is missing: it is expected every {every}.",
            "summary_zh": f"心跳 {section.name} 缺失：应每 {every} 到达一次。",
            **section.annotations,
        },
    )
