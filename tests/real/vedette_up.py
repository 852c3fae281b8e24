"""A server of ours for tests that use it from outside: started on a free port over a fresh folder, stopped in order."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness import Skipped
from tests.settings import ROOT

_START_SECONDS_MAX = 60.0
_STOP_SECONDS_MAX = 20.0


@contextmanager
def running_server(*arguments: str) -> Iterator[str]:
    """Its URL, without a slash at the end. VEDETTE_URL names one that runs already; then nothing is started."""
    if given := os.environ.get("VEDETTE_URL"):
        yield given.rstrip("/")
        return
    program = ROOT / "vedette"
    if not program.exists():
        raise Skipped(f"no {program} to start (or set VEDETTE_URL)")
    with tempfile.TemporaryDirectory(prefix="vedette-pages-") as folder:
        command = [str(program), "up", "--listen", "127.0.0.1:0", "--data", f"{folder}/data", *arguments]
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
            try:
                yield _listening_url(process, log.name)
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(_STOP_SECONDS_MAX)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _listening_url(process: subprocess.Popen[str], log: str) -> str:
    assert process.stdout is not None
    give_up_at = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < give_up_at and (line := process.stdout.readline()):
        if found := re.match(r"listening http (\S+)", line):
            return found[1].rstrip("/")
    raise AssertionError(f"the server did not start: {Path(log).read_text()[-2000:]}")
