"""What a tier's module returns, and the lines that `./test` prints of it (the lines are a contract: docs/testing.md).

A module `tests/<tier>/<name>.py` has `run(options) -> Iterable[Outcome]`; hyphens of a name are underscores in its file.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


class Skipped(Exception):
    """What the test needs is not on this machine; says what, and how to provide it."""


@dataclass(frozen=True, slots=True)
class Options:
    rounds: int | None = None
    """None: the short form."""
    seed: int = 0

    def rounds_or(self, short: int) -> int:
        return short if self.rounds is None else self.rounds


@dataclass(slots=True)
class Outcome:
    """One line of a tier. `excluded` cases are listed with reasons in the corpus' exclusions file; passed + excluded = total or it fails."""

    name: str
    passed: int
    total: int
    excluded: int | None = None
    suffix: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.total > 0 and self.passed + (self.excluded or 0) == self.total and not self.failures

    def line(self, tier: str) -> str:
        excluded = f" ({self.excluded} excluded)" if self.excluded is not None else ""
        return f"{tier} {self.name}: {self.passed}/{self.total}{excluded}{self.suffix}"


def run_checks(name: str, checks: Sequence[Callable[..., None]], *arguments: object) -> Outcome:
    """Each check is a function named as a sentence that takes the arguments and raises AssertionError."""
    outcome = Outcome(name, 0, len(checks))
    for check in checks:
        try:
            check(*arguments)
            outcome.passed += 1
        except AssertionError as error:
            asserted = traceback.extract_tb(error.__traceback__)[-1].line
            outcome.failures.append(f"{check.__name__}: {asserted}: {str(error)[:2000]}")
    return outcome
