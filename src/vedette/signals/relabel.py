"""Relabelling: an ordered list of rules rewrites a label set, or drops it.

One function per action, in a table; a rule that keeps the labels returns them (perhaps changed), one that drops returns
None. Regular expressions are RE2's, anchored at both ends, so that a rule's time is linear in its input.
Semantics: Prometheus model/relabel. Not done with mutable builders: a label set has tens of labels, and relabelling runs
once per target and once per series never seen, not per sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.model.quoting import quote
from vedette.model.regex import compile_anchored


class Action(Enum):
    REPLACE = "replace"
    LOWERCASE = "lowercase"
    UPPERCASE = "uppercase"
    KEEP = "keep"
    DROP = "drop"
    KEEPEQUAL = "keepequal"
    DROPEQUAL = "dropequal"
    HASHMOD = "hashmod"
    LABELMAP = "labelmap"
    LABELDROP = "labeldrop"
    LABELKEEP = "labelkeep"


DEFAULT_REGEX: Final = "(.*)"
DEFAULT_REPLACEMENT: Final = "$1"
DEFAULT_SEPARATOR: Final = ";"


@dataclass(frozen=True, slots=True)
class Rule:
    """One relabelling rule; `validate` says whether its fields fit its action."""

    source_labels: tuple[str, ...] = ()
    separator: str = DEFAULT_SEPARATOR
    regex: str = DEFAULT_REGEX
    modulus: int = 0
    target_label: str = ""
    replacement: str = DEFAULT_REPLACEMENT
    action: Action = Action.REPLACE
    scheme: ValidationScheme = ValidationScheme.UTF8


def relabel(labels: Labels, rules: Sequence[Rule]) -> Labels | None:
    """The labels after every rule, or None when a rule drops them."""
    for rule in rules:
        kept = _ACTIONS[rule.action](labels, rule)
        if kept is None:
            return None
        labels = kept
    return labels


def relabel_steps(labels: Labels, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Labels, bool]]:
    """Each rule with the labels after it and whether they are kept; ends after a rule that drops."""
    for rule in rules:
        kept = _ACTIONS[rule.action](labels, rule)
        if kept is None:
            yield rule, Labels(), False
            return
        labels = kept
        yield rule, labels, True


_NEEDS_TARGET: Final = frozenset(
    {Action.REPLACE, Action.HASHMOD, Action.LOWERCASE, Action.UPPERCASE, Action.KEEPEQUAL, Action.DROPEQUAL}
)
_PLAIN_TARGET: Final = frozenset({Action.LOWERCASE, Action.UPPERCASE, Action.KEEPEQUAL, Action.DROPEQUAL})


def validate(rule: Rule) -> None:
    """Raises BadInput in the reference's words."""
    compile_anchored(rule.regex)
    action = rule.action.value
    if rule.action is Action.HASHMOD and rule.modulus == 0:
        raise BadInput("relabel configuration for hashmod requires non-zero modulus")
    if rule.action in _NEEDS_TARGET and not rule.target_label:
        raise BadInput(f"relabel configuration for {action} action requires 'target_label' value")
    if rule.action in _NEEDS_TARGET and not _is_valid_target(rule):
        raise BadInput(f"{quote(rule.target_label)} is invalid 'target_label' for {action} action")
    if rule.action in _PLAIN_TARGET and rule.replacement != DEFAULT_REPLACEMENT:
        raise BadInput(f"'replacement' can not be set for {action} action")
    if rule.action is Action.LABELMAP and not _is_valid_template(rule.replacement, rule.scheme):
        raise BadInput(f"{quote(rule.replacement)} is invalid 'replacement' for {action} action")
    _validate_unused_fields(rule)


def _validate_unused_fields(rule: Rule) -> None:
    action = rule.action.value
    others_set = (rule.modulus, rule.separator, rule.replacement) != (0, DEFAULT_SEPARATOR, DEFAULT_REPLACEMENT)
    if rule.action in (Action.DROPEQUAL, Action.KEEPEQUAL) and (others_set or rule.regex != DEFAULT_REGEX):
        raise BadInput(f"{action} action requires only 'source_labels' and `target_label`, and no other fields")
    if rule.action in (Action.LABELDROP, Action.LABELKEEP) and (others_set or rule.source_labels or rule.target_label):
        raise BadInput(f"{action} action requires only 'regex', and no other fields")


def _is_valid_target(rule: Rule) -> bool:
    if rule.action is Action.REPLACE and "$" in rule.target_label:
        return _is_valid_template(rule.target_label, rule.scheme)
    return rule.scheme.allows_label_name(rule.target_label)


_LEGACY_TEMPLATE: Final = r"(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+"


def _is_valid_template(template: str, scheme: ValidationScheme) -> bool:
    """UTF-8 names may hold any character, `$` included; legacy ones must be names once their variables are filled."""
    if scheme is ValidationScheme.UTF8:
        return scheme.allows_label_name(template)
    return compile_anchored(_LEGACY_TEMPLATE).fullmatch(template) is not None


def _source(labels: Labels, rule: Rule) -> str:
    return rule.separator.join([labels.get(name) for name in rule.source_labels])


def _keep(labels: Labels, rule: Rule) -> Labels | None:
    return labels if compile_anchored(rule.regex).fullmatch(_source(labels, rule)) else None


def _drop(labels: Labels, rule: Rule) -> Labels | None:
    return None if compile_anchored(rule.regex).fullmatch(_source(labels, rule)) else labels


def _keep_equal(labels: Labels, rule: Rule) -> Labels | None:
    return labels if labels.get(rule.target_label) == _source(labels, rule) else None


def _drop_equal(labels: Labels, rule: Rule) -> Labels | None:
    return None if labels.get(rule.target_label) == _source(labels, rule) else labels


def _replace(labels: Labels, rule: Rule) -> Labels:
    match = compile_anchored(rule.regex).fullmatch(_source(labels, rule))
    if match is None:
        return labels
    target = expand(rule.target_label, match)
    if not rule.scheme.allows_label_name(target):
        return labels
    return labels.replace(target, expand(rule.replacement, match))


def _lowercase(labels: Labels, rule: Rule) -> Labels:
    return labels.replace(rule.target_label, _source(labels, rule).lower())


def _uppercase(labels: Labels, rule: Rule) -> Labels:
    return labels.replace(rule.target_label, _source(labels, rule).upper())


def _hash_mod(labels: Labels, rule: Rule) -> Labels:
    digest = hashlib.md5(_source(labels, rule).encode(), usedforsecurity=False).digest()
    return labels.replace(rule.target_label, str(int.from_bytes(digest[8:], "big") % rule.modulus))


def _label_map(labels: Labels, rule: Rule) -> Labels:
    regex = compile_anchored(rule.regex)
    pairs = dict(labels)
    for name, value in labels:
        match = regex.fullmatch(name)
        if match is not None:
            pairs[expand(rule.replacement, match)] = value
    return Labels(pairs.items())


def _label_drop(labels: Labels, rule: Rule) -> Labels:
    regex = compile_anchored(rule.regex)
    return labels.without({name for name, _ in labels if regex.fullmatch(name)})


def _label_keep(labels: Labels, rule: Rule) -> Labels:
    regex = compile_anchored(rule.regex)
    return labels.only({name for name, _ in labels if regex.fullmatch(name)})


_ACTIONS: Final[dict[Action, Callable[[Labels, Rule], Labels | None]]] = {
    Action.REPLACE: _replace,
    Action.LOWERCASE: _lowercase,
    Action.UPPERCASE: _uppercase,
    Action.KEEP: _keep,
    Action.DROP: _drop,
    Action.KEEPEQUAL: _keep_equal,
    Action.DROPEQUAL: _drop_equal,
    Action.HASHMOD: _hash_mod,
    Action.LABELMAP: _label_map,
    Action.LABELDROP: _label_drop,
    Action.LABELKEEP: _label_keep,
}


def expand(template: str, match: Any) -> str:
    """`$1`, `${1}`, `$name`, `${name}` filled from the match, `$$` a dollar; what is not a variable stays as written.

    `$1x` is the variable `1x`, as in Go's Regexp.Expand: the longest run of letters, digits and underscores. A variable
    that names no group, or a group that took no part, is empty.
    """
    if "$" not in template:
        return template
    parts: list[str] = []
    position = 0
    while (dollar := template.find("$", position)) >= 0:
        parts.append(template[position:dollar])
        if template.startswith("$$", dollar):
            parts.append("$")
            position = dollar + 2
            continue
        name, end = _variable(template, dollar + 1)
        parts.append(_group(match, name) if name else "$")
        position = end
    return "".join([*parts, template[position:]])


def _variable(template: str, start: int) -> tuple[str, int]:
    """The variable's name at `start`, just behind a dollar, and where it ends; no name when it is not one."""
    braced = template.startswith("{", start)
    begin = end = start + braced
    while end < len(template) and (template[end] == "_" or template[end].isalnum()):
        end += 1
    if end == begin or (braced and not template.startswith("}", end)):
        return "", start
    return template[begin:end], end + braced


def _group(match: Any, name: str) -> str:
    if name.isascii() and name.isdigit() and (name == "0" or name[0] != "0"):
        index = int(name)
        return (match.group(index) or "") if index <= match.re.groups else ""
    return match.groupdict().get(name) or ""
