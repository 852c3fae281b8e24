"""Which metric and label names are valid, and how names that are not are escaped for a peer that cannot take UTF-8."""

from __future__ import annotations

from enum import Enum

from vedette.model.labels import is_classic_label_name, is_classic_metric_name


class ValidationScheme(Enum):
    """`utf8`: any non-empty UTF-8 text; `legacy`: the character set of Prometheus 2."""

    UTF8 = "utf8"
    LEGACY = "legacy"

    def allows_label_name(self, name: str) -> bool:
        return is_classic_label_name(name) if self is ValidationScheme.LEGACY else bool(name) and is_utf8(name)

    def allows_metric_name(self, name: str) -> bool:
        return is_classic_metric_name(name) if self is ValidationScheme.LEGACY else bool(name) and is_utf8(name)


class EscapingScheme(Enum):
    """The value of the `escaping` parameter in an Accept header."""

    ALLOW_UTF8 = "allow-utf-8"
    UNDERSCORES = "underscores"
    DOTS = "dots"
    VALUES = "values"


def is_utf8(text: str) -> bool:
    """False when the text holds bytes that were not UTF-8 (Python's surrogate escapes)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
