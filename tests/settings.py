"""Where test data, peers and Kubernetes binaries are. The one module that names the folder beside the checkout."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tests.harness import Skipped

ROOT = Path(__file__).resolve().parent.parent
_SHARED = ROOT.parent / "shared"


def conformance(*parts: str) -> Path:
    """A folder of the references' own test data. Raises Skipped where it is absent."""
    folder = Path(os.environ.get("VEDETTE_CONFORMANCE") or _SHARED / "conformance").joinpath(*parts)
    if not folder.exists():
        raise Skipped(f"conformance data not found: {folder} (set VEDETTE_CONFORMANCE)")
    return folder


def peer(name: str) -> Path:
    """A reference's binary, such as `prometheus`. Raises Skipped where it is absent."""
    base = os.environ.get("VEDETTE_PEERS")
    if not base:
        raise Skipped("peers not found (set VEDETTE_PEERS)")
    binary = Path(base) / name
    if not binary.exists():
        raise Skipped(f"peer not found: {binary}")
    return binary


def chromium() -> Path:
    for candidate in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"):
        if Path(candidate).exists():
            return Path(candidate)
    raise Skipped("no chromium on this machine")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
