"""Relabelling, action by action; the cases say what Prometheus' own relabel tests say, in our words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.signals.relabel import Action, Rule, relabel, relabel_steps, validate

ABC = {"a": "foo", "b": "bar", "c": "baz"}


def run(labels: dict[str, str], *rules: Rule) -> dict[str, str] | None:
    for rule in rules:
        validate(rule)
    kept = relabel(Labels.of(labels), rules)
    return None if kept is None else dict(kept)


def replace(source: str, regex: str, target: str, replacement: str, **more: Any) -> Rule:
    return Rule(tuple(source.split()), regex=regex, target_label=target, replacement=replacement, **more)


REPLACEMENTS = [
    # labels, source, regex, target, replacement, what is added
    (ABC, "a", "f(.*)", "d", "ch${1}-ch${1}", {"d": "choo-choo"}),
    ({"a": "abc"}, "a", ".*(b).*", "d", "$1", {"d": "b"}),
    ({"a": "boo"}, "a", "f", "b", "bar", {}),
    ({"a": "foo", "f": "baz"}, "a", "(f).*", "$1", "$2", {"f": None}),
    ({"a": "some-name-value"}, "a", "some-([^-]+)-([^,]+)", "${1}", "${2}", {"name": "value"}),
    ({"a": "some-name-value"}, "a", "some-([^-]+)-([^,]+)", "${1}", "${3}", {}),
    ({"a": "some-name-0"}, "a", "some-([^-]+)-([^,]+)", "${3}", "${1}", {}),
    ({"a": "line1\nline2"}, "a", "line1.*line2", "d", "match${1}", {"d": "match"}),
    ({"utf-8.label": "x"}, "utf-8.label", "x", "d", "match", {"d": "match"}),
    ({"a": "x"}, "a", "x", "utf-8.label${1}", "match", {"utf-8.label": "match"}),
    ({"a": "l1 l2"}, "a", "(l1).*(?<second>l2)", "label_$1", "val_$second", {"label_l1": "val_l2"}),
    ({"a": "l1 l2"}, "a", "(l1).*(?P<second>l2)", "label_${1}", "val_${second}", {"label_l1": "val_l2"}),
    ({"__name__": "x_total"}, "__name__", ".*_total$", "__type__", "counter", {"__type__": "counter"}),
    ({"a": "x"}, "a", "(x)", "d", "$1x", {}),
    ({"a": "x"}, "a", "(x)", "d", "$$1", {"d": "$1"}),
    ({"a": "x"}, "a", "(x)", "d", "$-${", {"d": "$-${"}),
    ({}, "a", "(.*)", "d", "static", {"d": "static"}),
]


@pytest.mark.parametrize(("labels", "source", "regex", "target", "replacement", "added"), REPLACEMENTS)
def test_replace_writes_the_expanded_match(
    labels: dict[str, str], source: str, regex: str, target: str, replacement: str, added: dict[str, str | None]
) -> None:
    expected = {name: value for name, value in {**labels, **added}.items() if value is not None}
    assert run(labels, replace(source, regex, target, replacement)) == expected


def test_rules_see_what_the_rules_before_them_wrote() -> None:
    first = replace("a b", "f(.*);(.*)r", "a", "b${1}${2}m")
    second = replace("c a", "(b).*b(.*)ba(.*)", "d", "$1$2$2$3")
    assert run(ABC, first, second) == {"a": "boobam", "b": "bar", "c": "baz", "d": "boooom"}


@pytest.mark.parametrize(
    ("action", "regex", "kept"),
    [
        (Action.DROP, ".*o.*", False),
        (Action.DROP, "no-match", True),
        (Action.DROP, "f|o", True),
        (Action.KEEP, "no-match", False),
        (Action.KEEP, "f.*", True),
    ],
)
def test_keep_and_drop_match_the_whole_value(action: Action, regex: str, kept: bool) -> None:
    rule = Rule(("a",), regex=regex, action=action)
    assert run({"a": "foo"}, rule) == ({"a": "foo"} if kept else None)


@pytest.mark.parametrize(
    ("action", "target", "kept"),
    [
        (Action.KEEPEQUAL, "__port1", True),
        (Action.KEEPEQUAL, "__port2", False),
        (Action.DROPEQUAL, "__port1", False),
        (Action.DROPEQUAL, "__port2", True),
    ],
)
def test_keepequal_and_dropequal_compare_two_labels(action: Action, target: str, kept: bool) -> None:
    labels = {"__tmp_port": "1234", "__port1": "1234", "__port2": "5678"}
    assert run(labels, Rule(("__tmp_port",), target_label=target, action=action)) == (labels if kept else None)


@pytest.mark.parametrize(("value", "bucket"), [("baz", "976"), ("foo\nbar", "734")])
def test_hashmod_gives_the_reference_s_bucket(value: str, bucket: str) -> None:
    rule = Rule(("c",), target_label="d", action=Action.HASHMOD, modulus=1000)
    assert run({"c": value}, rule) == {"c": value, "d": bucket}


def test_labelmap_copies_labels_under_their_new_names() -> None:
    rule = Rule(regex="__meta_(my.*)", replacement="${1}", action=Action.LABELMAP)
    labels = {"a": "foo", "__meta_my_bar": "aaa", "__meta_other": "ccc"}
    assert run(labels, rule) == {**labels, "my_bar": "aaa"}


def test_labeldrop_and_labelkeep_choose_by_name() -> None:
    labels = {"a": "foo", "b1": "bar", "b2": "baz"}
    assert run(labels, Rule(regex="(b.*)", action=Action.LABELKEEP)) == {"b1": "bar", "b2": "baz"}
    assert run(labels, Rule(regex="(b.*)", action=Action.LABELDROP)) == {"a": "foo"}


def test_case_is_changed_into_the_target_label() -> None:
    up = Rule(("foo",), target_label="up", action=Action.UPPERCASE)
    low = Rule(("foo",), target_label="low", action=Action.LOWERCASE)
    assert run({"foo": "bAr1"}, up, low) == {"foo": "bAr1", "up": "BAR1", "low": "bar1"}


def test_a_dropped_label_can_be_written_again() -> None:
    """The order of labels in the set must not matter to a rule that removes and one that sets the same name."""
    name, port = "__meta_kubernetes_pod_container_port_name", "__meta_port"
    drop = Rule(regex=f"^{name}$", action=Action.LABELDROP)
    keep = Rule((name,), regex="^metrics$", action=Action.KEEP)
    rules = (drop, replace(port, "(.+)", name, "metrics"), keep)
    assert run({name: "foo", port: "9091"}, *rules) == {name: "metrics", port: "9091"}


LEGACY = ValidationScheme.LEGACY
REFUSALS = [
    (Rule(), "relabel configuration for replace action requires 'target_label' value"),
    (Rule(action=Action.LOWERCASE), "relabel configuration for lowercase action requires 'target_label' value"),
    (Rule(action=Action.HASHMOD, target_label="a"), "relabel configuration for hashmod requires non-zero modulus"),
    (
        Rule(action=Action.LOWERCASE, target_label="${3}", scheme=LEGACY),
        "\"${3}\" is invalid 'target_label' for lowercase action",
    ),
    (
        Rule(action=Action.UPPERCASE, target_label="a", replacement="b"),
        "'replacement' can not be set for uppercase action",
    ),
    (
        Rule(("a",), action=Action.DROPEQUAL, target_label="b", separator=","),
        "dropequal action requires only 'source_labels' and `target_label`, and no other fields",
    ),
    (Rule(("a",), action=Action.LABELKEEP), "labelkeep action requires only 'regex', and no other fields"),
    (
        Rule(action=Action.LABELMAP, replacement="-$1", scheme=LEGACY),
        "\"-$1\" is invalid 'replacement' for labelmap action",
    ),
]


@pytest.mark.parametrize(("rule", "message"), REFUSALS)
def test_a_rule_that_makes_no_sense_is_refused_in_the_reference_s_words(rule: Rule, message: str) -> None:
    with pytest.raises(BadInput, match=f"^{re.escape(message)}"):
        validate(rule)


@pytest.mark.parametrize(
    ("target", "valid"),
    [
        ("-label", False),
        ("label", True),
        ("label${1}", True),
        ("${1}label", True),
        ("${", False),
        ("$", False),
        ("${}", False),
        ("foo${", False),
        ("$1", True),
        ("asd$2asd", True),
        ("-foo${1}bar-", False),
        ("bar.foo${1}bar", False),
        ("_${1}_", True),
        ("foo${bar}foo", True),
    ],
)
def test_legacy_names_limit_what_a_target_template_may_hold(target: str, valid: bool) -> None:
    rule = Rule(("a",), target_label=target, scheme=LEGACY)
    if valid:
        validate(rule)
    else:
        with pytest.raises(BadInput):
            validate(rule)


def test_steps_show_the_labels_after_each_rule_and_end_at_the_drop() -> None:
    rules = (
        replace("a", "(.*)", "b", "$1"),
        Rule(("b",), regex="x", action=Action.DROP),
        replace("a", "(.*)", "c", "1"),
    )
    steps = list(relabel_steps(Labels.of(a="x"), rules))
    assert [(dict(labels), keep) for _, labels, keep in steps] == [({"a": "x", "b": "x"}, True), ({}, False)]


label_sets = st.dictionaries(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8), max_size=6)


@given(label_sets, st.text(max_size=12))
def test_any_replacement_text_leaves_a_label_set(labels: dict[str, str], replacement: str) -> None:
    kept = relabel(Labels.of(labels), (Rule(("a",), target_label="d", replacement=replacement),))
    assert kept is not None
    assert set(dict(kept)) <= set(labels) | {"d"}


@given(label_sets, st.integers(1, 1 << 63))
def test_hashmod_stays_below_its_modulus(labels: dict[str, str], modulus: int) -> None:
    kept = run(labels, Rule(("a",), target_label="d", action=Action.HASHMOD, modulus=modulus))
    assert kept is not None
    assert 0 <= int(kept["d"]) < modulus
