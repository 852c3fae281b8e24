"""Values of flags, from text. Raises BadInput with what to write instead."""

from __future__ import annotations

import re
from typing import Final

from vedette.model.errors import BadInput

_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(|B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\Z")
_UNITS: Final = {"": 1, "B": 1} | {
    f"{letter}{suffix}": 1024**power for power, letter in enumerate("KMGT", 1) for suffix in ("B", "iB")
}


def parse_listen(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdigit() or int(port) > 65535:
        raise BadInput(
            f"--listen: not an address: {text}", hint="write HOST:PORT, for example 127.0.0.1:7567 or [::1]:7567"
        )
    return host.strip("[]") or "0.0.0.0", int(port)


def parse_bytes(text: str) -> int:
    match = _SIZE.match(text.strip())
    if match is None:
        raise BadInput(f"not a size: {text}", hint="write for example 512MB or 50GB")
    return int(float(match.group(1)) * _UNITS[match.group(2)])


def normal_prefix(text: str) -> str:
    """Empty, or with a leading and without a trailing slash."""
    return f"/{text.strip('/')}" if text.strip("/") else ""
