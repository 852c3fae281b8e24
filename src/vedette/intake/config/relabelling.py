"""A relabelling rule as the file says it. The rule that runs (`signals.relabel.Rule`) also knows the job's name scheme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from vedette.intake.config.codec import SCALARS, Scalar, write_section
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.names import ValidationScheme, is_utf8
from vedette.model.quoting import quote
from vedette.model.regex import compile_anchored
from vedette.signals.relabel import (
    DEFAULT_REGEX,
    DEFAULT_REPLACEMENT,
    DEFAULT_SEPARATOR,
    Action,
    Rule,
    validate,
)


class Regex(str):
    """A regular expression that compiles."""

    __slots__ = ()


def _read_regex(node: Node) -> Regex:
    if not is_utf8(node.text()):
        raise BadInput(f"error parsing regexp: invalid UTF-8: {quote(node.text())}")
    compile_anchored(node.text())
    return Regex(node.text())


def _read_action(node: Node) -> Action:
    try:
        return Action(node.text().lower())
    except ValueError:
        raise BadInput(f"unknown relabel action {quote(node.text())}") from None


_ANYTHING: Final = Regex(DEFAULT_REGEX)
SCALARS[Regex] = Scalar(_read_regex, Regex(), str)
SCALARS[Action] = Scalar(_read_action, Action.REPLACE, lambda action: action.value)


@dataclass(frozen=True, slots=True)
class RelabelConfig:
    TYPE: ClassVar[str] = "relabel.plain"
    source_labels: tuple[str, ...] = ()
    separator: str = field(default=DEFAULT_SEPARATOR, metadata={"always": True})
    regex: Regex = field(default=_ANYTHING, metadata={"always": True})
    modulus: int = 0
    target_label: str = ""
    replacement: str = field(default=DEFAULT_REPLACEMENT, metadata={"always": True})
    action: Action | None = Action.REPLACE

    def rule(self, scheme: ValidationScheme) -> Rule:
        """Raises BadInput when the fields do not fit the action."""
        if self.action is None:
            raise BadInput("relabel action cannot be empty")
        rule = Rule(
            source_labels=self.source_labels,
            separator=self.separator,
            regex=str(self.regex),
            modulus=self.modulus,
            target_label=self.target_label,
            replacement=self.replacement,
            action=self.action,
            scheme=scheme,
        )
        validate(rule)
        return rule


def rule_fields(rule: Rule) -> dict[str, Any]:
    """The rule as a file would say it, for `/api/v1/targets/relabel_steps`."""
    return write_section(
        RelabelConfig(
            rule.source_labels,
            rule.separator,
            Regex(rule.regex),
            rule.modulus,
            rule.target_label,
            rule.replacement,
            rule.action,
        )
    )
