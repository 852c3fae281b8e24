"""VictoriaMetrics, for benchmarks: single binary on a free loopback port, results cache off."""

from __future__ import annotations

from pathlib import Path

from tests.peers import Peer


class VictoriaMetrics(Peer):
    """`with VictoriaMetrics(data) as peer:` runs it ready to be asked; its log stands beside the data directory."""

    def __init__(self, data: Path, *arguments: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        own = (f"-storageDataPath={data}", "-httpListenAddr={listen}", "-retentionPeriod=20y")
        command = (*own, "-search.disableCache=true", *arguments)
        super().__init__("victoria-metrics", command, data.parent / f"{data.name}.log")

    def load(self, lines: Path) -> None:
        """A file of its import format: a JSON object of metric, values and timestamps (ms) on each line."""
        status, body = self.get("/api/v1/import", timeout_s=600.0, method="POST", body=lines.read_bytes())
        assert status == 204, f"{status} {body[:500]!r}"
        status, _ = self.get("/internal/force_flush")
        assert status == 200
