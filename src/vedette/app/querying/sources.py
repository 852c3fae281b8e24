"""Who answers `vedette query`: one protocol, two adapters. What comes back is the `data` of the HTTP API, from both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """`data`: of /api/v1/query and its siblings: {"resultType", "result"}, label sets or texts."""

    data: Any
    warnings: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)


Bounds = tuple[int | None, int | None]
"""First and last millisecond; None: no bound."""


class Source(Protocol):
    """Raises what model/errors.py has: BadInput for the query, QueryFailed, Unauthenticated, Unreachable, StoreError."""

    def instant(self, query: str, time_ms: int) -> Reply: ...

    def range(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Reply: ...

    def series(self, selectors: Sequence[str], bounds: Bounds) -> Reply: ...

    def label_names(self, selectors: Sequence[str], bounds: Bounds) -> Reply: ...

    def label_values(self, label: str, selectors: Sequence[str], bounds: Bounds) -> Reply: ...

    def close(self) -> None: ...
