"""Targets written into the configuration."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.intake.config.discovery import StaticGroup
from vedette.intake.target import TargetGroup


class StaticProvider:
    kind = "static"
    interval_s = 0.0

    def __init__(self, groups: Sequence[StaticGroup | None]) -> None:
        self._groups = [
            TargetGroup(str(index), tuple({"__address__": target} for target in group.targets), group.labels)
            for index, group in enumerate(groups)
            if group is not None
        ]

    async def refresh(self) -> Sequence[TargetGroup]:
        return self._groups

    async def close(self) -> None:
        return None
