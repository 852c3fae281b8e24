"""The reference itself, for tests and benchmarks: Prometheus from the peers' folder on a free loopback port."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.asking import Service, wait_until
from tests.settings import free_port, peer

_READY_WITHIN_S: Final = 60.0
FEATURES: Final = (
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
)
"""What it calls the parts of PromQL that are off by default."""


class Prometheus(Service):
    """`with Prometheus(data) as peer:` runs it ready to be asked; its config and log stand beside the data directory."""

    def __init__(self, data: Path, config: str = "{}\n", *arguments: str) -> None:
        port = free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        data.mkdir(parents=True, exist_ok=True)
        file = data.parent / f"{data.name}.yml"
        file.write_text(config)
        self._log = data.parent / f"{data.name}.log"
        self._command = [
            str(peer("prometheus")),
            f"--config.file={file}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}",
            *arguments,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Prometheus:
        with self._log.open("wb") as log:
            self._process = process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: process.poll() is not None or self.is_ready(), _READY_WITHIN_S)
        if process.poll() is not None or not self.is_ready():
            self._end()
            raise RuntimeError(f"prometheus did not start: {self._log.read_text()[-2000:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()


def run_promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(peer("promtool")), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def create_blocks(openmetrics: Path, data: Path) -> None:
    """Loads a file of OpenMetrics with timestamps into a data directory that no Prometheus has open."""
    done = run_promtool("tsdb", "create-blocks-from", "openmetrics", "--quiet", str(openmetrics), str(data))
    if done.returncode:
        raise RuntimeError(f"promtool: {done.stderr[-2000:]}")
