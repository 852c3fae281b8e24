"""What a kind of discovery is to the manager: something that refreshes, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vedette.intake.target import TargetGroup


class Provider(Protocol):
    kind: str
    interval_s: float
    """Between refreshes; 0: the first one is all there is."""

    async def refresh(self) -> Sequence[TargetGroup]:
        """Every group there is now. Raises VedetteError where that cannot be known: then the last answer stands."""
        ...

    async def close(self) -> None: ...
