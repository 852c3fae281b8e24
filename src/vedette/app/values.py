"""Values of flags, from text. Raises BadInput with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from vedette.model.errors import BadInput
from vedette.model.time import parse_duration_ms

_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(|B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\Z")
_UNITS: Final = {"": 1, "B": 1} | {
    f"{letter}{suffix}": 1024**power for power, letter in enumerate("KMGT", 1) for suffix in ("B", "iB")
}


def parse_listen(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdigit() or int(port) > 65535:
        raise BadInput(f"not an address: {text}", hint="write HOST:PORT, for example 127.0.0.1:7567 or [::1]:7567")
    return host.strip("[]") or "0.0.0.0", int(port)


def parse_bytes(text: str) -> int:
    match = _SIZE.match(text.strip())
    if match is None:
        raise BadInput(f"not a size: {text}", hint="write for example 512MB or 50GB")
    return int(float(match.group(1)) * _UNITS[match.group(2)])


def parse_bytes_from(least: str) -> Callable[[str], int]:
    """A reader of sizes that refuses those below `least`."""

    def parse(text: str) -> int:
        value = parse_bytes(text)
        if value < parse_bytes(least):
            raise BadInput(f"less than {least}: {text}")
        return value

    return parse


def parse_count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise BadInput(f"not a whole number above 0: {text}")
    return int(text)


def parse_span_ms(text: str) -> int:
    """A duration that is not zero."""
    value = parse_duration_ms(text)
    if value <= 0:
        raise BadInput(f"must be longer than 0: {text}", hint="write for example 15s, 5m or 1h30m")
    return value


def parse_one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise BadInput(f"must be one of {', '.join(words)}: {text}")
        return text

    return parse


parse_log_level: Final = parse_one_of("debug", "info", "warning", "error")
parse_log_format: Final = parse_one_of("logfmt", "json")


def parse_switch(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
    if text.lower() not in words:
        raise BadInput(f"must be true or false: {text}")
    return words[text.lower()]


def parse_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise BadInput(f"not a regular expression ({error}): {text}") from None
    return text


def parse_url(text: str) -> str:
    """Without a trailing slash."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or " " in text:
        raise BadInput(
            f"not an http or https URL: {text}", hint="write for example https://metrics.example.org/vedette"
        )
    return text.rstrip("/")


def normal_prefix(text: str) -> str:
    """Empty, or with a leading and without a trailing slash."""
    return f"/{text.strip('/')}" if text.strip("/") else ""
