"""The data directory: who owns it, and which schema it holds.

    DATA/lock            flock held for the process' life; its text is the owner's pid
    DATA/schema_version  one integer, replaced atomically
    DATA/engine/         the engine's own files

The lock is taken before the engine is touched: the engine refuses a second process too, but with an empty message.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final, Self

from vedette.model.errors import DataDirectoryInUse, StoreError

_LOCK: Final = "lock"
_VERSION: Final = "schema_version"
_ENGINE: Final = "engine"


def holds_data(path: Path) -> bool:
    """Whether a store was ever opened there. Takes no lock and makes nothing."""
    return (path / _VERSION).is_file()


def sync_folder(folder: Path) -> None:
    """The names in it are on disk when it returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DataDirectory:
    """Holds the lock from construction until `release`. Raises DataDirectoryInUse, StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"the data directory cannot be used: {error.strerror}: {self.path}") from None
        self._take()

    @property
    def engine_path(self) -> Path:
        return self.path / _ENGINE

    def schema_version(self) -> int:
        """0 for a directory that holds no data yet. Raises StoreError when the file is damaged."""
        try:
            text = (self.path / _VERSION).read_text()
        except FileNotFoundError:
            return 0
        try:
            return int(text)
        except ValueError:
            raise StoreError(f"{self.path / _VERSION} is not a schema version: {text[:40]!r}") from None

    def write_schema_version(self, version: int) -> None:
        draft = self.path / f"{_VERSION}.new"
        with draft.open("w") as file:
            file.write(f"{version}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / _VERSION)
        sync_folder(self.path)

    def release(self) -> None:
        """Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._lock)
            self._lock = -1
            raise DataDirectoryInUse(
                f"the data directory is in use by process {owner}: {self.path}",
                hint=f"stop process {owner}, or choose another directory with --data",
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
