"""What the stored series are made of: which names, labels and values make them many, and what would be saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CardinalityQuestion:
    """`limit`: entries of each list, the largest first. `drop`: the label to leave out in thought; empty: none."""

    limit: int
    drop: str = ""


@dataclass(frozen=True, slots=True)
class NameShare:
    name: str
    series: int
    share: float
    """Of all series asked about, 0 to 1."""


@dataclass(frozen=True, slots=True)
class LabelSize:
    name: str
    values: int
    series: int
    """How many carry the label."""


@dataclass(frozen=True, slots=True)
class PairSize:
    name: str
    value: str
    series: int


@dataclass(frozen=True, slots=True)
class Churn:
    """Of one metric: series first seen within the last hour, and those that fell silent in it (for five minutes at least)."""

    name: str
    created_1h: int
    gone_1h: int


@dataclass(frozen=True, slots=True)
class NameDrop:
    name: str
    series_before: int
    series_after: int


@dataclass(frozen=True, slots=True)
class LabelDrop:
    """Series that would be left if no series had the label; `names`: those metrics that would shrink, most first."""

    label: str
    series_before: int
    series_after: int
    names: Sequence[NameDrop]


@dataclass(frozen=True, slots=True)
class CardinalityReport:
    series: int
    samples_per_second: float
    """Over the last five minutes."""
    names: Sequence[NameShare]
    labels: Sequence[LabelSize]
    pairs: Sequence[PairSize]
    churn: Sequence[Churn]
    drop: LabelDrop | None
