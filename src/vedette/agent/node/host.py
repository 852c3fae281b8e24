"""Where a collector reads: the machine's /proc, /sys and root, or a folder that a test laid out like them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class NoData(Exception):
    """The machine has nothing for this collector to read. Not an error: the collector reports success 0 and no families."""


@dataclass(frozen=True, slots=True)
class Host:
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")
    textfile_directories: tuple[Path, ...] = ()

    def read_proc(self, path: str) -> str:
        """Raises NoData when the kernel does not offer the file."""
        return read(self.proc / path)

    def read_sys(self, path: str) -> str:
        return read(self.sys / path)

    def sys_folders(self, path: str) -> list[Path]:
        """The entries of a folder below /sys, sorted; none when it is absent."""
        folder = self.sys / path
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def class_folders(self, name: str) -> list[Path]:
        """The devices of a class, sorted. Raises NoData when this kernel has no such class."""
        if not (self.sys / "class" / name).is_dir():
            raise NoData(f"class/{name}")
        return self.sys_folders(f"class/{name}")


def read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise NoData(str(path)) from None


def read_or(path: Path, default: str = "") -> str:
    """A small attribute file, stripped; the default where it is absent or the driver refuses to answer."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return default


def read_int(path: Path) -> int | None:
    """None where the file is absent, refuses to be read or holds no integer; hexadecimal is understood."""
    try:
        return int(read_or(path), 0)
    except ValueError:
        return None


def key_values(text: str, separator: str = ":") -> Iterator[tuple[str, str]]:
    """`key: value` lines."""
    for line in text.splitlines():
        key, found, value = line.partition(separator)
        if found:
            yield key.strip(), value.strip()
