"""How a value becomes harmless: one function a place. `FAILED` stands where nothing of the value may.

Source of semantics: Go html/template html.go, url.go, css.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

FAILED: Final = "ZgotmplZ"

_HTML: Final = {"\0": "\ufffd", '"': "&#34;", "&": "&amp;", "'": "&#39;", "+": "&#43;", "<": "&lt;", ">": "&gt;"}
_SPACES: Final = {character: f"&#{ord(character)};" for character in "\t\n\v\f\r =`"}
_UNQUOTED: Final = {**_HTML, **_SPACES, "\0": "&#xfffd;"}


def _replacing(table: Mapping[str, str]) -> Callable[[str], str]:
    codes = str.maketrans(dict(table))
    return lambda text: text.translate(codes)


def _without(table: Mapping[str, str], character: str) -> dict[str, str]:
    return {key: value for key, value in table.items() if key != character}


escape_text: Final = _replacing(_HTML)
"""Also between quotes."""
normalize_text: Final = _replacing(_without(_HTML, "&"))
"""Of what is HTML already: its entities stay."""
escape_unquoted: Final = _replacing(_UNQUOTED)
normalize_unquoted: Final = _replacing(_without(_UNQUOTED, "&"))

_TAG: Final = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)


def strip_tags(html: str) -> str:
    return _TAG.sub("", html)


_NAME: Final = re.compile(r"[0-9a-z]+")


def is_plain_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto"})


def is_safe_url(text: str) -> bool:
    """Relative, or of a scheme that runs nothing."""
    scheme, colon, _ = text.partition(":")
    return not colon or "/" in scheme or scheme.lower() in _SAFE_SCHEMES


def filter_url(text: str) -> str:
    return text if is_safe_url(text) else f"#{FAILED}"


_NOT_UNRESERVED: Final = re.compile(rb"[^A-Za-z0-9\-._~]")
_NOT_IN_A_URL: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!#$&*+,/:;=?@\[\]%]")


def _percent(match: re.Match[bytes]) -> bytes:
    return b"%%%02x" % match[0][0]


def escape_url_part(text: str) -> str:
    """For a query's name or value."""
    return _NOT_UNRESERVED.sub(_percent, text.encode(errors="replace")).decode()


def normalize_url(text: str) -> str:
    """A URL as it is, without what could end the attribute that holds it."""
    return _NOT_IN_A_URL.sub(_percent, text.encode(errors="replace")).decode()


_SRCSET_ENTRY: Final = re.compile(r"([\t\n\f\r ]*)([^\t\n\f\r ]*)([A-Za-z0-9\t\n\f\r ]*)")


def filter_srcset(text: str) -> str:
    """Comma-separated URLs, each with letters and digits behind it."""
    return ",".join(map(_filter_srcset_entry, text.split(",")))


def _filter_srcset_entry(entry: str) -> str:
    parts = _SRCSET_ENTRY.fullmatch(entry)
    if parts is None or not is_safe_url(parts[2]):
        return f"#{FAILED}"
    return parts[1] + normalize_url(parts[2]) + parts[3]


_CSS_CODES: Final = {ord(each): f"\\{ord(each):x}" for each in "\0\t\n\f\r\"&'()+/:;<>{}"}
_CSS_SPECIAL: Final = re.compile(r"[\0\t\n\f\r\"&'()+/:;<>{}\\]")


def escape_css_text(text: str) -> str:
    """For inside a CSS string: a code that a hexadecimal digit or a space would follow gets a space behind it."""
    out: list[str] = []
    at = 0
    for match in _CSS_SPECIAL.finditer(text):
        out.append(text[at : match.start()])
        at = match.end()
        if match[0] == "\\":
            out.append("\\\\")
            continue
        out.append(_CSS_CODES[ord(match[0])])
        following = text[at : at + 1]
        if not following or following in "0123456789abcdefABCDEF\t\n\f\r ":
            out.append(" ")
    return "".join(out) + text[at:]


_CSS_UNSAFE: Final = re.compile(r"[\0\"'()/;@\[\\\]`{}<>]|--")
_CSS_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")


def filter_css_value(text: str) -> str:
    """A quantity, colour, keyword or name; nothing that ends a declaration. A backslash is refused, where Go decodes it first."""
    name = _CSS_NAME.sub("", text).lower()
    if _CSS_UNSAFE.search(text) or "expression" in name or "mozbinding" in name:
        return FAILED
    return text
