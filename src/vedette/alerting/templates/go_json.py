"""JSON as Go writes it: maps by key, `<`, `>` and `&` escaped, whole floats without a point.

Payloads of webhooks and `toJson` are compared, signed and searched for by people's scripts.
Source of semantics: https://pkg.go.dev/encoding/json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any, Final

from vedette.signals.template import FunctionError
from vedette.signals.template.times import GoDuration, GoTime
from vedette.signals.template.values import StringMap, type_name

_RFC3339: Final = "2006-01-02T15:04:05.999999999Z07:00"
_WHOLE_FLOAT_MAX: Final = 1e21
_UNSAFE: Final = "<>&\u2028\u2029"
_ESCAPES: Final = str.maketrans({each: f"\\u{ord(each):04x}" for each in _UNSAFE})


class Struct(dict[str, Any]):
    """Fields keep their order, where a map's keys are sorted."""


def to_json(value: Any) -> str:
    """Raises FunctionError for what JSON cannot say."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    if any(each in text for each in _UNSAFE):
        text = text.translate(_ESCAPES)
    return text if text.isascii() else text.encode(errors="replace").decode()


def format_rfc3339(time: GoTime) -> str:
    return _format_utc(time.ns) if time.zone is UTC else time.format(_RFC3339)


@lru_cache(maxsize=4096)
def _format_utc(ns: int) -> str:
    """Alerts of a group begin in the same few moments, and those that fire have no end."""
    return GoTime(ns).format(_RFC3339)


def _plain(value: Any) -> Any:
    """What is common comes first: a notification has thousands of texts and few maps of other kinds."""
    if type(value) is str:
        return value
    match value:
        case Struct():
            return {key: _plain(each) for key, each in value.items()}
        case StringMap():
            return dict(sorted(value.items()))
        case GoTime():
            return format_rfc3339(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case None | bool() | int() | str():
            return value
        case float():
            return _number(value)
        case GoDuration():
            return value.ns
    if hasattr(value, "json"):
        return {key: _plain(each) for key, each in value.json().items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    raise FunctionError(f"json: unsupported type: {type_name(value)}")


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise FunctionError(f"json: unsupported value: {value}")
    return int(value) if value.is_integer() and abs(value) < _WHOLE_FLOAT_MAX else value
