"""Names beyond [a-zA-Z0-9_:]: how they are escaped for those who cannot read UTF-8, and read back.

`allow-utf-8` keeps a name; `underscores` replaces what is not allowed and cannot be undone; `dots` writes `.` as `_dot_` and
`_` as `__`; `values` writes `U__` and each such character as its hexadecimal code between underscores. A text that is no
valid escape is returned as it is. Source: Prometheus' UTF-8 guide, common/model EscapeName and UnescapeName.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from vedette.model.labels import is_classic_metric_name


class Escaping(Enum):
    ALLOW_UTF8 = "allow-utf-8"
    UNDERSCORES = "underscores"
    DOTS = "dots"
    VALUES = "values"


VALUES_PREFIX: Final = "U__"

_NOT_CLASSIC = re.compile(r"^[0-9]|[^a-zA-Z0-9_:]")
_DOTS_ESCAPED = re.compile(r"^[0-9]|[^a-zA-Z0-9:]")
_DOTS: Final = {"_": "__", ".": "_dot_"}
_VALUE = re.compile(r"__|_([0-9a-fA-F]{1,6})_")
_VALUES_WHOLE = re.compile(r"(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*\Z", re.DOTALL)
_CODE_POINT_MAX: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


def escape_name(name: str, scheme: Escaping) -> str:
    """The name as `scheme` writes it; every result but that of ALLOW_UTF8 is a classic metric name."""
    match scheme:
        case Escaping.ALLOW_UTF8:
            return name
        case Escaping.UNDERSCORES:
            return _NOT_CLASSIC.sub("_", name)
        case Escaping.DOTS:
            return _DOTS_ESCAPED.sub(lambda match: _DOTS.get(match[0], "__"), name)
        case Escaping.VALUES:
            if not name or is_classic_metric_name(name):
                return name
            return VALUES_PREFIX + _NOT_CLASSIC.sub(lambda match: f"_{ord(match[0]):x}_", name.replace("_", "__"))


def unescape_name(name: str, scheme: Escaping) -> str:
    """What `escape_name` was given, as far as the scheme can be undone."""
    match scheme:
        case Escaping.ALLOW_UTF8 | Escaping.UNDERSCORES:
            return name
        case Escaping.DOTS:
            return name.replace("_dot_", ".").replace("__", "_")
        case Escaping.VALUES:
            return _unescape_values(name)


def _unescape_values(name: str) -> str:
    escaped = name.removeprefix(VALUES_PREFIX)
    if escaped == name or not _VALUES_WHOLE.match(escaped):
        return name
    codes = [int(code, 16) for code in _VALUE.findall(escaped) if code]
    if any(code > _CODE_POINT_MAX or code in _SURROGATES for code in codes):
        return name
    return _VALUE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "_", escaped)
