"""A Vedette of its own for a test: started on a free loopback port, asked over HTTP, killed by its own process id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.settings import ROOT

START_TIMEOUT_S = 60.0


class Vedette:
    """`with Vedette(data) as server:` runs `vedette up`; `server.url` is what its `listening` line says."""

    def __init__(
        self, data: Path, *arguments: str, verb: str = "up", environment: dict[str, str] | None = None
    ) -> None:
        self._command = [sys.executable, "-m", "vedette.app.cli", verb, "--listen", "127.0.0.1:0"]
        if verb != "agent":
            self._command += ["--data", str(data)]
        self._command += arguments
        self._environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self.log: deque[str] = deque(maxlen=400)
        self.url = ""

    def start(self) -> Vedette:
        """Returns once the `listening` line is there. Raises RuntimeError with the log's end if it does not come."""
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        threading.Thread(target=self.log.extend, args=(self._process.stderr,), daemon=True).start()
        listening = threading.Event()
        threading.Thread(target=self._read_output, args=(self._process.stdout, listening), daemon=True).start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not listening.wait(0.05):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("vedette did not start:\n" + "".join(list(self.log)[-40:]))
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

    def kill(self) -> None:
        """kill -9: nothing is flushed, nothing is closed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout_s: float = 30.0) -> int:
        """SIGTERM, as an operator stops it; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
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

    def get(self, path: str, headers: dict[str, str] | None = None, timeout_s: float = 30.0) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, path: str, **parameters: str | Sequence[str]) -> Any:
        """`data` of an answer of /api/v1. Raises AssertionError with the answer when it is an error."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, body = self.get(f"/api/v1/{path}?{query}")
        assert status == 200, f"{path}?{query}: {status} {body[:500]!r}"
        return json.loads(body)["data"]

    def reload(self) -> None:
        request = urllib.request.Request(self.url + "/-/reload", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200, answer.read()

    def wait_until_ready(self, timeout_s: float = START_TIMEOUT_S) -> float:
        """Seconds until /-/ready answered 200."""
        started = time.monotonic()
        while time.monotonic() - started < timeout_s:
            try:
                if self.get("/-/ready")[0] == 200:
                    return time.monotonic() - started
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("vedette did not become ready:\n" + "".join(list(self.log)[-40:]))
