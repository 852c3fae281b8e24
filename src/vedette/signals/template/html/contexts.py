"""Where in an HTML text the next character stands: text, tag, attribute (of which kind), style sheet, script, comment.

A machine that is fed the template's text piece by piece:

    TEXT -<name-> TAG -name-> NAME -> AFTER_NAME -=-> BEFORE_VALUE -quote-> VALUE -quote-> TAG ->-> TEXT or RAW
    TEXT -<!---> COMMENT ---->-> TEXT         RAW (title, textarea, style, script) -</name-> TEXT

What it gives back is the text to write: comments are left out, and a `<` that begins no tag is `&lt;`.
Source of semantics: Go html/template transition.go, attr.go.
"""

from __future__ import annotations

import html
import re
from enum import Enum, auto
from typing import Final

from vedette.signals.template.errors import FunctionError
from vedette.signals.template.html.css import CssPlace, UrlPart


class State(Enum):
    TEXT = auto()
    TAG = auto()
    NAME = auto()
    AFTER_NAME = auto()
    BEFORE_VALUE = auto()
    VALUE = auto()
    RAW = auto()
    COMMENT = auto()


class Kind(Enum):
    """Of an attribute, by its name."""

    PLAIN = auto()
    URL = auto()
    SRCSET = auto()
    CSS = auto()
    SCRIPT = auto()


_RAW: Final = frozenset({"script", "style", "textarea", "title"})
_URLS: Final = frozenset(
    [
        *("action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon"),
        *("longdesc", "manifest", "poster", "profile", "src", "usemap", "xmlns"),
    ]
)
_NOT_URLS: Final = frozenset({"srcdoc", "srclang"})
_TAG_START: Final = re.compile(r"<(?:!--|(/?)([A-Za-z][A-Za-z0-9]*(?:[:-][A-Za-z0-9]+)*))")
_STRAY: Final = re.compile(r"<(?!!doctype)", re.IGNORECASE)
_SPACE: Final = re.compile(r"[\t\n\f\r ]*")
_NAME: Final = re.compile(r"[^\t\n\f\r =>\"'<]*")
_UNQUOTED_END: Final = re.compile(r"[\t\n\f\r >]")
_ENDS: Final = {'"': re.compile('"'), "'": re.compile("'"), "": _UNQUOTED_END}


def attribute_kind(name: str) -> Kind:
    """A guess for the worse: a name that looks like a URL's or a handler's is one."""
    name = name.lower()
    if name.startswith("data-"):
        name = name[5:]
    elif ":" in name:
        prefix, _, name = name.partition(":")
        if prefix == "xmlns":
            return Kind.URL
    if name in _URLS:
        return Kind.URL
    if name in ("srcset", "style"):
        return Kind.SRCSET if name == "srcset" else Kind.CSS
    if name.startswith("on"):
        return Kind.SCRIPT
    looks_like_url = any(part in name for part in ("src", "uri", "url")) and name not in _NOT_URLS
    return Kind.URL if looks_like_url else Kind.PLAIN


class HtmlPlace:
    """`quote` of a VALUE: `"`, `'`, or empty."""

    def __init__(self) -> None:
        self.state = State.TEXT
        self.element = ""
        self.kind = Kind.PLAIN
        self.quote = ""
        self.url = UrlPart()
        self.css = CssPlace()

    def feed(self, text: str) -> str:
        """Raises FunctionError where the text is no HTML."""
        out: list[str] = []
        at = 0
        while at < len(text):
            at = _STEPS[self.state](self, text, at, out)
        return "".join(out)

    def _in_text(self, text: str, at: int, out: list[str]) -> int:
        start = _TAG_START.search(text, at)
        out.append(_STRAY.sub("&lt;", text[at : start.start() if start else len(text)]))
        if start is None:
            return len(text)
        if start[2] is None:
            self.state = State.COMMENT
            return start.end()
        self.state, self.element = State.TAG, "" if start[1] else start[2].lower()
        out.append(start[0])
        return start.end()

    def _in_comment(self, text: str, at: int, out: list[str]) -> int:
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self.state = State.TEXT
        return end + 3

    def _in_tag(self, text: str, at: int, out: list[str]) -> int:
        start = _past_space(text, at)
        if start == len(text):
            out.append(text[at:])
            return start
        if text[start] == ">":
            self.state = State.RAW if self.element in _RAW else State.TEXT
            self.css = CssPlace()
            out.append(text[at : start + 1])
            return start + 1
        end = _past_name(text, start)
        if end == start:
            raise FunctionError(f"html: expected space, attr name, or end of tag, but got {text[start : start + 20]!r}")
        self.kind = attribute_kind(text[start:end])
        self.state = State.NAME if end == len(text) else State.AFTER_NAME
        out.append(text[at:end])
        return end

    def _in_name(self, text: str, at: int, out: list[str]) -> int:
        end = _past_name(text, at)
        if end < len(text):
            self.state = State.AFTER_NAME
        out.append(text[at:end])
        return end

    def _after_name(self, text: str, at: int, out: list[str]) -> int:
        start = _past_space(text, at)
        if start == len(text):
            out.append(text[at:])
            return start
        if text[start] != "=":
            self.state = State.TAG
            out.append(text[at:start])
            return start
        self.state = State.BEFORE_VALUE
        out.append(text[at : start + 1])
        return start + 1

    def _before_value(self, text: str, at: int, out: list[str]) -> int:
        start = _past_space(text, at)
        if start == len(text):
            out.append(text[at:])
            return start
        quote = text[start] if text[start] in "\"'" else ""
        self.begin_value(quote)
        out.append(text[at:start] + quote)
        return start + len(quote)

    def begin_value(self, quote: str = "") -> None:
        self.state, self.quote = State.VALUE, quote
        self.url, self.css = UrlPart(), CssPlace()

    def _in_value(self, text: str, at: int, out: list[str]) -> int:
        found = _ENDS[self.quote].search(text, at)
        end = found.start() if found else len(text)
        value = text[at:end]
        if not self.quote and any(bad in value for bad in "\"'<=`"):
            raise FunctionError(f"html: quote, bracket or equals sign in an attribute without quotes: {value!r}")
        decoded = html.unescape(value)
        if self.kind is Kind.CSS:
            self.css.feed(decoded)
        else:
            self.url.feed(decoded)
        out.append(value)
        if found is None:
            return end
        self.state = State.TAG
        out.append(self.quote)
        return end + len(self.quote)

    def _in_raw(self, text: str, at: int, out: list[str]) -> int:
        found = re.compile(rf"</{self.element}(?=[> \t\n\f/])", re.IGNORECASE).search(text, at)
        end = found.start() if found else len(text)
        content = text[at:end]
        if self.element == "style":
            content = self.css.feed(content)
        elif self.element != "script":
            content = content.replace("<", "&lt;")
        out.append(content)
        if found is not None:
            self.state, self.element = State.TEXT, ""
        return end


def _past_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _past_name(text: str, at: int) -> int:
    match = _NAME.match(text, at)
    return match.end() if match else at


_STEPS: Final = {
    State.TEXT: HtmlPlace._in_text,
    State.COMMENT: HtmlPlace._in_comment,
    State.TAG: HtmlPlace._in_tag,
    State.NAME: HtmlPlace._in_name,
    State.AFTER_NAME: HtmlPlace._after_name,
    State.BEFORE_VALUE: HtmlPlace._before_value,
    State.VALUE: HtmlPlace._in_value,
    State.RAW: HtmlPlace._in_raw,
}
