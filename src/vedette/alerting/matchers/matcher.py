"""One matcher of alert labels: `name=value`, `!=`, `=~`, `!~`. An absent label has the empty value.

Not model/matchers.py: the dot of these expressions does not match a newline, names are printed by other rules, and the text is part
of group keys that clients and logs know. Source: alertmanager pkg/labels/matcher.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vedette.model.labels import escape_value
from vedette.model.matchers import MatchType
from vedette.model.quoting import quote
from vedette.model.regex import compile_anchored, simple_test

SPACES: Final = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Go's unicode.IsSpace; Python's str.isspace takes the separators 0x1c to 0x1f too."""
RESERVED: Final = SPACES | frozenset("{}!=~,\\\"'`")
_TYPE_ORDER: Final = {kind: place for place, kind in enumerate(MatchType)}


class AlertMatcher:
    """Immutable. Raises BadInput at construction when a regular expression does not compile."""

    __slots__ = ("_expression", "_is_negative", "_simple", "name", "type", "value")

    def __init__(self, name: str, type: MatchType, value: str) -> None:
        self.name: Final = name
        self.type: Final = type
        self.value: Final = value
        self._is_negative: Final = type in (MatchType.NOT_EQUAL, MatchType.NOT_REGEX)
        self._expression: Final[Any] = compile_expression(value) if self.is_regex else None
        self._simple: Final = simple_test(value) if self.is_regex else None

    @property
    def is_regex(self) -> bool:
        return self.type in (MatchType.REGEX, MatchType.NOT_REGEX)

    @property
    def is_negative(self) -> bool:
        return self._is_negative

    def matches(self, value: str) -> bool:
        if self._expression is None:
            return (value == self.value) is not self._is_negative
        if self._simple is not None and "\n" not in value:
            return self._simple(value) is not self._is_negative
        return (self._expression.fullmatch(value) is not None) is not self._is_negative

    @property
    def sort_key(self) -> tuple[str, str, int]:
        return (self.name, self.value, _TYPE_ORDER[self.type])

    def __str__(self) -> str:
        if RESERVED.isdisjoint(self.name):
            return f'{self.name}{self.type.value}"{escape_value(self.value)}"'
        return f"{quote(self.name)}{self.type.value}{quote(self.value)}"

    def __repr__(self) -> str:
        return f"AlertMatcher({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AlertMatcher) and self.sort_key == other.sort_key

    def __hash__(self) -> int:
        return hash(self.sort_key)


Matchers = tuple[AlertMatcher, ...]
"""All of them must match."""


def matches_all(matchers: Matchers, labels: Mapping[str, str]) -> bool:
    for matcher in matchers:  # noqa: SIM110 - no generator: this runs for each alert and rule
        if not matcher.matches(labels.get(matcher.name, "")):
            return False
    return True


def sorted_matchers(matchers: Matchers) -> Matchers:
    return tuple(sorted(matchers, key=lambda matcher: matcher.sort_key))


def format_matchers(matchers: Matchers) -> str:
    """`{a="b",c=~"d"}`, as route keys have it."""
    return "{" + ",".join(map(str, matchers)) + "}"


def compile_expression(pattern: str) -> Any:
    """Anchored as the reference anchors it, so that errors quote the same text. Raises BadInput."""
    anchored = f"^(?:{pattern})$"
    compile_anchored(anchored)  # its error has the reference's words; the next one's would quote our flags
    return compile_anchored(f"(?-s:{anchored})")
