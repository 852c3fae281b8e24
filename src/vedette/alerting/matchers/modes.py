"""Which syntax a matcher's text is read in, and which label names are allowed. Source: alertmanager matcher/compat/parse.go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from vedette.alerting.matchers import classic, utf8
from vedette.alerting.matchers.matcher import AlertMatcher, Matchers
from vedette.model.errors import BadInput
from vedette.model.labels import is_classic_label_name
from vedette.model.names import is_utf8

T = TypeVar("T")
log = logging.getLogger(__name__)


class MatcherMode(Enum):
    FALLBACK = "fallback"
    """Read in both; where they disagree the classic meaning holds."""
    UTF8_STRICT = "utf8-strict-mode"
    CLASSIC = "classic-mode"

    def matcher(self, text: str, origin: str) -> AlertMatcher:
        """Exactly one, without braces. `origin` (`config`, `api`) is for the log. Raises BadInput."""
        if self is MatcherMode.CLASSIC:
            return classic.parse_matcher(text)
        if text.startswith("{") or text.endswith("}"):
            raise BadInput(f"unexpected open or close brace: {text}")
        if self is MatcherMode.UTF8_STRICT:
            return utf8.parse_matcher(text)
        return _agree(text, origin, _attempt(utf8.parse_matcher, text), _attempt(classic.parse_matcher, text))

    def matchers(self, text: str, origin: str) -> Matchers:
        """Any number, braces allowed. Raises BadInput."""
        if self is MatcherMode.CLASSIC:
            return classic.parse_matchers(text)
        if self is MatcherMode.UTF8_STRICT:
            return utf8.parse_matchers(text)
        return _agree(text, origin, _attempt(utf8.parse_matchers, text), _attempt(classic.parse_matchers, text))

    def is_label_name(self, name: str) -> bool:
        return is_classic_label_name(name) if self is MatcherMode.CLASSIC else bool(name) and is_utf8(name)


def _attempt(parse: Callable[[str], T], text: str) -> T | BadInput:
    try:
        return parse(text)
    except BadInput as error:
        return error


def _agree(text: str, origin: str, new: T | BadInput, old: T | BadInput) -> T:
    if isinstance(old, BadInput):
        if isinstance(new, BadInput):
            raise old
        return new
    if isinstance(new, BadInput):
        log.warning(
            "matcher is valid in the classic syntax only", extra={"input": text, "origin": origin, "error": new.message}
        )
    elif new != old:
        log.warning("matcher means two things; the classic meaning holds", extra={"input": text, "origin": origin})
    return old
