"""The grid of times a query is evaluated at: start, start + step, ... An instant query is a grid of one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.model.blocks import Int64s


@dataclass(frozen=True, slots=True)
class Grid:
    """Times in ms; `step_ms` is positive, also for a single step; `n_steps` is 0 for an empty grid."""

    start_ms: int
    step_ms: int
    n_steps: int
    ends_between: bool = False
    """A single step whose range ends after it: not an instant query."""

    @classmethod
    def between(cls, start_ms: int, end_ms: int, step_ms: int) -> Grid:
        """From the start to the last step not after the end."""
        n_steps = max(0, (end_ms - start_ms) // step_ms + 1)
        return cls(start_ms, step_ms, n_steps, ends_between=n_steps == 1 and end_ms > start_ms)

    @classmethod
    def instant(cls, time_ms: int) -> Grid:
        return cls(time_ms, 1, 1)

    @property
    def end_ms(self) -> int:
        """The last step; before the start when the grid is empty."""
        return self.start_ms + (self.n_steps - 1) * self.step_ms

    @property
    def times_ms(self) -> Int64s:
        return self.start_ms + self.step_ms * np.arange(self.n_steps, dtype=np.int64)

    @property
    def is_instant(self) -> bool:
        return self.n_steps == 1 and not self.ends_between

    def first_step(self) -> Grid:
        return Grid(self.start_ms, self.step_ms, min(1, self.n_steps))
