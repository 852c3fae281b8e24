"""Prometheus 3.14 over a data directory, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests import settings

_READY_WITHIN_S: Final = 60.0
_REQUEST_TIMEOUT_S: Final = 120.0
_STOP_WITHIN_S: Final = 30.0

FEATURES: Final = (
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
)


class Prometheus:
    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_TIMEOUT_S)

    def ask(self, endpoint: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The envelope of /api/v1/ENDPOINT, whatever its status."""
        body = urllib.parse.urlencode(parameters)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", f"/api/v1/{endpoint}", body, headers)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer

    def is_ready(self) -> bool:
        try:
            self._connection.request("GET", "/-/ready")
            answer = self._connection.getresponse()
            answer.read()
        except OSError:
            self._connection.close()
            return False
        return answer.status == 200


def create_blocks(openmetrics: Path, data: Path) -> None:
    """Loads samples of any age from an OpenMetrics file into a data directory."""
    command = [settings.peer("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(openmetrics), str(data)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def run_prometheus(folder: Path, data: Path, features: tuple[str, ...] = FEATURES) -> Iterator[Prometheus]:
    """Serves the data directory, scrapes nothing; keeps its config and log in `folder`."""
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    port = settings.free_port()
    command = [
        str(settings.peer("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--enable-feature={','.join(features)}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            peer = Prometheus(port)
            _await_ready(peer, process, folder / "prometheus.log")
            yield peer
        finally:
            process.terminate()
            process.wait(_STOP_WITHIN_S)


def _await_ready(peer: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _READY_WITHIN_S
    while not peer.is_ready():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"prometheus did not become ready: {log.read_text()[-2000:]}")
        time.sleep(0.1)
