"""Label matchers: `name = value`, `!=`, `=~`, `!~`. A label that is absent has the empty value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vedette.model.labels import Labels, escape_value, quote_label_name
from vedette.model.regex import compile_anchored, simple_test


class MatchType(Enum):
    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Raises BadInput at construction when a regular expression does not compile."""

    name: str
    type: MatchType
    value: str

    def __post_init__(self) -> None:
        if self.type in (MatchType.REGEX, MatchType.NOT_REGEX):
            compile_anchored(self.value)

    def matches(self, value: str) -> bool:
        match self.type:
            case MatchType.EQUAL:
                return value == self.value
            case MatchType.NOT_EQUAL:
                return value != self.value
            case MatchType.REGEX:
                return _matches(self.value, value)
            case MatchType.NOT_REGEX:
                return not _matches(self.value, value)

    def __str__(self) -> str:
        return f'{quote_label_name(self.name)}{self.type.value}"{escape_value(self.value)}"'


def _matches(pattern: str, value: str) -> bool:
    test = simple_test(pattern)
    return compile_anchored(pattern).fullmatch(value) is not None if test is None else test(value)


def matches_all(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    return all(matcher.matches(labels.get(matcher.name)) for matcher in matchers)
