"""The reference itself, for tests and benchmarks: Prometheus from the peers' folder on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.settings import free_port, peer


class Prometheus:
    def __init__(self, data: Path, config: str = "{}\n", *arguments: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        file = data.parent / f"{data.name}.yml"
        file.write_text(config)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
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
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if self.get("/-/ready")[0] == 200:
                    return self
            except OSError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"prometheus did not start: {' '.join(self._command)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    def get(self, path: str, timeout_s: float = 120.0, data: bytes | None = None) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.url + path, data=data), timeout=timeout_s
            ) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, path: str, **parameters: str | Sequence[str]) -> Any:
        status, body = self.get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
        assert status == 200, f"{path}: {status} {body[:500]!r}"
        return json.loads(body)["data"]


def create_blocks(openmetrics: Path, data: Path) -> None:
    """Loads a file of OpenMetrics with timestamps into a data directory that no Prometheus has open."""
    command = [
        str(peer("promtool")),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        str(openmetrics),
        str(data),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"promtool: {result.stderr[-2000:]}")
