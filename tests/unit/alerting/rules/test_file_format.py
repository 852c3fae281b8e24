"""A rule file is read as the reference reads it: strict shape, and every problem with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerting.rules.file_format import BadRuleFile, RuleDialect, parse_rule_file, parse_rule_group
from vedette.alerting.rules.lint import describe_duplicates, duplicate_rules
from vedette.model.names import ValidationScheme

GOOD = """
groups:
- name: one
  interval: 30s
  query_offset: 1m
  limit: 5
  labels: {team: a}
  rules:
  - {record: "a:b", expr: sum(x), labels: {n: 1}}
  - {alert: A, expr: x > 1, for: 5m, keep_firing_for: 1m, annotations: {s: "{{ $value }}"}}
"""


def problems_of(text: str, dialect: RuleDialect = RuleDialect()) -> list[str]:
    with pytest.raises(BadRuleFile) as caught:
        parse_rule_file(text, "f.yml", dialect)
    return [str(problem) for problem in caught.value.problems]


def rule(text: str) -> str:
    return f"groups:\n- name: g\n  rules:\n  - {{{text}}}\n"


def test_a_good_file_is_read_field_by_field() -> None:
    (group,) = parse_rule_file(GOOD, "f.yml", RuleDialect()).groups
    assert (group.name, group.interval, group.query_offset, group.limit) == ("one", 30_000, 60_000, 5)
    recording, alerting = group.rules
    assert (recording.record, recording.labels) == ("a:b", {"n": "1"})
    assert (alerting.alert, alerting.hold, alerting.keep_firing_for) == ("A", 300_000, 60_000)


@pytest.mark.parametrize("text", ["", "groups:", "groups: []", "# nothing\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert parse_rule_file(text, "f.yml", RuleDialect()).groups == ()


def test_only_the_first_document_counts() -> None:
    assert len(parse_rule_file("groups: [{name: a}]\n---\nother: {", "f.yml", RuleDialect()).groups) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (rule("record: a, alert: b, expr: x"), "only one of 'record' and 'alert' must be set"),
        (rule("expr: x"), "one of 'record' or 'alert' must be set"),
        (rule("record: a"), "field 'expr' must be set in rule"),
        (rule("record: a, expr: 'x +'"), "could not parse expression: 1:4: parse error: unexpected end of input"),
        (rule("record: a, expr: x, for: 1m"), "invalid field 'for' in recording rule"),
        (rule("record: a, expr: x, keep_firing_for: 1m"), "invalid field 'keep_firing_for' in recording rule"),
        (rule("record: a, expr: x, annotations: {s: t}"), "invalid field 'annotations' in recording rule"),
        (rule("record: 'a{b}', expr: x"), "braces present in the recording rule name; should it be in expr?: a{b}"),
        (rule("alert: a, expr: x, labels: {__name__: y}"), "invalid label name: __name__"),
        (rule("alert: a, expr: x, annotations: {'': y}"), "invalid annotation name: "),
        (
            rule("alert: a, expr: x, annotations: {s: '{{ $v'}"),
            'annotation "s": template: __alert_a:1: unclosed action',
        ),
        (
            rule("alert: a, expr: x, labels: {s: '{{ $v }}'}"),
            'label "s": template: __alert_a:1: undefined variable "$v"',
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_with_group_and_place(text: str, problem: str) -> None:
    name = "b" if "alert: b" in text else "" if "{expr: x}" in text else None
    found = problems_of(text)
    assert any(problem in each and each.startswith('f.yml:4: group "g", rule 1, ') for each in found), found
    if name is not None:
        assert f'"{name}": ' in found[0]


def test_every_problem_is_listed() -> None:
    text = "groups:\n- name: g\n  rules: [{record: a}, {alert: b}]\n- name: g\n- rules: []\n"
    assert problems_of(text) == [
        'f.yml:3: group "g", rule 1, "a": field \'expr\' must be set in rule',
        'f.yml:3: group "g", rule 2, "b": field \'expr\' must be set in rule',
        'f.yml:4: groupname: "g" is repeated in the same file',
        "f.yml:5: Groupname must not be empty",
    ]


def test_an_unknown_field_is_an_error_unless_it_is_to_be_ignored() -> None:
    text = "groups: [{name: g, owner: me, rules: [{record: a, expr: x, why: y}]}]"
    assert "field owner not found in type rulefmt.RuleGroup" in problems_of(text)[0]
    assert len(parse_rule_file(text, "f.yml", RuleDialect(ignore_unknown_fields=True)).groups[0].rules) == 1


def test_names_follow_the_validation_scheme() -> None:
    text = rule("record: 'a.b', expr: x")
    assert parse_rule_file(text, "f.yml", RuleDialect()).groups
    assert "invalid recording rule name: a.b" in problems_of(text, RuleDialect(ValidationScheme.LEGACY))[0]


def test_a_group_by_itself_needs_a_name() -> None:
    assert parse_rule_group("name: g\nrules: [{record: a, expr: x}]", "b", RuleDialect()).rules[0].record == "a"
    for text in ("rules: []", "", "[]", "name: g\nrules: [{record: a}]"):
        with pytest.raises(BadRuleFile):
            parse_rule_group(text, "b", RuleDialect())


def test_lint_finds_rules_that_stand_twice() -> None:
    text = "groups: [{name: a, labels: {l: v}, rules: [{record: r, expr: x}]}, {name: b, rules: [{record: r, expr: y, labels: {l: v}}]}]"
    duplicates = duplicate_rules(parse_rule_file(text, "f.yml", RuleDialect()))
    assert describe_duplicates(duplicates).splitlines()[:4] == [
        "1 duplicate rule(s) found.",
        "Metric: r",
        "Label(s):",
        "\tl: v",
    ]


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.text(max_size=3))
def test_no_text_breaks_the_reader(start: int, length: int, put: str) -> None:
    text = GOOD[:start] + put + GOOD[start + length :]
    try:
        parse_rule_file(text, "f.yml", RuleDialect())
    except BadRuleFile as error:
        assert error.problems
