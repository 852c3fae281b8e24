"""How the last evaluation of a rule went; written by the thread that evaluates it, read by any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = "unknown"
GOOD: Final = "ok"
BAD: Final = "err"


@dataclass(slots=True)
class RuleHealth:
    state: str = UNKNOWN
    last_error: str = ""
    seconds: float = 0.0
    evaluated_at_ms: int = 0
    """0: never."""

    def set(self, error: str = "") -> None:
        self.state, self.last_error = (BAD, error) if error else (GOOD, "")
