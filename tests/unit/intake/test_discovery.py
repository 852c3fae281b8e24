"""Where targets are found: files that change, an HTTP endpoint, DNS records; and how jobs keep what they have."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from aiohttp import web

from tests.unit.intake.scraping import Endpoint, Scene, TurnedClock, config, scene, serve, settle
from vedette.intake.config.discovery import DnsDiscovery, FileDiscovery, HttpDiscovery
from vedette.intake.config.values import DurationMs, FilePath
from vedette.intake.discovery.dns import DnsProvider
from vedette.intake.discovery.file import FileProvider
from vedette.intake.discovery.http import HttpProvider
from vedette.intake.discovery.manager import DiscoveryManager
from vedette.intake.target import TargetGroup
from vedette.model.errors import VedetteError


def addresses(groups: Sequence[TargetGroup]) -> list[str]:
    return [target["__address__"] for group in groups for target in group.targets]


class Files:
    def __init__(self, folder: Path, pattern: str = "*.json") -> None:
        self.folder = folder
        self.provider = FileProvider(FileDiscovery((FilePath(str(folder / pattern)),), DurationMs(5_000)))
        self._time = 1_700_000_000

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        self._time += 1
        os.utime(path, (self._time, self._time))

    def found(self) -> list[TargetGroup]:
        return list(asyncio.run(self.provider.refresh()))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '[{"targets": ["a:1", "b:2"], "labels": {"dc": "eu"}}]'),
        ("a.yml", "- targets: ['a:1', 'b:2']\n  labels: {dc: eu}\n"),
        ("a.yaml", "- {targets: ['a:1', 'b:2'], labels: {dc: eu}}"),
    ],
)
def test_a_file_lists_groups_as_json_or_yaml(tmp_path: Path, name: str, text: str) -> None:
    files = Files(tmp_path, "*." + name.partition(".")[2])
    files.write(name, text)
    (group,) = files.found()
    assert addresses([group]) == ["a:1", "b:2"]
    assert group.labels == {"dc": "eu", "__meta_filepath": str(tmp_path / name)}


def test_files_are_read_again_when_they_change_and_forgotten_when_they_go(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.found() == []
    files.write("a.json", '[{"targets": ["a:1"]}]')
    files.write("b.json", '[{"targets": ["b:1"]}]')
    assert addresses(files.found()) == ["a:1", "b:1"]
    files.write("a.json", '[{"targets": ["c:1"]}]')
    assert addresses(files.found()) == ["c:1", "b:1"]
    (tmp_path / "b.json").unlink()
    assert addresses(files.found()) == ["c:1"]


@pytest.mark.parametrize("text", ["{", "[null]", '[{"target": []}]', '{"targets": []}', '[{"targets": [1]}]', "\udcff"])
def test_a_broken_file_keeps_its_last_groups(tmp_path: Path, text: str) -> None:
    files = Files(tmp_path)
    files.write("a.json", '[{"targets": ["a:1"]}]')
    assert addresses(files.found()) == ["a:1"]
    (tmp_path / "a.json").write_bytes(text.encode(errors="surrogateescape"))
    assert addresses(files.found()) == ["a:1"]


async def refresh_http(endpoint: Endpoint) -> Sequence[TargetGroup]:
    async with serve(endpoint) as served:
        provider = HttpProvider(HttpDiscovery(url=f"http://{served.address}/sd", refresh_interval=DurationMs(90_000)))
        try:
            return await provider.refresh()
        finally:
            await provider.close()


JSON = {"Content-Type": "application/json; charset=utf-8"}


def test_an_http_endpoint_lists_groups() -> None:
    endpoint = Endpoint('[{"targets": ["a:1"], "labels": {"dc": "eu"}}, {"targets": []}]', headers=JSON)
    first, second = asyncio.run(refresh_http(endpoint))
    assert addresses([first]) == ["a:1"]
    assert first.labels == {"dc": "eu", "__meta_url": f"http://{endpoint.address}/sd"}
    assert second.source.endswith(":1")
    assert endpoint.requests[0].headers["X-Prometheus-Refresh-Interval-Seconds"] == "90"
    assert endpoint.requests[0].headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        (Endpoint("[]", status=500, headers=JSON), "server returned HTTP status 500"),
        (Endpoint("[]", headers={"Content-Type": "text/plain"}), 'unsupported content type "text/plain"'),
        (Endpoint("[", headers=JSON), "json"),
        (Endpoint("[null]", headers=JSON), "nil target group"),
    ],
)
def test_an_http_endpoint_that_answers_nonsense_is_an_error(endpoint: Endpoint, message: str) -> None:
    with pytest.raises(VedetteError) as caught:
        asyncio.run(refresh_http(endpoint))
    assert message in caught.value.message or "truncated" in caught.value.message


class Resolver:
    """Answers with records in zone-file text, or fails."""

    def __init__(self, kind: str, records: list[str] | Exception) -> None:
        self.kind = kind
        self.records = records

    async def resolve(self, name: str, kind: str, **_: Any) -> Any:
        assert kind == self.kind
        if isinstance(self.records, Exception):
            raise self.records
        return dns.rrset.from_text(name, 60, "IN", kind, *self.records)


DNS_CASES = [
    (
        "SRV",
        "0 0 9100 node1.example.com.",
        {
            "__address__": "node1.example.com:9100",
            "__meta_dns_srv_record_target": "node1.example.com.",
            "__meta_dns_srv_record_port": "9100",
        },
    ),
    ("A", "192.0.2.2", {"__address__": "192.0.2.2:80"}),
    ("AAAA", "::1", {"__address__": "[::1]:80"}),
    (
        "MX",
        "0 mail.example.com.",
        {"__address__": "mail.example.com:80", "__meta_dns_mx_record_target": "mail.example.com."},
    ),
    (
        "NS",
        "ns1.example.com.",
        {"__address__": "ns1.example.com:80", "__meta_dns_ns_record_target": "ns1.example.com."},
    ),
]


@pytest.mark.parametrize(("kind", "record", "labels"), DNS_CASES)
def test_each_kind_of_record_becomes_a_target(kind: str, record: str, labels: dict[str, str]) -> None:
    provider = DnsProvider(DnsDiscovery(("web.example.com.",), type=kind, port=80), Resolver(kind, [record]))
    (group,) = asyncio.run(provider.refresh())
    assert group.source == "web.example.com."
    assert list(group.targets) == [{"__meta_dns_name": "web.example.com.", **labels}]


def test_a_name_that_is_gone_has_no_targets_and_one_that_fails_keeps_them() -> None:
    async def run() -> None:
        resolver = Resolver("A", ["192.0.2.1"])
        provider = DnsProvider(DnsDiscovery(("a.",), type="A", port=1), resolver)
        assert addresses(await provider.refresh()) == ["192.0.2.1:1"]
        resolver.records = dns.resolver.NoNameservers(request=dns.message.make_query("a.", "A"), errors=[])
        assert addresses(await provider.refresh()) == ["192.0.2.1:1"]
        resolver.records = dns.resolver.NXDOMAIN(qnames=["a."], responses={})
        assert addresses(await provider.refresh()) == []

    asyncio.run(run())


def test_a_reload_keeps_the_providers_whose_settings_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"targets": ["a:1"]}]')
    files = f"file_sd_configs: [{{files: ['{tmp_path}/*.json']}}]"

    async def run() -> None:
        changed = asyncio.Event()
        manager = DiscoveryManager(TurnedClock(), changed.set)
        await manager.apply(config(files, "").jobs)
        await asyncio.wait_for(changed.wait(), 10)
        assert addresses(manager.take_changes()["x"]) == ["a:1"]
        await manager.apply(config(files + "\nstatic_configs: [{targets: ['b:1']}]", "").jobs)
        await settle()
        assert addresses(manager.take_changes()["x"]) == ["b:1", "a:1"]
        await manager.apply([])
        assert manager.take_changes() == {}
        await manager.stop()

    asyncio.run(run())


def test_targets_found_by_a_file_are_scraped_and_follow_it(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="a 1\n")

    async def run() -> None:
        async with scene(f"file_sd_configs: [{{files: ['{tmp_path}/*.json']}}]", Endpoint(handler=answer)) as stage:
            assert stage.manager.targets.active() == []
            (tmp_path / "t.json").write_text(f'[{{"targets": ["{stage.endpoint.address}"], "labels": {{"dc": "eu"}}}}]')
            await found(stage, 1)
            await stage.scrape()
            assert 'dc="eu"' in next(iter(stage.store.values("a")))
            (tmp_path / "t.json").unlink()
            await found(stage, 0)

    asyncio.run(run())


async def found(stage: Scene, count: int) -> None:
    """Turns the clock until discovery has so many targets; file reads happen in threads, so real time passes too."""
    async with asyncio.timeout(10):
        while len(stage.manager.targets.active()) != count:
            await stage.clock.turn(1)
            await asyncio.to_thread(int)
