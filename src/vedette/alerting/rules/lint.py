"""What is well formed in a rule file and yet likely wrong. Source: Prometheus cmd/promtool/main.go (checkDuplicates)."""

from __future__ import annotations

from collections import Counter

from vedette.alerting.rules.file_format import RuleFile
from vedette.model.labels import Labels


def duplicate_rules(file: RuleFile) -> list[tuple[str, Labels]]:
    """(name, labels) of rules that stand in the file more than once: the series of one would overwrite the other's."""
    counts = Counter(
        (rule.name, Labels.of({**group.labels, **rule.labels})) for group in file.groups for rule in group.rules
    )
    return sorted(key for key, n in counts.items() if n > 1)


def describe_duplicates(duplicates: list[tuple[str, Labels]]) -> str:
    lines = [f"{len(duplicates)} duplicate rule(s) found."]
    for name, labels in duplicates:
        lines += [f"Metric: {name}", "Label(s):", *(f"\t{label}: {value}" for label, value in labels)]
    return "\n".join([*lines, "Might cause inconsistency while recording expressions"])
