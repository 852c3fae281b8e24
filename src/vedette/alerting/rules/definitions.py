"""Rules and groups as they are declared: values that compare equal when they would do the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from vedette.alerting.rules.file_format import GroupSection, RuleSection
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.query.promql.parsed import ParsedQuery, normalized_query
from vedette.query.promql.parser import ParserOptions

DEFAULT_INTERVAL_MS: Final = 60_000


class RuleKind(Enum):
    ALERTING = "alerting"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """`name`: of the alert, or of the metric that is recorded. `query` carries the expression as the reference prints it."""

    kind: RuleKind
    name: str
    query: ParsedQuery
    labels: Labels = EMPTY_LABELS
    annotations: Labels = EMPTY_LABELS
    hold_ms: int = 0
    keep_firing_ms: int = 0

    @property
    def identity(self) -> tuple[str, Labels]:
        """What a rule carries its state over by, when its group is changed."""
        return self.name, self.labels


@dataclass(frozen=True, slots=True)
class GroupDefinition:
    file: str
    name: str
    interval_ms: int
    rules: tuple[RuleDefinition, ...]
    limit: int = 0
    """Series or alerts that one rule may give; 0: no limit."""
    query_offset_ms: int | None = None
    """None: the global one."""

    @property
    def key(self) -> str:
        """As the reference's metrics name it: names may repeat from file to file."""
        return f"{self.file};{self.name}"


def define_group(
    section: GroupSection, file: str, default_interval_ms: int, parser: ParserOptions = ParserOptions()
) -> GroupDefinition:
    """Of a section that was checked."""
    return GroupDefinition(
        file,
        section.name,
        section.interval or default_interval_ms,
        tuple(define_rule(rule, section, parser) for rule in section.rules),
        section.limit,
        section.query_offset,
    )


def define_rule(rule: RuleSection, group: GroupSection, parser: ParserOptions) -> RuleDefinition:
    return RuleDefinition(
        RuleKind.ALERTING if rule.alert else RuleKind.RECORDING,
        rule.name,
        normalized_query(rule.expr, parser),
        Labels.of({**group.labels, **rule.labels}),
        Labels.of(rule.annotations),
        rule.hold,
        rule.keep_firing_for,
    )
