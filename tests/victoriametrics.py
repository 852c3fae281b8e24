"""VictoriaMetrics, for benchmarks: single binary on a free loopback port, results cache off."""

from __future__ import annotations

from pathlib import Path

from tests.peers import Peer
from tests.settings import free_port, peer


class VictoriaMetrics(Peer):
    """`with VictoriaMetrics(data) as peer:` runs it ready to be asked; its log stands beside the data directory."""

    def __init__(self, data: Path, *arguments: str) -> None:
        port = free_port()
        data.mkdir(parents=True, exist_ok=True)
        command = [
            str(peer("victoria-metrics")),
            f"-storageDataPath={data}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=20y",
            "-search.disableCache=true",
            *arguments,
        ]
        super().__init__(port, command, data.parent / f"{data.name}.log")

    def load(self, lines: Path) -> None:
        """A file of its import format: a JSON object of metric, values and timestamps (ms) on each line."""
        status, body = self.post_bytes("/api/v1/import", lines.read_bytes())
        assert status == 204, f"{status} {body[:500]!r}"
        status, _ = self.get("/internal/force_flush")
        assert status == 200

    def post_bytes(self, path: str, body: bytes) -> tuple[int, bytes]:
        return self.get(path, method="POST", body=body, timeout_s=600.0)
