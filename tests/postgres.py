"""A PostgreSQL of its own for a test: Debian's package, on a free loopback port, run as user `postgres`, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.harness import Skipped
from tests.settings import free_port

_INSTALLED: Final = Path("/usr/lib/postgresql")
_USER: Final = "postgres"


class Postgres:
    """`with Postgres() as postgres:`; `postgres.url` is what `--control.database` takes. Raises Skipped where it is not installed."""

    def __init__(self) -> None:
        versions = sorted(_INSTALLED.glob("*/bin"), key=lambda path: float(path.parent.name))
        if not versions:
            raise Skipped("postgresql is not installed (apt-get install postgresql)")
        self._programs = versions[-1]
        self._folder = Path(tempfile.mkdtemp(prefix="vedette-postgres-"))
        self._port = free_port()
        self.url = f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        data = str(self._folder / "data")
        self._run("initdb", "--pgdata", data, "--auth=trust", f"--username={_USER}", "--encoding=UTF8")
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "--options", options)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", str(self._folder / "data"))
        shutil.rmtree(self._folder, ignore_errors=True)

    def empty(self) -> None:
        """As at the first start."""
        drop = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        self._run("psql", "--quiet", self.url, "--command", drop)

    def _run(self, program: str, *arguments: str) -> None:
        """It refuses to run as root."""
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "--user", _USER, "--", *command]
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
