"""The functions that every template has. `and` and `or` are the executor's, because they do not always evaluate.

Source of semantics: Go text/template/funcs.go, html.EscapeString, url.QueryEscape.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, Final

from vedette.signals.template.errors import FunctionError
from vedette.signals.template.printing import print_formatted, print_line, print_values
from vedette.signals.template.values import NO_VALUE, Method, index, is_true, length, slice_of, type_name

Function = Callable[..., Any]

SHORT_CIRCUIT: Final = frozenset({"and", "or"})

_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"}
_JS: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def escape_html(text: str) -> str:
    return "".join(_HTML.get(character, character) for character in text)


def escape_js(text: str) -> str:
    return "".join(map(_escape_js_character, text))


def _escape_js_character(character: str) -> str:
    if character in _JS:
        return _JS[character]
    if character < " " or not character.isprintable():
        return "".join(f"\\u{unit:04X}" for unit in _utf16(character))
    return character


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def escape_query(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="-_.~")


def text_of(values: tuple[Any, ...]) -> str:
    """Arguments of an escaping function as one text."""
    if len(values) == 1 and isinstance(values[0], str):
        return str(values[0])
    return print_values([NO_VALUE if value is None else value for value in values])


def _kind(value: Any) -> str:
    """Raises FunctionError for what has no basic type."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
    raise FunctionError("invalid type for comparison")


def _check_kinds(left: Any, right: Any) -> None:
    if _kind(left) != _kind(right):
        raise FunctionError(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")


def equal(first: Any, *others: Any) -> bool:
    """Whether the first is one of the others."""
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    if isinstance(left, (Mapping, list, tuple, Method)) or isinstance(right, (Mapping, list, tuple, Method)):
        raise FunctionError(f"non-comparable type {type_name(left if not isinstance(left, str) else right)}")
    _check_kinds(left, right)
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    _check_kinds(left, right)
    if isinstance(left, bool):
        raise FunctionError("invalid type for comparison")
    return bool(left < right)


def less_or_equal(left: Any, right: Any) -> bool:
    return less(left, right) or _equal(left, right)


def call(function: Any, *arguments: Any) -> Any:
    if function is None:
        raise FunctionError("call of nil")
    if not callable(function):
        raise FunctionError(f"non-function of type {type_name(function)}")
    return function(*arguments)


BUILTINS: Final[dict[str, Function]] = {
    "and": lambda *values: values[-1],
    "or": lambda *values: values[-1],
    "not": lambda value: not is_true(value),
    "len": length,
    "index": index,
    "slice": slice_of,
    "call": call,
    "html": lambda *values: escape_html(text_of(values)),
    "js": lambda *values: escape_js(text_of(values)),
    "urlquery": lambda *values: escape_query(text_of(values)),
    "print": lambda *values: print_values(values),
    "println": lambda *values: print_line(values),
    "printf": print_formatted,
    "eq": equal,
    "ne": lambda left, right: not equal(left, right),
    "lt": less,
    "le": less_or_equal,
    "gt": lambda left, right: not less_or_equal(left, right),
    "ge": lambda left, right: not less(left, right),
}
