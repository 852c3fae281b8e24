"""What an execution runs in: the trees it may call, its limits, and who escapes what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from vedette.signals.template.nodes import ListNode

MissingKey = Literal["default", "zero", "error"]


@dataclass(frozen=True, slots=True)
class Limits:
    steps_max: int = 1_000_000
    output_chars_max: int = 1_000_000
    depth_max: int = 50
    """Of templates that call each other."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A template's nodes, and the text they stand in, for the places in errors."""

    nodes: ListNode
    file: str
    text: str


class Escaper(Protocol):
    """Makes of each piece what is written. Both raise FunctionError."""

    def text(self, text: str) -> str: ...

    def value(self, value: Any, printed: str, functions: Sequence[str]) -> str:
        """`functions`: those that the value's pipeline ran through."""
        ...


class Budget:
    """What one execution may still do."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = 0
        self.chars = 0
        self.depth = 0
