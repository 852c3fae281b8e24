"""Remote write's sender: what arrives, in what order, after refusals, pauses and kills; a fake remote, a turned clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from yarl import URL

from tests.clocks import SetClock
from tests.unit.wire.test_remote_write_encoding import read_v1, read_v2
from vedette.intake.config import load_config
from vedette.intake.forwarding.manager import wanted_remotes
from vedette.intake.forwarding.metrics import RemoteMetrics
from vedette.intake.forwarding.positions import Position, PositionFile
from vedette.intake.forwarding.requests import Remote
from vedette.intake.forwarding.rounds import Planner
from vedette.intake.forwarding.sender import Sender, find_metadata
from vedette.intake.http1 import FetchFailed, Response
from vedette.model.blocks import MetricMetadata, SampleBatch
from vedette.model.labels import Labels
from vedette.model.telemetry import REGISTRY
from vedette.ports.principal import SYSTEM, Principal
from vedette.store.memory import MemoryStore
from vedette.wire.snappy import decompress

NOW = 1_700_000_000_000
URL_TEXT = "http://remote/api/v1/write"


@dataclass
class FakeClient:
    """Keeps what it is sent; `answers` are given first, then 204."""

    answers: list[Response | FetchFailed | Callable[[bytes], Response]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    refused: int = 0

    async def post(self, url: URL, headers: Mapping[str, str], body: bytes, **limits: Any) -> Response:
        self.headers.append(headers)
        answer = self.answers.pop(0) if self.answers else status(204)
        answer = answer(body) if callable(answer) else answer
        if isinstance(answer, FetchFailed):
            raise answer
        if answer.status // 100 == 2:
            self.bodies.append(decompress(body, 1 << 20))
        else:
            self.refused += 1
        return answer

    def rows(self, read: Callable[[bytes], list[Any]] = read_v1) -> list[tuple[str, int]]:
        return [
            (labels.get("row"), time) for body in self.bodies for labels, some, *_ in read(body) for time, _ in some
        ]


def status(code: int, **headers: str) -> Response:
    return Response(code, "", {name.replace("_", "-"): value for name, value in headers.items()}, b"because\nof it")


class Waiting(SetClock):
    """Time passes when somebody sleeps; others get their turn."""

    slept: list[float]

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)
        await asyncio.sleep(0)


def put(store: MemoryStore, row: str, times: list[int], principal: Principal = SYSTEM, **labels: str) -> None:
    refs = np.repeat(store.register(principal, [Labels.of(__name__="m", row=row, **labels)]), len(times))
    store.append(principal, SampleBatch(refs, np.array(times, np.int64), np.arange(len(times), dtype=np.float64)))


def make(store: MemoryStore, folder: Path, client: FakeClient, settings: str = "", globals_: str = "{}") -> Sender:
    text = f"global: {globals_}\nremote_write: [{{url: '{URL_TEXT}', name: {folder.name}, {settings}}}]\n"
    ((name, (config, external, scheme)),) = wanted_remotes(load_config(text=text, environment={})).items()
    clock = Waiting()
    metadata = lambda metric: find_metadata(store, SYSTEM, metric)  # noqa: E731
    return Sender(
        name,
        config,
        store,
        SYSTEM,
        clock,
        Remote(config, client, clock),
        Planner(config, dict(external), scheme, store.labels_of_ids, metadata),
        PositionFile(folder, name),
        ThreadPoolExecutor(1),
        RemoteMetrics(name, config),
    )


async def drain(sender: Sender, *, until: int) -> None:
    """Runs it until the position file says so."""
    task = asyncio.ensure_future(sender.run())
    for _ in range(2000):
        position = sender.file.read()
        if task.done() or (position is not None and position.acknowledged >= until):
            break
        await asyncio.sleep(0.002)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def die_here(body: bytes) -> Response:
    raise RuntimeError("killed")


def run_from_start(sender: Sender, store: MemoryStore) -> None:
    sender.file.write(Position(0, 0))
    asyncio.run(drain(sender, until=store.committed_sequence()))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(windows=False)


@pytest.mark.parametrize(
    ("message", "read"), [("prometheus.WriteRequest", read_v1), ("io.prometheus.write.v2.Request", read_v2)]
)
def test_every_commit_arrives_in_order_with_the_headers_of_its_version(store, tmp_path, message, read):
    for time in (NOW, NOW + 1, NOW + 2):
        put(store, "a", [time])
        put(store, "b", [time])
    put(store, "c", [NOW], Principal("other", "x"))
    client = FakeClient()
    run_from_start(make(store, tmp_path, client, f"protobuf_message: {message}, headers: {{X-Own: yes1}}"), store)
    assert sorted(client.rows(read)) == [(row, NOW + i) for row in "ab" for i in range(3)]
    one = client.headers[0]
    version = "0.1.0" if read is read_v1 else "2.0.0"
    assert (one["X-Prometheus-Remote-Write-Version"], one["Content-Encoding"], one["X-Own"]) == (
        version,
        "snappy",
        "yes1",
    )
    assert one["Content-Type"].startswith("application/x-protobuf")


def test_requests_are_cut_and_a_series_stays_in_order(store, tmp_path):
    for i in range(10):
        put(store, str(i), [NOW + j for j in range(7)])
    client = FakeClient()
    run_from_start(make(store, tmp_path, client, "queue_config: {max_samples_per_send: 4, max_shards: 3}"), store)
    assert max(sum(len(rows) for _, rows in read_v1(body)) for body in client.bodies) == 4
    by_row: dict[str, list[int]] = {}
    for row, time in client.rows():
        by_row.setdefault(row, []).append(time)
    assert by_row == {str(i): [NOW + j for j in range(7)] for i in range(10)}


def test_labels_are_added_and_rules_drop_and_rename(store, tmp_path):
    put(store, "a", [NOW], zone="own")
    put(store, "b", [NOW])
    put(store, "secret", [NOW])
    rules = "write_relabel_configs: [{source_labels: [row], regex: secret, action: drop}, {target_label: via, replacement: us}]"
    client = FakeClient()
    run_from_start(make(store, tmp_path, client, rules, "{external_labels: {zone: z1}}"), store)
    found = sorted((labels for body in client.bodies for labels, _ in read_v1(body)), key=str)
    assert found == [
        Labels.of(__name__="m", row="a", zone="own", via="us"),
        Labels.of(__name__="m", row="b", zone="z1", via="us"),
    ]
    assert counted("samples_dropped", tmp_path, reason="dropped_series") == 1


def test_a_remote_that_fails_is_asked_again_with_growing_pauses(store, tmp_path):
    put(store, "a", [NOW])
    client = FakeClient([status(500), FetchFailed("refused"), status(503), status(429, retry_after="7")])
    sender = make(store, tmp_path, client)
    run_from_start(sender, store)
    assert client.rows() == [("a", NOW)]
    pauses = [pause for pause in sender.clock.slept if pause not in (0.2,)]
    assert pauses == [0.03, 0.06, 0.12, 7.0]
    assert [one.get("Retry-Attempt") for one in client.headers] == [None, "1", "2", "3", "4"]
    assert counted("samples_retried", tmp_path) == 4


def test_a_refusal_for_good_is_counted_and_left_behind(store, tmp_path):
    put(store, "a", [NOW])
    client = FakeClient([status(404)])
    sender = make(store, tmp_path, client)
    run_from_start(sender, store)
    assert client.bodies == []
    assert counted("samples_failed", tmp_path) == 1
    put(store, "b", [NOW])
    asyncio.run(drain(sender, until=store.committed_sequence()))
    assert client.rows() == [("b", NOW)]


def test_429_is_final_where_the_configuration_says_so(store, tmp_path):
    put(store, "a", [NOW])
    client = FakeClient([status(429)])
    run_from_start(make(store, tmp_path, client, "queue_config: {retry_on_http_429: false}"), store)
    assert counted("samples_failed", tmp_path) == 1


def refuses_row_5(body: bytes) -> Response:
    rows = [labels.get("row") for labels, _ in read_v1(decompress(body, 1 << 20))]
    return status(400) if "5" in rows else status(204)


def test_one_bad_sample_does_not_take_its_request_with_it(store, tmp_path):
    for i in range(40):
        put(store, str(i), [NOW])
    client = FakeClient([refuses_row_5] * 100)
    run_from_start(make(store, tmp_path, client), store)
    assert sorted(client.rows(), key=lambda row: int(row[0])) == [(str(i), NOW) for i in range(40) if i != 5]
    assert counted("samples_failed", tmp_path) == 1


def test_a_remote_that_refuses_everything_is_not_flooded(store, tmp_path):
    for i in range(500):
        put(store, str(i), [NOW])
    client = FakeClient([status(400)] * 10_000)
    run_from_start(make(store, tmp_path, client), store)
    assert client.refused <= 2 * 64 + 1
    assert counted("samples_failed", tmp_path) == 500


def test_a_partial_write_is_not_halved(store, tmp_path):
    for i in range(8):
        put(store, str(i), [NOW])
    client = FakeClient([status(400, x_prometheus_remote_write_samples_written="7")])
    run_from_start(make(store, tmp_path, client), store)
    assert client.refused == 1


def test_a_round_that_a_kill_cut_short_is_repeated_request_for_request(store, tmp_path):
    for i in range(6):
        put(store, str(i), [NOW, NOW + 1])
    first = FakeClient([status(204)] * 2 + [die_here] * 99)  # dies at the third request

    async def die() -> None:
        sender = make(store, tmp_path, first, "queue_config: {max_samples_per_send: 4, max_shards: 1}")
        sender.file.write(Position(0, 0))
        with pytest.raises(BaseExceptionGroup):
            await sender.run()

    asyncio.run(die())
    assert PositionFile(tmp_path, tmp_path.name).read() == Position(0, store.committed_sequence())
    sent = store.committed_sequence()
    put(store, "later", [NOW])
    second = FakeClient()
    sender = make(store, tmp_path, second, "queue_config: {max_samples_per_send: 4, max_shards: 1}")
    asyncio.run(drain(sender, until=store.committed_sequence()))
    assert second.bodies[: len(first.bodies)] == first.bodies
    assert sorted(second.rows()) == sorted([(str(i), NOW + j) for i in range(6) for j in range(2)] + [("later", NOW)])
    assert PositionFile(tmp_path, tmp_path.name).read().acknowledged > sent


def test_without_a_position_it_begins_with_what_comes_next(store, tmp_path):
    put(store, "old", [NOW])
    client = FakeClient()
    sender = make(store, tmp_path, client)

    async def run() -> None:
        task = asyncio.ensure_future(sender.run())
        await asyncio.sleep(0.05)
        put(store, "new", [NOW])
        for _ in range(500):
            if client.bodies:
                break
            await asyncio.sleep(0.002)
        task.cancel()

    asyncio.run(run())
    assert client.rows() == [("new", NOW)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"acknowledged": "x", "sending": 1}', '{"acknowledged": 1}'])
def test_a_damaged_position_is_none(tmp_path, text):
    (tmp_path / "one.json").write_text(text)
    assert PositionFile(tmp_path, "one").read() is None


def test_samples_older_than_the_age_limit_are_left_out(store, tmp_path):
    put(store, "a", [NOW - 10_000_000, NOW])
    client = FakeClient()
    run_from_start(make(store, tmp_path, client, "queue_config: {sample_age_limit: 1h}"), store)
    assert client.rows() == [("a", NOW)]
    assert counted("samples_dropped", tmp_path, reason="too_old") == 1


def test_metadata_goes_out_every_interval(store, tmp_path):
    store.put_metadata(SYSTEM, [MetricMetadata(f"m{i}", "gauge", "help") for i in range(5)])
    client = FakeClient()
    sender = make(store, tmp_path, client, "metadata_config: {send_interval: 10s, max_samples_per_send: 2}")

    async def run() -> None:
        task = asyncio.ensure_future(sender.run_metadata())
        for _ in range(500):
            if len(client.bodies) >= 3:
                break
            await asyncio.sleep(0.002)
        task.cancel()

    asyncio.run(run())
    assert [body.count(b"help") for body in client.bodies[:3]] == [2, 2, 1]
    assert sender.clock.slept[0] == 10


def counted(name: str, folder: Path, **labels: str) -> float:
    chosen = {"remote_name": folder.name, "url": URL_TEXT, **labels}
    return REGISTRY.get_sample_value(f"prometheus_remote_storage_{name}_total", chosen) or 0.0
