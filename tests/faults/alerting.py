"""kill -9 in a storm of alerts while silences are made, on SQLite and on PostgreSQL.

A round is one kill. Afterwards every silence that was answered with its id is there, every alert that was answered 200 reached the
webhook, and at most one notification came again for the kill: the one that was sent and not yet logged. None comes twice without a kill.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.alertmanager import ask, send
from tests.asking import wait_until
from tests.harness import Options, Outcome, Skipped
from tests.postgres import Postgres
from tests.server import Vedette
from tests.webhook_sink import WebhookSink

SHORT: Final = 3
ROUNDS_A_DATABASE: Final = 25
"""Then a new one: what has gathered makes starts slow."""
TOLD_WITHIN_S: Final = 30.0
ALERTS_A_POST: Final = 5
CONFIG: Final = """
route: {receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1m, repeat_interval: 4h}
receivers: [{name: hook, webhook_configs: [{url: 'URL'}]}]
"""


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(SHORT)
    yield _survive("alerting[sqlite]", rounds, options.seed, lambda: "")
    try:
        with Postgres() as postgres:

            def emptied() -> str:
                postgres.empty()
                return postgres.url

            yield _survive("alerting[postgresql]", rounds, options.seed, emptied)
    except Skipped as skipped:
        print(f"faults alerting[postgresql]: SKIPPED ({skipped})", flush=True)


def _survive(name: str, rounds: int, seed: int, new_database: Callable[[], str]) -> Outcome:
    outcome = Outcome(name, 0, rounds)
    repeats = 0
    for start in range(0, rounds, ROUNDS_A_DATABASE):
        with ExitStack() as stack:
            storm = Storm(stack, Random(f"{seed}-{start}"), new_database())
            for number in range(start, min(start + ROUNDS_A_DATABASE, rounds)):
                wrong = storm.play_round()
                outcome.passed += not wrong
                outcome.failures += [f"round {number}: {text}" for text in wrong]
            repeats += storm.repeats()
    outcome.suffix = f", {repeats} repeats"
    return outcome


@dataclass(slots=True)
class Acknowledged:
    alerts: set[str] = field(default_factory=set)
    silences: set[str] = field(default_factory=set)


class Storm:
    def __init__(self, stack: ExitStack, random: Random, database: str) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-storm-")))
        self._random = random
        self._sink = stack.enter_context(WebhookSink())
        self._kills: list[float] = []
        self._reported: set[float] = set()
        self._acknowledged = Acknowledged()
        self._count = 0
        config = folder / "alertmanager.yml"
        config.write_text(CONFIG.replace("URL", self._sink.url))
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        own = ["--no-node-job", f"--config={folder / 'prometheus.yml'}", f"--alertmanager.config={config}"]
        own += [f"--control.database={database}"] if database else []
        self._server = Vedette(folder / "data", *own)
        stack.callback(self._server.kill)
        self._server.start()

    def play_round(self) -> list[str]:
        """What is wrong after a kill and a restart."""
        over = threading.Event()
        threads = [threading.Thread(target=work, args=(over,)) for work in (self._post_alerts, self._make_silences)]
        for thread in threads:
            thread.start()
        time.sleep(self._random.uniform(0.2, 1.2))
        self._server.kill()
        self._kills.append(time.time())
        over.set()
        for thread in threads:
            thread.join()
        self._server.start()
        return [*self._lost_silences(), *self._untold_alerts(), *self._told_twice(), *self._repeated()]

    def repeats(self) -> int:
        return sum(1 for _ in self._told_again())

    def _post_alerts(self, over: threading.Event) -> None:
        while not over.is_set():
            names = [f"alert-{self._count + place}" for place in range(ALERTS_A_POST)]
            self._count += ALERTS_A_POST
            ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            alerts = [{"labels": {"alertname": name}, "endsAt": ends} for name in names]
            with suppress(OSError, HTTPException, json.JSONDecodeError):
                if send(self._server, "POST", "/alerts", alerts)[0] == 200:
                    self._acknowledged.alerts.update(names)

    def _make_silences(self, over: threading.Event) -> None:
        while not over.is_set():
            now = datetime.now(UTC)
            matchers = [{"name": "nothing", "value": "matches", "isRegex": False}]
            times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
            with suppress(OSError, HTTPException, json.JSONDecodeError):
                silence = {"matchers": matchers, **times, "createdBy": "storm", "comment": "storm"}
                status, made = send(self._server, "POST", "/silences", silence)
                if status == 200:
                    self._acknowledged.silences.add(made["silenceID"])

    def _lost_silences(self) -> list[str]:
        there = {silence["id"] for silence in ask(self._server, "/silences")}
        lost = self._acknowledged.silences - there
        return [f"{len(lost)} silences lost"] if lost else []

    def _untold_alerts(self) -> list[str]:
        def untold() -> set[str]:
            return self._acknowledged.alerts - self._told().keys()

        if wait_until(lambda: not untold(), TOLD_WITHIN_S):
            return []
        return [f"{len(untold())} of {len(self._acknowledged.alerts)} alerts were never told: {sorted(untold())[:5]}"]

    def _told_twice(self) -> list[str]:
        return [
            f"{name} was told at {earlier:.3f} and {later:.3f} with no kill between"
            for name, earlier, later in self._told_again()
            if not any(earlier - _IN_FLIGHT_S <= kill <= later for kill in self._kills)
        ]

    def _repeated(self) -> list[str]:
        """More than one for a kill; each kill is reported once."""
        wrong = []
        for kill in self._kills:
            names = [name for name, earlier, later in self._told_again() if earlier - _IN_FLIGHT_S <= kill <= later]
            if len(names) > 1 and kill not in self._reported:
                self._reported.add(kill)
                wrong.append(f"{len(names)} notifications came again for one kill: {names[:5]}")
        return wrong

    def _told_again(self) -> Iterator[tuple[str, float, float]]:
        """Alerts that were told of again, with the moments of one time and the next."""
        for name, times in self._told().items():
            for earlier, later in pairwise(times):
                yield name, earlier, later

    def _told(self) -> dict[str, list[float]]:
        """When each alert was told of."""
        told: dict[str, list[float]] = {}
        for each in self._sink.messages():
            for alert in _firing(each.message):
                told.setdefault(alert["labels"]["alertname"], []).append(each.at_s)
        return told


_IN_FLIGHT_S: Final = 0.1
"""The sink may note the time of a request a moment after its sender died."""


def _firing(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [alert for alert in message["alerts"] if alert["status"] == "firing"]
