"""A rule file: sections, and what is wrong with them, in the words of the reference.

The shape is strict (an unknown field is an error); what stands in it is checked rule by rule, and every problem is listed,
because a file is corrected once. Source: Prometheus model/rulefmt/rulefmt.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from vedette.alerting.rules.template_text import template_problem
from vedette.intake.config.codec import read_section
from vedette.intake.config.values import NO_DURATION, DurationMs
from vedette.intake.config.yaml_nodes import Document, Node, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.labels import METRIC_NAME
from vedette.model.names import ValidationScheme, is_utf8
from vedette.model.quoting import quote
from vedette.query.promql.parser import ParserOptions, parse_expr

RULE_FILE_BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class RuleSection:
    TYPE: ClassVar[str] = "rulefmt.Rule"
    record: str = ""
    alert: str = ""
    expr: str = ""
    hold: DurationMs = field(default=NO_DURATION, metadata={"key": "for"})
    keep_firing_for: DurationMs = NO_DURATION
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.alert or self.record


@dataclass(frozen=True, slots=True)
class GroupSection:
    TYPE: ClassVar[str] = "rulefmt.RuleGroup"
    name: str = ""
    interval: DurationMs = NO_DURATION
    query_offset: DurationMs | None = None
    limit: int = 0
    rules: tuple[RuleSection, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleFile:
    TYPE: ClassVar[str] = "rulefmt.RuleGroups"
    groups: tuple[GroupSection, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleDialect:
    """What may stand in names and expressions."""

    names: ValidationScheme = ValidationScheme.UTF8
    parser: ParserOptions = field(default_factory=ParserOptions)
    ignore_unknown_fields: bool = False


class BadRuleFile(ConfigError):
    """`problems`: every one of them; this error speaks for the first."""

    def __init__(self, problems: list[ConfigError]) -> None:
        first = problems[0]
        super().__init__(first.message, file=first.file, line=first.line, key=first.key, hint=first.hint)
        self.problems = problems


def read_rule_file(path: Path, dialect: RuleDialect) -> RuleFile:
    """Raises BadRuleFile."""
    try:
        if path.stat().st_size > RULE_FILE_BYTES_MAX:
            raise BadRuleFile([ConfigError(f"larger than {RULE_FILE_BYTES_MAX} bytes", file=str(path))])
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadRuleFile([ConfigError(f"cannot read: {error.strerror or error}", file=str(path))]) from None
    except UnicodeDecodeError as error:
        raise BadRuleFile([ConfigError(f"yaml: invalid UTF-8 at byte {error.start}", file=str(path))]) from None
    return parse_rule_file(text, str(path), dialect)


def parse_rule_file(text: str, name: str, dialect: RuleDialect) -> RuleFile:
    """`name` stands in errors. Only the first YAML document counts, as upstream. Raises BadRuleFile."""
    try:
        document = Document(name, Path(name).parent, ignore_unknown_fields=dialect.ignore_unknown_fields)
        root = parse_yaml(text, document, first_document=True)
        if root is None or root.is_null:
            return RuleFile()
        found = read_section(RuleFile, root)
        problems = list(_problems_of_file(found, root, dialect))
    except ConfigError as error:
        raise BadRuleFile([error]) from None
    if problems:
        raise BadRuleFile(problems)
    return found


def parse_rule_group(text: str, name: str, dialect: RuleDialect) -> GroupSection:
    """One group by itself, as rules are sent over HTTP. Raises BadRuleFile."""
    try:
        root = parse_yaml(text, Document(name, Path(name).parent))
        if root is None or root.is_null:
            raise ConfigError("no rule group in the body", file=name)
        group = read_section(GroupSection, root)
        problems = list(_problems_of_group(group, root, dialect))
        if not group.name:
            problems.insert(0, root.error("Groupname must not be empty"))
    except ConfigError as error:
        raise BadRuleFile([error]) from None
    if problems:
        raise BadRuleFile(problems)
    return group


def _problems_of_file(file: RuleFile, root: Node, dialect: RuleDialect) -> Iterator[ConfigError]:
    seen: set[str] = set()
    for group, node in zip(file.groups, _children(root, "groups"), strict=True):
        if not group.name:
            yield _problem(node, "Groupname must not be empty")
        if group.name in seen:
            yield _problem(node, f'groupname: "{group.name}" is repeated in the same file')
        seen.add(group.name)
        yield from _problems_of_group(group, node, dialect)


def _problems_of_group(group: GroupSection, node: Node, dialect: RuleDialect) -> Iterator[ConfigError]:
    for text in _problems_of_labels(group.labels, dialect):
        yield _problem(node, text)
    for place, (rule, rule_node) in enumerate(zip(group.rules, _children(node, "rules"), strict=True), 1):
        where = f"group {quote(group.name)}, rule {place}, {quote(rule.name)}: "
        fields = {key.text(): value for key, value in rule_node.fields()} if not rule_node.is_null else {}
        for key, text in _problems_of_rule(rule, dialect):
            yield _problem(fields.get(key, rule_node), where + text)


def _problems_of_rule(rule: RuleSection, dialect: RuleDialect) -> Iterator[tuple[str, str]]:
    """(the field to blame, what is wrong)"""
    if rule.record and rule.alert:
        yield "record", "only one of 'record' and 'alert' must be set"
    if not rule.name:
        yield "record", "one of 'record' or 'alert' must be set"
    if not rule.expr:
        yield "expr", "field 'expr' must be set in rule"
    else:
        try:
            parse_expr(rule.expr, dialect.parser)
        except BadInput as error:
            yield "expr", f"could not parse expression: {error.message}"
    if rule.record:
        yield from (("record", text) for text in _problems_of_recording(rule, dialect))
    yield from (("labels", text) for text in _problems_of_labels(rule.labels, dialect))
    for name in rule.annotations:
        if not dialect.names.allows_label_name(name):
            yield "annotations", f"invalid annotation name: {name}"
    if rule.alert:
        for kind, texts in (("label", rule.labels), ("annotation", rule.annotations)):
            for name, text in texts.items():
                if problem := template_problem(rule.alert, text):
                    yield f"{kind}s", f"{kind} {quote(name)}: {problem}"


def _problems_of_recording(rule: RuleSection, dialect: RuleDialect) -> Iterator[str]:
    only_alerts = {"annotations": rule.annotations, "for": rule.hold, "keep_firing_for": rule.keep_firing_for}
    for key, given in only_alerts.items():
        if given:
            yield f"invalid field '{key}' in recording rule"
    if not dialect.names.allows_metric_name(rule.record):
        yield f"invalid recording rule name: {rule.record}"
    if "{" in rule.record or "}" in rule.record:
        yield f"braces present in the recording rule name; should it be in expr?: {rule.record}"


def _problems_of_labels(labels: Mapping[str, str], dialect: RuleDialect) -> Iterator[str]:
    for name, value in labels.items():
        if not dialect.names.allows_label_name(name) or name == METRIC_NAME:
            yield f"invalid label name: {name}"
        if not is_utf8(value):
            yield f"invalid label value: {value}"


def _children(node: Node, key: str) -> list[Node]:
    """The items of a list that is known to be well formed; none where it is left out."""
    if node.is_null:
        return []
    found = next((value for name, value in node.fields() if name.text() == key), None)
    return [] if found is None or found.is_null else found.items()


def _problem(node: Node, text: str) -> ConfigError:
    """Without the key: the text says which rule it is."""
    return ConfigError(text, file=node.document.file, line=node.line)
