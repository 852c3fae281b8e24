"""Runs a timeline against real processes on real sockets: servers, webhooks, clients over API v2.

Servers of a timeline share a PostgreSQL; one that is given serves them all, each timeline with a database schema of its own.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
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
from tests.alertmanager import ask, post_alerts, send
from tests.asking import wait_until
from tests.postgres import Postgres
from tests.server import Vedette
from tests.webhook_sink import NEVER, WebhookSink

Got = list[tuple[float, Batch]]


class Stage:
    """A timeline with its servers and sinks; made before time begins, so that starting takes none of it."""

    def __init__(self, timeline: Timeline, n_servers: int, database: str = "") -> None:
        self.timeline = timeline
        self._begun_s = 0.0
        self._silences: dict[str, str] = {}
        with ExitStack() as starting:  # what has started ends when the rest does not start
            folder = Path(starting.enter_context(tempfile.TemporaryDirectory(prefix="vedette-timeline-")))
            self._sinks = [starting.enter_context(WebhookSink(self._behaviour(one))) for one in timeline.collectors]
            arguments = self._arguments(folder, database)
            self.servers = [
                starting.enter_context(Vedette(folder / f"data-{number}", *arguments)) for number in range(n_servers)
            ]
            self._stack = starting.pop_all()

    def _arguments(self, folder: Path, database: str) -> list[str]:
        config = folder / "alertmanager.yml"
        config.write_text(self.timeline.config.format(*(sink.url for sink in self._sinks)))
        return [
            "--no-node-job",
            f"--config={_no_jobs(folder)}",
            f"--alertmanager.config={config}",
            f"--alertmanager.dispatch-start-delay={self.timeline.start_delay:g}s",
            *([f"--control.database={database}"] if database else []),
        ]

    def play(self) -> list[Got]:
        if len(self.servers) > 1:
            assert wait_until(self._has_settled, 20), "the servers did not find one another"
        self._begun_s = time.time()
        for step in sorted(self.timeline.steps, key=lambda step: step.at):
            self._sleep_until(step.at)
            for server in self.servers:
                self._do(step, server)
        self._sleep_until(self.timeline.lasts)
        return [self._heard(sink) for sink in self._sinks]

    def close(self) -> None:
        self._stack.close()

    def _has_settled(self) -> bool:
        clusters = [ask(server, "/status")["cluster"] for server in self.servers]
        return all(each["status"] == "ready" and len(each["peers"]) == len(self.servers) for each in clusters)

    def _behaviour(self, collector: Collector) -> Callable[[str], bool | int]:
        def answer(_: str) -> bool | int:
            at = time.time() - self._begun_s
            if at < collector.hangs_until:
                time.sleep(1.0)
                return False
            return at >= collector.drops_until

        return answer

    def _sleep_until(self, at: float) -> None:
        time.sleep(max(self._begun_s + at - time.time(), 0.0))

    def _do(self, step: Step, server: Vedette) -> None:
        match step:
            case Push():
                post_alerts(server, [self._document(alert) for alert in step.alerts])
            case SetSilence():
                name, operator, value = _split(step.matcher)
                silence = {
                    "matchers": [{"name": name, "value": value, "isRegex": operator == "=~", "isEqual": True}],
                    "startsAt": self._time(step.starts),
                    "endsAt": self._time(step.ends),
                    "createdBy": "test",
                    "comment": "test",
                }
                status, made = send(server, "POST", "/silences", silence)
                assert status == 200, made
                self._silences[step.name] = made["silenceID"]
            case EndSilence():
                assert send(server, "DELETE", f"/silence/{self._silences[step.name]}")[0] == 200
            case Reload():
                server.reload()

    def _document(self, alert: TimedAlert) -> dict[str, Any]:
        document: dict[str, Any] = {"labels": alert.labels, "annotations": alert.annotations}
        if alert.starts is not None:
            document["startsAt"] = self._time(alert.starts)
        if alert.ends is not None:
            document["endsAt"] = self._time(alert.ends)
        return document

    def _time(self, seconds: float) -> str:
        return datetime.fromtimestamp(self._begun_s + seconds, UTC).isoformat()

    def _heard(self, sink: WebhookSink) -> Got:
        return [
            (each.at_s - self._begun_s, [self._timed(one) for one in each.message["alerts"]])
            for each in sink.messages()
        ]

    def _timed(self, alert: dict[str, Any]) -> TimedAlert:
        ends = None if alert["endsAt"] == NEVER else self._seconds(alert["endsAt"])
        return TimedAlert(alert["labels"], self._seconds(alert["startsAt"]), ends, alert["annotations"])

    def _seconds(self, text: str) -> float:
        return datetime.fromisoformat(text).timestamp() - self._begun_s


def run_timelines(timelines: list[Timeline], at_once: int) -> dict[str, list[str]]:
    """What is wrong with each, by its name. Those of one server run some at a time; those of several one after the other."""
    wrong: dict[str, list[str]] = {}
    for timeline in [each for each in timelines if each.start_delay]:  # their time begins with their server
        _play_into(Stage(timeline, 1), wrong)
    single = [timeline for timeline in timelines if timeline.servers == 1 and not timeline.start_delay]
    for start in range(0, len(single), at_once):
        with ExitStack() as stack:
            some = []
            for timeline in single[start : start + at_once]:
                some.append(Stage(timeline, 1))
                stack.callback(some[-1].close)
            threads = [threading.Thread(target=_play_into, args=(stage, wrong)) for stage in some]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    shared = [timeline for timeline in timelines if timeline.servers > 1]
    if shared:
        with Postgres() as postgres:
            for timeline in shared:
                wrong[timeline.name] = _run_shared(timeline, postgres)
    return wrong


def _play_into(stage: Stage, wrong: dict[str, list[str]]) -> None:
    try:
        wrong[stage.timeline.name] = _judge(stage.timeline, stage.play())
    except (AssertionError, OSError) as error:
        wrong[stage.timeline.name] = [repr(error)]
    finally:
        stage.close()


def _run_shared(timeline: Timeline, postgres: Postgres) -> list[str]:
    postgres.empty()
    got = _play(Stage(timeline, timeline.servers, postgres.url))
    wrong = _judge(timeline, got)
    if timeline.compare_with_one_server:
        alone = _play(Stage(timeline, 1))
        for some, others in zip(got, alone, strict=True):
            if not same_alerts(some, others, timeline.tolerance):
                wrong.append(f"{timeline.servers} servers sent {some}, one sent {others}")
    return wrong


def _play(stage: Stage) -> list[Got]:
    try:
        return stage.play()
    finally:
        stage.close()


def _judge(timeline: Timeline, got: list[Got]) -> list[str]:
    return [
        miss
        for collector, came in zip(timeline.collectors, got, strict=True)
        for miss in misses(collector, came, timeline.tolerance)
    ]


def _no_jobs(folder: Path) -> Path:
    file = folder / "prometheus.yml"
    file.write_text(json.dumps({"global": {"scrape_interval": "1h"}}))
    return file


def _split(matcher: str) -> tuple[str, str, str]:
    operator = "=~" if "=~" in matcher else "="
    name, _, value = matcher.partition(operator)
    return name, operator, value
