"""The classic matcher syntax, tolerant where the UTF-8 one is strict: `foo=~bar.*`, `foo="a, b"`, `foo=\\n`.

Names are ASCII, values are what stands there, with OpenMetrics' three escapes. Source: alertmanager pkg/labels/parse.go.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.alerting.matchers.matcher import AlertMatcher, Matchers
from vedette.model.errors import BadInput
from vedette.model.matchers import MatchType

# Go's \s has no vertical tab, and its $ matches at the very end only.
_MATCHER: Final = re.compile(
    r"[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*?)[\t\n\f\r ]*\Z", re.DOTALL
)
_ESCAPED: Final = {"n": "\n", '"': '"', "\\": "\\"}


def parse_matchers(text: str) -> Matchers:
    """Raises BadInput."""
    return tuple(parse_matcher(part) for part in _split(text.removeprefix("{").removesuffix("}")))


def parse_matcher(text: str) -> AlertMatcher:
    """Raises BadInput."""
    found = _MATCHER.match(text)
    if found is None:
        raise BadInput(f"bad matcher format: {text}")
    return AlertMatcher(found[1], MatchType(found[2]), _unescape(found[3]))


def _split(text: str) -> list[str]:
    """At commas outside of double quotes; what is left of a trailing comma is no part."""
    parts, start, is_quoted, is_escaped = [], 0, False, False
    for at, character in enumerate(text):
        if character == "," and not is_quoted:
            parts.append(text[start:at])
            start = at + 1
        elif character == '"':
            is_quoted, is_escaped = (is_quoted if is_escaped else not is_quoted), False
        elif character == "\\":
            is_escaped = not is_escaped
        elif character != ",":
            is_escaped = False
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _unescape(raw: str) -> str:
    body = raw.removeprefix('"')
    is_open = body is not raw and len(body) < len(raw)
    value: list[str] = []
    at = 0
    while at < len(body):
        character, is_last = body[at], at == len(body) - 1
        if character == "\\" and not is_last:
            at += 1
            value.append(_ESCAPED.get(body[at], "\\" + body[at]))
        elif character == '"':
            if not is_open or not is_last:
                raise _bad_quote(raw)
            is_open = False
        else:
            value.append(character)
        at += 1
    if is_open:
        raise _bad_quote(raw)
    return "".join(value)


def _bad_quote(raw: str) -> BadInput:
    return BadInput(f"matcher value contains unescaped double quote: {raw}")
