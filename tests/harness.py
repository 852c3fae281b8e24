"""What a tier's module returns, and the lines that `./test` prints of it (the lines are a contract: docs/testing.md).

A module `tests/<tier>/<name>.py` has `run(options) -> Iterable[Outcome]`; hyphens of a name are underscores in its file.
"""

from __future__ import annotations

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
