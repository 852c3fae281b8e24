"""Alerts reach every other Alertmanager of the configuration, in bounded queues, relabelled as it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from yarl import URL

from tests.clocks import SetClock
from vedette.alerting.alerts import Alert
from vedette.alerting.fan_out import FanOut
from vedette.alerting.sending.manager import AlertSender
from vedette.alerting.sending.sender import BATCH_MAX, Sender, encode_alerts
from vedette.alerting.sending.targets import find_alertmanagers
from vedette.intake.config import load_config
from vedette.intake.config.http import HttpClientConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.http1 import FetchFailed, Response
from vedette.intake.target import TargetGroup
from vedette.model.errors import ConfigError
from vedette.model.labels import Labels
from vedette.model.telemetry import REGISTRY
from vedette.ports.principal import SYSTEM

NOW_MS = 1_700_000_000_123


@dataclass
class FakeClient:
    """Answers with `statuses` first, then 200; 0 closes the connection."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    closed: bool = False

    async def post(
        self, url: URL, headers: Mapping[str, str], body: bytes, *, timeout_s: float, bytes_max: int
    ) -> Response:
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise FetchFailed("connection reset by peer")
        self.urls.append(str(url))
        self.bodies.append(json.loads(body))
        return Response(status, "", {}, b"")

    async def close(self) -> None:
        self.closed = True


def alerts_of(n: int) -> list[Alert]:
    return [Alert(Labels.of(alertname="A", n=str(i)), NOW_MS, NOW_MS + 60_000) for i in range(n)]


def counted(name: str, url: str) -> float:
    return REGISTRY.get_sample_value(name, {"alertmanager": url}) or 0.0


def test_an_alert_is_written_as_the_api_takes_it() -> None:
    alert = Alert(Labels.of(alertname="A"), NOW_MS, NOW_MS + 1_000, Labels.of(s="t"), "http://x/graph")
    assert json.loads(encode_alerts([alert])) == [
        {
            "labels": {"alertname": "A"},
            "annotations": {"s": "t"},
            "startsAt": "2023-11-14T22:13:20.123Z",
            "endsAt": "2023-11-14T22:13:21.123Z",
            "generatorURL": "http://x/graph",
        }
    ]


def test_a_queue_is_sent_in_batches_and_counted() -> None:
    async def scenario() -> None:
        client, url = FakeClient(), "http://batches/api/v2/alerts"
        sender = Sender(url, client, 1.0)
        sender.add(alerts_of(2 * BATCH_MAX + 1))
        await sender.drain()
        assert [len(body) for body in client.bodies] == [BATCH_MAX, BATCH_MAX, 1]
        assert counted("prometheus_notifications_sent_total", url) == 2 * BATCH_MAX + 1
        assert counted("prometheus_notifications_queue_length", url) == 0

    asyncio.run(scenario())


def test_a_full_queue_lets_go_of_its_oldest_and_counts_them() -> None:
    async def scenario() -> None:
        client, url = FakeClient(), "http://full/api/v2/alerts"
        sender = Sender(url, client, 1.0, queue_max=3)
        sender.add(alerts_of(2))
        sender.add(alerts_of(5)[2:])
        assert counted("prometheus_notifications_dropped_total", url) == 2
        await sender.drain()
        assert [alert["labels"]["n"] for alert in client.bodies[0]] == ["2", "3", "4"]

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [500, 400, 0])
def test_a_batch_that_fails_is_given_up_and_the_next_one_sent(status: int) -> None:
    async def scenario() -> None:
        client, url = FakeClient([status]), f"http://fails-{status}/api/v2/alerts"
        sender = Sender(url, client, 1.0)
        sender.add(alerts_of(BATCH_MAX + 2))
        await sender.drain()
        assert counted("prometheus_notifications_errors_total", url) == BATCH_MAX
        assert counted("prometheus_notifications_dropped_total", url) == BATCH_MAX
        assert counted("prometheus_notifications_sent_total", url) == 2

    asyncio.run(scenario())


CONFIG = """
global: {external_labels: {region: eu, n: external}}
alerting:
  alert_relabel_configs: [{source_labels: [n], regex: '3', action: drop}]
  alertmanagers:
  - path_prefix: /am/
    scheme: https
    timeout: 3s
    static_configs: [{targets: ['a:1', 'b:2'], labels: {zone: z}}]
    relabel_configs: [{source_labels: [__address__], regex: 'b.*', action: drop}]
    alert_relabel_configs: [{target_label: to, replacement: first}]
  - static_configs: [{targets: ['c:3', 'c:3']}]
"""


class Running:
    def __init__(self, text: str) -> None:
        self.clients: list[FakeClient] = []
        self.sender = AlertSender(SetClock(NOW_MS), load_config("p.yml", text=text), make_client=self._make)
        self.task: asyncio.Task[None] | None = None

    def _make(self, config: HttpClientConfig, signing: SigV4Config | None) -> FakeClient:
        self.clients.append(FakeClient())
        return self.clients[-1]

    async def __aenter__(self) -> Running:
        self.task = asyncio.create_task(self.sender.run())
        await settle()
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])


async def settle() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


def labels_sent(client: FakeClient) -> Sequence[dict[str, str]]:
    return [alert["labels"] for body in client.bodies for alert in body]


def test_alerts_are_relabelled_for_all_and_then_for_each_set() -> None:
    async def scenario() -> None:
        async with Running(CONFIG) as running:
            assert running.sender.active() == ["https://a:1/am/api/v2/alerts", "http://c:3/api/v2/alerts"]
            assert running.sender.dropped() == ["https://b:2/am/api/v2/alerts"]
            everybody = FanOut((running.sender,), running.sender.label)
            await everybody.post(SYSTEM, [*alerts_of(1), *alerts_of(4)[3:]])
            await settle()
            first, second = running.clients
            assert labels_sent(first) == [{"alertname": "A", "n": "0", "region": "eu", "to": "first"}]
            assert labels_sent(second) == [{"alertname": "A", "n": "0", "region": "eu"}]
            assert first.urls == ["https://a:1/am/api/v2/alerts"]
        assert all(client.closed for client in running.clients)

    asyncio.run(scenario())


def test_a_reload_keeps_the_sets_that_stay_the_same_and_ends_the_others() -> None:
    async def scenario() -> None:
        async with Running(CONFIG) as running:
            running.sender.apply(load_config("p.yml", text=CONFIG.replace("c:3", "d:4")))
            await settle()
            assert running.sender.active() == ["https://a:1/am/api/v2/alerts", "http://d:4/api/v2/alerts"]
            assert [client.closed for client in running.clients] == [False, True, False]
            running.sender.apply(load_config("p.yml", text=""))
            await settle()
            assert running.sender.active() == []

    asyncio.run(scenario())


def test_a_set_that_is_made_anew_finds_its_targets_again() -> None:
    async def scenario() -> None:
        async with Running(CONFIG) as running:
            running.sender.apply(load_config("p.yml", text=CONFIG.replace("timeout: 3s", "timeout: 4s")))
            await settle()
            assert running.sender.active() == ["https://a:1/am/api/v2/alerts", "http://c:3/api/v2/alerts"]

    asyncio.run(scenario())


def test_what_waits_at_a_stop_is_sent() -> None:
    async def scenario() -> None:
        running = Running(CONFIG)
        async with running:
            await running.sender.post(SYSTEM, alerts_of(1))
        assert [len(labels_sent(client)) for client in running.clients] == [1, 1]

    asyncio.run(scenario())


def test_targets_bring_labels_of_their_own() -> None:
    (config,) = load_config("p.yml", text=CONFIG).alerting.sets[1:]
    groups = [TargetGroup("s", ({"__address__": "x:1"}, {"__address__": "y/z"}), {"__scheme__": "https"})]
    found = find_alertmanagers(config, groups, load_config("p.yml", text="").name_scheme)
    assert found.active == ("http://x:1/api/v2/alerts",)
    assert found.problems == ('"y/z" is not a valid hostname',)


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("alert_relabel_configs: [null]", "empty or null alert relabeling rule"),
        ("alertmanagers: [{relabel_configs: [null]}]", "empty or null Alertmanager target relabeling rule"),
        ("alertmanagers: [{alert_relabel_configs: [null]}]", "empty or null Alertmanager alert relabeling rule"),
        ("alertmanagers: [{api_version: v1}]", "expected Alertmanager api version to be one of [v2] but got v1"),
        ("alertmanagers: [{static_configs: [{targets: ['http://a']}]}]", '"http://a" is not a valid hostname'),
        ("alertmanagers: [{proxy: x}]", "field proxy not found in type config.plain"),
    ],
)
def test_a_wrong_section_is_refused_in_the_references_words(section: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=r".") as caught:
        load_config("p.yml", text=f"alerting: {{{section}}}")
    assert problem in str(caught.value)
