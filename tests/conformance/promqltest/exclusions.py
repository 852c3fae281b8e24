"""The cases that do not pass yet: one TOML table per reason, holding `file.test:line` or `file.test:first-last`.

A span covers every eval between two lines. An excluded case that passes is a failure, so that a repair shows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Case = tuple[str, int]
"""File name and line of the eval."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """`spans[file]`: (first line, last line, reason)."""

    spans: Mapping[str, Sequence[tuple[int, int, str]]]

    def reason_for(self, case: Case) -> str | None:
        file, line = case
        for first, last, reason in self.spans.get(file, ()):
            if first <= line <= last:
                return reason
        return None


def read_exclusions(path: Path) -> Exclusions:
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for entry in tomllib.loads(path.read_text()).get("excluded", []):
        for cases in entry["cases"]:
            file, _, lines = cases.rpartition(":")
            first, _, last = lines.partition("-")
            spans.setdefault(file, []).append((int(first), int(last or first), entry["reason"]))
    return Exclusions(spans)


def write_exclusions(path: Path, cases: Sequence[Case], reasons: Mapping[Case, str]) -> None:
    """`cases` are all evals in the scripts' order; `reasons` those of them that do not pass."""
    by_reason: dict[str, list[str]] = {}
    for reason, file, first, last in _spans(cases, reasons):
        by_reason.setdefault(reason, []).append(f"{file}:{first}" if first == last else f"{file}:{first}-{last}")
    lines = [
        "# Evals of Prometheus' own PromQL scripts that do not pass yet. An excluded eval that passes fails the run.",
        "# Written by: python -m tests.conformance.promql --regenerate",
    ]
    for reason in sorted(by_reason):
        n_cases = sum(1 for found in reasons.values() if found == reason)
        lines += ["", f"# {n_cases} evals", "[[excluded]]", f'reason = "{reason}"', "cases = ["]
        lines += [f'    "{span}",' for span in by_reason[reason]]
        lines.append("]")
    path.write_text("\n".join(lines) + "\n")


def _spans(cases: Sequence[Case], reasons: Mapping[Case, str]) -> list[tuple[str, str, int, int]]:
    """Neighbours with one reason become one span."""
    spans: list[tuple[str, str, int, int]] = []
    previous: str | None = None
    for file, line in cases:
        reason = reasons.get((file, line))
        if reason is not None and reason == previous and spans[-1][1] == file:
            spans[-1] = (reason, file, spans[-1][2], line)
        elif reason is not None:
            spans.append((reason, file, line, line))
        previous = reason
    return spans
