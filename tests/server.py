"""A Vedette of its own for a test: started on a free loopback port, asked over HTTP, killed by its own process id."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.asking import Service, wait_until
from tests.settings import ROOT

START_TIMEOUT_S = 60.0
_LOG_LINES_KEPT = 400
_PROGRAM = (sys.executable, "-m", "vedette.app.cli")


class Vedette(Service):
    """`with Vedette(data) as server:` runs `vedette up`; `server.url` is what its `listening` line says."""

    def __init__(
        self,
        data: Path,
        *arguments: str,
        verb: str = "up",
        environment: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self._command = [*_PROGRAM, verb, "--listen", "127.0.0.1:0"]
        if verb != "agent":
            self._command += ["--data", str(data)]
        self._command += arguments
        self._environment = own_environment() | (environment or {})
        self._process: subprocess.Popen[str] | None = None
        self.log: deque[str] = deque(maxlen=_LOG_LINES_KEPT)

    def start(self) -> Vedette:
        """Returns once the `listening` line is there. Raises RuntimeError with the log's end if it does not come."""
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        log_reader = threading.Thread(target=self.log.extend, args=(self._process.stderr,), daemon=True)
        log_reader.start()
        listening = threading.Event()
        threading.Thread(target=self._read_output, args=(self._process.stdout, listening), daemon=True).start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not listening.wait(0.05):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                log_reader.join(START_TIMEOUT_S)
                raise RuntimeError("vedette did not start:\n" + self.log_end())
        return self

    def _read_output(self, stream: Any, listening: threading.Event) -> None:
        for line in stream:
            words = line.split()
            if words[:2] == ["listening", "http"] or words[:2] == ["listening", "agent"]:
                self.url = words[2].rstrip("/")
                listening.set()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9: nothing is flushed, nothing is closed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout_s: float = 30.0) -> int:
        """SIGTERM, as an operator stops it; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.returncode

    def __enter__(self) -> Vedette:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reload(self) -> None:
        status, body = self.post("/-/reload")
        assert status == 200, body

    def wait_until_ready(self, timeout_s: float = START_TIMEOUT_S) -> float:
        """Seconds until /-/ready answered 200."""
        started = time.monotonic()
        if not wait_until(self.is_ready, timeout_s, every_s=0.02):
            raise RuntimeError("vedette did not become ready:\n" + self.log_end())
        return time.monotonic() - started

    def log_end(self, lines: int = _LOG_LINES_KEPT) -> str:
        return "".join(list(self.log)[-lines:])


def run_vedette(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A verb that ends by itself, such as `check` or `import`."""
    command = [*_PROGRAM, *arguments]
    return subprocess.run(command, env=own_environment(), capture_output=True, text=True, check=False)


def import_openmetrics(file: Path, data: Path, *arguments: str) -> None:
    """Loads a file of OpenMetrics with timestamps into a data directory that no server has open."""
    done = run_vedette("import", "openmetrics", str(file), "--data", str(data), *arguments)
    if done.returncode:
        raise RuntimeError(f"vedette import: {done.stderr[-2000:]}")


def own_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}
