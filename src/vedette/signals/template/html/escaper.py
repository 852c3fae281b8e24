"""A value, escaped for its place: what the executor of an HTML template asks for each text and each value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from vedette.signals.template.errors import FunctionError
from vedette.signals.template.html.contexts import HtmlPlace, Kind, State, attribute_kind
from vedette.signals.template.html.css import CssPlace, UrlPart
from vedette.signals.template.html.escapes import (
    FAILED,
    escape_css_text,
    escape_text,
    escape_unquoted,
    escape_url_part,
    filter_css_value,
    filter_srcset,
    filter_url,
    is_plain_name,
    normalize_text,
    normalize_unquoted,
    normalize_url,
    strip_tags,
)
from vedette.signals.template.values import SafeHtml, SafeUrl

PREDEFINED: Final = frozenset({"html", "urlquery"})


class HtmlEscaper:
    """For one execution: it knows what was written so far."""

    def __init__(self) -> None:
        self._place = HtmlPlace()

    def text(self, text: str) -> str:
        """What to write of the template's own text. Raises FunctionError where it is no HTML."""
        return self._place.feed(text)

    def value(self, value: Any, printed: str, functions: Sequence[str]) -> str:
        """`functions`: those of the value's pipeline; `html` and `urlquery` at its end are not repeated. Raises FunctionError."""
        for name in functions[:-1]:
            if name in PREDEFINED:
                raise FunctionError(f'predefined escaper "{name}" disallowed in template')
        escaped_by = functions[-1] if functions and functions[-1] in PREDEFINED else ""
        place = self._place
        if place.state is State.BEFORE_VALUE:
            place.begin_value()
        printed = "" if value is None else printed
        if place.state is State.VALUE:
            return _in_attribute(place, value, printed, escaped_by)
        if place.state in (State.TAG, State.NAME, State.AFTER_NAME):
            place.state, place.kind = State.NAME, Kind.PLAIN
            return _as_name(printed)
        if place.state is State.COMMENT:
            return ""
        return _in_content(place, value, printed, escaped_by)


def _as_name(text: str) -> str:
    name = text.lower()
    return name if is_plain_name(name) and attribute_kind(name) is Kind.PLAIN else FAILED


def _in_content(place: HtmlPlace, value: Any, text: str, escaped_by: str) -> str:
    is_raw = place.state is State.RAW
    if is_raw and place.element == "script":
        raise FunctionError("values inside <script> are not escaped here and therefore refused")
    if is_raw and place.element == "style":
        return _in_css(place.css, value, text)
    if escaped_by == "html":
        return text
    if isinstance(value, SafeHtml):
        return normalize_text(text) if is_raw else text
    return escape_text(text)


def _in_attribute(place: HtmlPlace, value: Any, text: str, escaped_by: str) -> str:
    if place.kind is Kind.SCRIPT:
        raise FunctionError("values inside event attributes are not escaped here and therefore refused")
    if not place.quote and escaped_by == "html":
        raise FunctionError('predefined escaper "html" disallowed in template')
    if place.kind is Kind.URL:
        text = _in_url(place.url, value, text, escaped_by)
    elif place.kind is Kind.SRCSET:
        text = normalize_url(text).replace(",", "%2c") if isinstance(value, SafeUrl) else filter_srcset(text)
    elif place.kind is Kind.CSS:
        text = _in_css(place.css, value, text)
    if escaped_by == "html":
        return text
    is_html = isinstance(value, SafeHtml) and place.kind is Kind.PLAIN
    if not place.quote:
        whole: Callable[[str], str] = normalize_unquoted if is_html else escape_unquoted
        return whole(strip_tags(text) if is_html else text) or FAILED
    return normalize_text(strip_tags(text)) if is_html else escape_text(text)


def _in_url(url: UrlPart, value: Any, text: str, escaped_by: str) -> str:
    safe = isinstance(value, SafeUrl)
    if url.part is UrlPart.Part.START and not safe:
        text = filter_url(text)
    if escaped_by == "urlquery":
        return text
    return escape_url_part(text) if url.part is UrlPart.Part.QUERY and not safe else normalize_url(text)


def _in_css(css: CssPlace, value: Any, text: str) -> str:
    if not css.end:
        return filter_css_value(text)
    if css.end in ("*/", "\n"):
        return ""
    if css.in_url:
        return _in_url(css.url, value, text, "")
    if css.url.part is UrlPart.Part.QUERY:
        return escape_url_part(text)
    if css.url.part is UrlPart.Part.START and not isinstance(value, SafeUrl):
        text = filter_url(text)
    return escape_css_text(text)
