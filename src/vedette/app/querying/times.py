"""Times as people write them on a command line, and steps that suit a plot."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.time import parse_duration_ms

_UNIX: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?\Z")
_BEFORE_NOW: Final = re.compile(r"(?:now)?\s*-\s*(.+)\Z")
_STEPS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200)
_DAY_S: Final = 86_400


def parse_moment_ms(text: str, now_ms: int) -> int:
    """`now`, `-1h` or `now-1h`, RFC 3339 (without a zone: local time), unix seconds. Raises BadInput."""
    trimmed = text.strip()
    if trimmed == "now":
        return now_ms
    if before := _BEFORE_NOW.match(trimmed):
        return now_ms - parse_duration_ms(before[1])
    if _UNIX.match(trimmed):
        return round(float(trimmed) * 1000)
    try:
        return round(datetime.fromisoformat(trimmed).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadInput(f"not a time: {text}", hint="write now, -1h, 2026-03-01T12:00:00Z or 1700000000") from None


def step_for(span_ms: int, points: int) -> int:
    """Milliseconds: a round step that gives at most so many points."""
    least_s = max(span_ms / 1000 / max(points, 1), 1.0)
    for step_s in _STEPS_S:
        if step_s >= least_s:
            return step_s * 1000
    return int(-(-least_s // _DAY_S)) * _DAY_S * 1000
