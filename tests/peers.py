"""The references themselves, for tests and benchmarks: a program from the peers' folder on a free loopback port."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.asking import Service, wait_until
from tests.settings import free_port, peer

_READY_WITHIN_S: Final = 60.0


class Peer(Service):
    """`with Peer(...) as peer:` runs it ready to be asked. `{listen}` in an argument becomes its address; `log`: its output."""

    ready_path = "/-/ready"

    def __init__(self, program: str, arguments: Sequence[str], log: Path) -> None:
        listen = f"127.0.0.1:{free_port()}"
        super().__init__(f"http://{listen}")
        self._program = program
        self._command = [str(peer(program)), *(argument.replace("{listen}", listen) for argument in arguments)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def is_ready(self) -> bool:
        try:
            return self.get(self.ready_path)[0] == 200
        except OSError:
            return False

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: process.poll() is not None or self.is_ready(), _READY_WITHIN_S)
        if process.poll() is not None or not self.is_ready():
            self._end()
            raise RuntimeError(f"{self._program} did not start: {self._log.read_text()[-2000:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()


class NodeExporter(Peer):
    ready_path = "/"

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__("node_exporter", ("--web.listen-address={listen}", *arguments), folder / "node_exporter.log")


class VictoriaMetrics(Peer):
    """Keeps everything for 20 years; caches of answers are off."""

    ready_path = "/health"

    def __init__(self, data: Path, *arguments: str) -> None:
        own = (
            f"-storageDataPath={data}",
            "-httpListenAddr={listen}",
            "-retentionPeriod=20y",
            "-search.disableCache=true",
        )
        super().__init__("victoria-metrics", (*own, *arguments), data.parent / f"{data.name}.log")
