"""Time zones by name, as Go's time.LoadLocation takes them: IANA's names, none for UTC, and `Local` for the machine's own."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from vedette.model.errors import BadInput

LOCAL: Final = "Local"


def load_zone(name: str) -> ZoneInfo:
    """Raises BadInput."""
    try:
        return _local_zone() if name == LOCAL else ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"unknown time zone {name}", hint="such as Europe/Berlin or Asia/Shanghai") from None


@cache
def _local_zone() -> ZoneInfo:
    """What TZ names, else /etc/localtime, else UTC. Its key stays `Local`, so that it is written as it was read."""
    name = os.environ.get("TZ", "/etc/localtime").removeprefix(":")
    for folder in ("/", *TZPATH) if name else ():
        file = Path(folder, name)
        if file.is_file():
            with file.open("rb") as zone:
                return ZoneInfo.from_file(zone, key=LOCAL)
    return ZoneInfo("UTC")
