"""Where in a style sheet, and in a URL, the next character stands. Source of semantics: Go html/template transition.go."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class UrlPart:
    """START: a scheme may come; PATH: behind it; QUERY: behind `?` or `#`, where parts are escaped whole."""

    class Part(Enum):
        START = auto()
        PATH = auto()
        QUERY = auto()

    def __init__(self) -> None:
        self.part = UrlPart.Part.START

    def feed(self, text: str) -> None:
        if "?" in text or "#" in text:
            self.part = UrlPart.Part.QUERY
        elif text.strip("\t\n\f\r ") and self.part is UrlPart.Part.START:
            self.part = UrlPart.Part.PATH


_TOKEN: Final = re.compile(r"/\*|//|[\"']|url\(\s*[\"']?", re.IGNORECASE)


class CssPlace:
    """`end`: what ends the string or `url(...)` that is open; empty outside of both."""

    def __init__(self) -> None:
        self.end = ""
        self.in_url = False
        self.url = UrlPart()

    def feed(self, text: str) -> str:
        """The text without comments."""
        out: list[str] = []
        at = 0
        while at < len(text):
            at = {"": self._outside, "*/": self._in_comment, "\n": self._in_comment}.get(self.end, self._inside)(
                text, at, out
            )
        return "".join(out)

    def _outside(self, text: str, at: int, out: list[str]) -> int:
        token = _TOKEN.search(text, at)
        if token is None:
            out.append(text[at:])
            return len(text)
        out.append(text[at : token.start()])
        if token[0] in ("/*", "//"):
            self.end = "*/" if token[0] == "/*" else "\n"
            return token.end()
        self.in_url = token[0][:3].lower() == "url"
        self.end = token[0][-1] if token[0][-1] in "\"'" else ")"
        self.url = UrlPart()
        out.append(token[0])
        return token.end()

    def _in_comment(self, text: str, at: int, out: list[str]) -> int:
        """A block is a space, each piece of it; a line is nothing."""
        end = text.find(self.end, at)
        is_block = self.end == "*/"
        out.append(" " if is_block else "")
        if end < 0:
            return len(text)
        self.end = ""
        return end + 2 if is_block else end

    def _inside(self, text: str, at: int, out: list[str]) -> int:
        here = at
        while here < len(text) and text[here] != self.end:
            here += 2 if text[here] == "\\" else 1
        here = min(here, len(text))
        self.url.feed(text[at:here])
        closed = here < len(text)
        if closed:
            self.end = ""
        out.append(text[at : here + closed])
        return here + closed
