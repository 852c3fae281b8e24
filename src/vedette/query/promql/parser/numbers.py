"""Numbers and durations: where one ends in the text, and what it is worth.

Source of the grammar: Prometheus promql/parser/lex.go scanNumber and Go's strconv. It has corners that people do not
expect (`0xee` is no number, `010` is eight, `1_000` is a thousand), all kept.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from vedette.model.time import parse_duration_ms

_DECIMAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![0-9a-zA-Z_.])")
_REMAINING_DURATION: Final = re.compile(r"[smhdwy]s?(?:[0-9]+[smhdw]s?)*")
_DANGLING_DIGITS: Final = re.compile(r"[0-9]+")
_ALPHANUMERIC: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS: Final = "0123456789"
_HEX_DIGITS: Final = "0123456789abcdefABCDEF"
_PREFIXED: Final = (
    (re.compile(r"0[xX](?:_?[0-9a-fA-F])+\Z"), 16),
    (re.compile(r"0[oO]?(?:_?[0-7])+\Z"), 8),
    (re.compile(r"[1-9](?:_?[0-9])*\Z|0\Z"), 10),
)
_FLOAT: Final = re.compile(r"(?:{0}\.?(?:{0})?|\.{0})(?:[eE][-+]?{0})?\Z".replace("{0}", r"[0-9](?:_?[0-9])*"))
_INT64_MAX: Final = (1 << 63) - 1
_INT64_MIN_MS: Final = (1 << 63) // 1_000_000
"""What Go makes of NaN nanoseconds is the lowest int64; this is its amount in milliseconds."""


class Scan(Enum):
    NUMBER = auto()
    DURATION = auto()
    BAD = auto()


class BadNumber(Exception):
    pass


def scan_number_or_duration(text: str, start: int) -> tuple[Scan, int]:
    """What starts at the offset and where it ends; for BAD, the end of the text to complain about."""
    if simple := _DECIMAL.match(text, start):
        return Scan.NUMBER, simple.end()
    is_number, end = _scan_number(text, start)
    if is_number:
        return Scan.NUMBER, end
    return _scan_duration(text, end)


def _scan_duration(text: str, at: int) -> tuple[Scan, int]:
    """`at`: behind the first count."""
    units = _REMAINING_DURATION.match(text, at)
    if units is None:
        return Scan.BAD, at
    end = units.end()
    if dangling := _DANGLING_DIGITS.match(text, end):
        return Scan.BAD, dangling.end()
    if text[end : end + 1] in _ALPHANUMERIC:
        return Scan.BAD, end + 1
    return Scan.DURATION, end


def _scan_number(text: str, start: int) -> tuple[bool, int]:
    digits, at = _DIGITS, start
    if text.startswith("0", at):
        at += 1
        if text[at : at + 1] in ("x", "X"):
            digits = _HEX_DIGITS
            at += 2 if text.startswith("_", at + 1) else 1
    if text.startswith(".", at):
        at += 1
    at = _skip_one(text, at, digits)
    seen_dot = seen_exponent = False
    while (char := text[at : at + 1]) and char in digits + "._eE":
        if char == ".":
            if seen_dot or text[at + 1 : at + 2] in ("_", "."):
                return False, at + (1 if seen_dot else 2)
            if digits is _HEX_DIGITS:
                return False, at + 1
            seen_dot = True
            at += 1
        elif char in "eE":
            if seen_exponent:
                return False, at + 1
            seen_exponent = True
            at = _skip_one(text, at + 1, "+-")
            if not text[at : at + 1] or text[at] in "._eE":
                return False, min(at + 1, len(text))
        elif char == "_":
            at += 1
            if not text[at : at + 1] or text[at] in "._eE":
                return False, min(at + 1, len(text))
        else:
            while text[at : at + 1] and text[at] in digits:
                at += 1
    return at > start and text[at : at + 1] not in _ALPHANUMERIC, at


def _skip_one(text: str, at: int, chars: str) -> int:
    return at + 1 if text[at : at + 1] and text[at] in chars else at


def number_value(text: str) -> float:
    """Raises BadNumber in Go's words."""
    if text.lower() in ("inf", "nan"):
        return float(text)
    for pattern, base in _PREFIXED:
        if pattern.match(text):
            integer = int(text.replace("_", ""), base)
            if integer <= _INT64_MAX:
                return float(integer)
    return _float_value(text)


def _float_value(text: str) -> float:
    if not _FLOAT.match(text):
        raise BadNumber(f'error parsing number: strconv.ParseFloat: parsing "{text}": invalid syntax')
    value = float(text)
    if value == float("inf"):
        raise BadNumber(f'error parsing number: strconv.ParseFloat: parsing "{text}": value out of range')
    return value


def duration_seconds(text: str) -> float:
    """Raises BadInput in the reference's words."""
    seconds, rest_ms = divmod(parse_duration_ms(text), 1000)
    return seconds + rest_ms * 1e6 / 1e9


def duration_ms(seconds: float) -> int:
    """Whole milliseconds of what was written in seconds; rounded to nanoseconds first, as the reference does."""
    if seconds != seconds:
        return -_INT64_MIN_MS
    nanoseconds = seconds * 1e9
    rounded = int(abs(nanoseconds) + 0.5) if abs(nanoseconds) < 1 << 52 else int(abs(nanoseconds))
    whole = rounded // 1_000_000
    return -whole if seconds < 0 else whole
