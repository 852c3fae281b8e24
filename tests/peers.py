"""A reference program as a process of its own: started on a free loopback port, ready to be asked, stopped by its own id."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.asking import Service, wait_until

_READY_WITHIN_S: Final = 60.0


class Peer(Service):
    """`with Peer(...) as peer:` runs the command; its output goes to `log`."""

    def __init__(self, port: int, command: list[str], log: Path) -> None:
        super().__init__(f"http://127.0.0.1:{port}")
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: process.poll() is not None or self.is_ready(), _READY_WITHIN_S)
        if process.poll() is not None or not self.is_ready():
            self._end()
            raise RuntimeError(f"{self._command[0]} did not start: {self._log.read_text()[-2000:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
