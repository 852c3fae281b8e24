"""The functions of notification templates, beside those that every template has.

Source of semantics: Alertmanager template/template.go DefaultFuncs.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

from vedette.alerting.templates.dates import parse_time
from vedette.alerting.templates.go_json import to_json
from vedette.model.quoting import quote
from vedette.signals.template import FunctionError, SafeHtml, SafeUrl
from vedette.signals.template.alert_functions import humanize_duration, match, replace_all
from vedette.signals.template.times import ZERO_TIME, GoDuration, GoTime, load_zone
from vedette.signals.template.values import type_name

_MS_NS: Final = 1_000_000


def functions_at(now_ms: int) -> dict[str, Callable[..., Any]]:
    """Those that depend on the time."""
    now = GoTime(now_ms * _MS_NS)
    return {"now": lambda: now, "since": lambda time: GoDuration(now.ns - _time(time).ns)}


_WORD: Final = re.compile(r"\w+(?:['’.:·]\w+)*")


def title(text: str) -> str:
    """Each word's first letter large (it may stand behind digits), the others small."""
    return _WORD.sub(_capitalized, text)


def _capitalized(word: re.Match[str]) -> str:
    place = next((place for place, character in enumerate(word[0]) if character.isalpha()), 0)
    return word[0][:place] + word[0][place : place + 1].title() + word[0][place + 1 :].lower()


def join(separator: str, items: Any) -> str:
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise FunctionError(f"wrong type for value; expected []string; got {type_name(items)}")
    return separator.join(items)


_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")


def unescape_query(text: str) -> str:
    bad = _BAD_PERCENT.search(text)
    if bad is not None:
        raise FunctionError(f"invalid URL escape {quote(bad[0])}")
    return urllib.parse.unquote_plus(text)


def decode_base64(text: str) -> str:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), altchars=b"-_", validate=True).decode(
            errors="replace"
        )
    except (binascii.Error, ValueError) as error:
        raise FunctionError(f"illegal base64 data: {str(error).lower()}") from None


def to_date(layout: str, text: str) -> GoTime:
    """The zero time where it cannot be read."""
    try:
        return parse_time(layout, text)
    except FunctionError:
        return ZERO_TIME


def _time(value: Any) -> GoTime:
    if not isinstance(value, GoTime):
        raise FunctionError(f"wrong type for value; expected time.Time; got {type_name(value)}")
    return value


def in_zone(name: str, time: Any) -> GoTime:
    return GoTime(_time(time).ns, load_zone(name))


def append(items: Any, *more: Any) -> list[Any]:
    if not isinstance(items, (list, tuple)):
        raise FunctionError(f"wrong type for value; expected []interface {{}}; got {type_name(items)}")
    return [*items, *more]


def make_dict(*values: Any) -> dict[str, Any]:
    if len(values) % 2:
        raise FunctionError("dict requires an even number of arguments")
    if not all(isinstance(key, str) for key in values[::2]):
        raise FunctionError("dict keys must be strings")
    return dict(zip(values[::2], values[1::2], strict=True))


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "toUpper": lambda text: text.upper(),
    "toLower": lambda text: text.lower(),
    "title": title,
    "trimSpace": lambda text: text.strip(),
    "join": join,
    "match": match,
    "safeHtml": lambda text: SafeHtml(text),
    "safeUrl": lambda text: SafeUrl(text),
    "urlUnescape": unescape_query,
    "reReplaceAll": replace_all,
    "stringSlice": lambda *items: list(items),
    "routeLabels": lambda name: "",
    "date": lambda layout, time: _time(time).format(layout),
    "tz": in_zone,
    "humanizeDuration": humanize_duration,
    "toDate": to_date,
    "mustToDate": parse_time,
    "toJson": to_json,
    "base64encode": lambda text: base64.urlsafe_b64encode(text.encode(errors="replace")).decode(),
    "base64decode": decode_base64,
    "list": lambda *items: list(items),
    "append": append,
    "dict": make_dict,
    **functions_at(0),
}
"""`now`, `since` and `routeLabels` are replaced by each execution's own."""
