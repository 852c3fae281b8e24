"""What the API and the page need to know of scrape targets; `intake` implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vedette.model.labels import Labels


@dataclass(frozen=True, slots=True)
class TargetStatus:
    scrape_pool: str
    discovered_labels: Labels
    labels: Labels
    scrape_url: str
    global_url: str
    health: str
    """up, down or unknown (never scraped yet)."""
    last_error: str
    last_scrape_ms: int
    """0: never."""
    last_scrape_duration_s: float
    scrape_interval: str
    scrape_timeout: str


@dataclass(frozen=True, slots=True)
class DroppedTarget:
    scrape_pool: str
    discovered_labels: Labels


@dataclass(frozen=True, slots=True)
class RelabelStep:
    rule: Mapping[str, Any]
    """The rule as its YAML says it (source_labels, regex, action ...)."""
    output: Labels
    keep: bool


class Targets(Protocol):
    def pools(self) -> Sequence[str]: ...

    def active(self, pool: str = "") -> Sequence[TargetStatus]: ...

    def dropped(self, pool: str = "") -> Sequence[DroppedTarget]: ...

    def dropped_counts(self) -> Mapping[str, int]:
        """By pool; more than `dropped` lists when keep_dropped_targets cuts the list."""
        ...

    def relabel_steps(self, pool: str, discovered: Labels) -> Sequence[RelabelStep]:
        """Raises NotFound for an unknown pool."""
        ...
