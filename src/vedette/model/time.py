"""Time is int64 milliseconds since the epoch; durations are int milliseconds and say so in their name.

A block is two hours of wall time aligned to the epoch (DESIGN D3): the unit of compaction and of retention.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.model.errors import BadInput

BLOCK_MS: Final = 2 * 3600 * 1000
MIN_TIME_MS: Final = -(1 << 62)
MAX_TIME_MS: Final = (1 << 62) - 1
FIRST_STORED_MS: Final = -62_135_596_800_000
LAST_STORED_MS: Final = 253_402_300_799_999
"""The years 1 to 9999: no sample has another time. Every table's block and day numbers hold these, and every date is written."""

_UNITS_MS: Final = (
    ("y", 365 * 24 * 3600 * 1000),
    ("w", 7 * 24 * 3600 * 1000),
    ("d", 24 * 3600 * 1000),
    ("h", 3600 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
)
_UNIT_MS: Final = dict(_UNITS_MS)
_UNIT_RANK: Final = {unit: rank for rank, (unit, _) in enumerate(_UNITS_MS)}
_COUNT_AND_UNIT: Final = re.compile(r"([0-9]+)([^0-9]+)")
_DURATION_NS_MAX: Final = (1 << 63) - 1
_COUNT_MAX: Final = (1 << 64) - 1


def block_of(time_ms: int) -> int:
    """The block number: time in units of two hours, rounded down."""
    return time_ms // BLOCK_MS


def parse_duration_ms(text: str) -> int:
    """`1h30m`, `15s`, `100ms`, `0`: Prometheus' grammar, units in falling order, each at most once. Raises BadInput."""
    if text == "0":
        return 0
    if not text:
        raise BadInput("empty duration string")
    total_ms, last_rank, at = 0, -1, 0
    while at < len(text):
        part = _COUNT_AND_UNIT.match(text, at)
        if part is None or int(part[1]) > _COUNT_MAX:
            raise _invalid_duration(text)
        if part[2] not in _UNIT_MS:
            raise BadInput(f'unknown unit "{part[2]}" in duration "{text}"')
        if _UNIT_RANK[part[2]] <= last_rank:
            raise _invalid_duration(text)
        last_rank = _UNIT_RANK[part[2]]
        total_ms += int(part[1]) * _UNIT_MS[part[2]]
        if total_ms * 1_000_000 > _DURATION_NS_MAX:
            raise BadInput("duration out of range")
        at = part.end()
    return total_ms


def _invalid_duration(text: str) -> BadInput:
    return BadInput(f'not a valid duration string: "{text}"', hint="write for example 15s, 5m or 1h30m")


def format_duration(duration_ms: int) -> str:
    """The shortest text that `parse_duration_ms` reads back; years and weeks only where they fit exactly."""
    if duration_ms == 0:
        return "0s"
    rest = abs(duration_ms)
    parts = []
    for unit, unit_ms in _UNITS_MS:
        if unit in ("y", "w") and rest % unit_ms:
            continue
        count, rest = divmod(rest, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if duration_ms < 0 else "") + "".join(parts)
