"""A tiny /proc and /sys in a test's own folder, and a collector's families as a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vedette.agent.node.families import Family, render
from vedette.agent.node.host import Host


def write(root: Path, files: dict[str, str]) -> Host:
    """A machine of its own below `root`, with /proc, /sys, the root folder and one folder of text files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Host(proc=root / "proc", sys=root / "sys", root=root, textfile_directories=(root / "textfiles",))


def values(families: Iterable[Family]) -> dict[str, float]:
    """Series, as they are written, to value."""
    lines = render(families).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
