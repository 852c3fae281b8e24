"""The plain twin of the text scanners: tokens by regular expression and state, as the reference's lexers are written down.

Slow and obvious on purpose. It knows no zero bytes (a mutation of them is tested for survival only).
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, field

NAME = rb"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = rb"[a-zA-Z_][a-zA-Z0-9_]*"
QUOTED = rb'"(?:\\[^\n]|[^\\"])*"'
QUOTED_LINE = rb'"(?:\\[^\n]|[^\\"\n])*"'


@dataclass
class Parsed:
    """samples: (raw series, value bits, time in ms or None); exemplars: (sample, raw labels, value bits, time)."""

    samples: list[tuple[bytes, int, int | None]] = field(default_factory=list)
    exemplars: list[tuple[int, bytes, int, int | None]] = field(default_factory=list)


class Refused(Exception):
    pass


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.i = 0

    def take(self, pattern: bytes) -> bytes | None:
        match = re.compile(pattern).match(self.data, self.i)
        if match is None:
            return None
        self.i = match.end()
        return match[0]

    def need(self, pattern: bytes) -> bytes:
        token = self.take(pattern)
        if token is None:
            raise Refused(f"expected {pattern!r} at {self.i}")
        return token

    @property
    def done(self) -> bool:
        return self.i >= len(self.data)


def number(text: bytes) -> float:
    if re.fullmatch(rb"[+-]?(?:inf|infinity)|nan", text, re.IGNORECASE):
        return float(text)
    if not re.fullmatch(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        raise Refused(f"number {text!r}")
    value = float(text)
    if math.isinf(value):
        raise Refused("overflow")
    return value


def bits(value: float) -> int:
    if math.isnan(value):
        return 0x7FF8000000000001
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def utf8(text: bytes) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    return text


@dataclass(frozen=True)
class Rules:
    """How a label set is written: what may stand between tokens, quoted names and values, whether commas may be missing."""

    blank: bytes
    quoted: bytes
    value: bytes
    lenient: bool = False
    exemplar: bool = False


TEXT_RULES = Rules(rb"[ \t]+", QUOTED, QUOTED, lenient=True)
OPENMETRICS_RULES = Rules(rb"", QUOTED, QUOTED_LINE)
EXEMPLAR_RULES = Rules(rb"", QUOTED_LINE, QUOTED_LINE, exemplar=True)


def labels(cursor: Cursor, named: bool, rules: Rules) -> bool:
    """What follows `{`, to behind `}`; whether the metric has a name."""
    while True:
        cursor.take(rules.blank)
        if cursor.take(rb"\}"):
            return named
        name = cursor.take(rules.quoted) or cursor.need(LABEL)
        cursor.take(rules.blank)
        if name.startswith(b'"') and cursor.data[cursor.i : cursor.i + 1] in (b",", b"}"):
            if named or rules.exemplar:
                raise Refused("second name")
            named = True
            cursor.take(rb",")
            continue
        cursor.need(rb"=")
        cursor.take(rules.blank)
        utf8(cursor.need(rules.value))
        cursor.take(rules.blank)
        if not cursor.take(rb",") and not rules.lenient and cursor.data[cursor.i : cursor.i + 1] != b"}":
            raise Refused("comma")


def parse_text(body: bytes) -> Parsed:
    cursor = Cursor(body + b"\n")
    parsed = Parsed()
    while not cursor.done:
        start = cursor.i
        cursor.take(rb"[ \t]+")
        if cursor.take(rb"\n"):
            continue
        if cursor.take(rb"#[ \t]+(?=(?:HELP|TYPE)[ \t])"):
            text_metadata(cursor)
            continue
        if cursor.take(rb"#[^\n]*\n"):
            continue
        named = cursor.take(NAME) is not None
        end = cursor.i
        cursor.take(rb"[ \t]+")
        if cursor.take(rb"\{"):
            named = labels(cursor, named, TEXT_RULES)
            end = cursor.i
        if not named:
            raise Refused("no name")
        cursor.take(rb"[ \t]+")
        value = number(cursor.need(rb"[^{ \t\n]+"))
        cursor.take(rb"[ \t]+")
        time = cursor.take(rb"[0-9]+")
        if time is not None and int(time) >= 1 << 63:
            raise Refused("time")
        cursor.take(rb"[ \t]+")
        cursor.need(rb"\n")
        parsed.samples.append((body[start:end], bits(value), None if time is None else int(time)))
    return parsed


def text_metadata(cursor: Cursor) -> None:
    kind = cursor.need(rb"(?:HELP|TYPE)[ \t]+")
    cursor.need(QUOTED + rb"|" + NAME)
    text = cursor.need(rb"[^\n]*")
    text = text[1:] if text.strip(b" \t") else b""
    if kind.startswith(b"TYPE") and text not in (b"counter", b"gauge", b"histogram", b"summary", b"untyped"):
        raise Refused("type")
    if kind.startswith(b"HELP"):
        utf8(text)
    cursor.need(rb"\n")


TYPES = (b"counter", b"gauge", b"histogram", b"gaugehistogram", b"summary", b"info", b"stateset", b"unknown")


def parse_openmetrics(body: bytes) -> Parsed:
    cursor = Cursor(body)
    parsed = Parsed()
    while True:
        if cursor.done:
            raise Refused("no EOF")
        if cursor.take(rb"# EOF\n?"):
            if not cursor.done:
                raise Refused("data after EOF")
            return parsed
        if cursor.take(rb"#"):
            openmetrics_metadata(cursor)
            continue
        openmetrics_sample(cursor, parsed)


def openmetrics_metadata(cursor: Cursor) -> None:
    kind = cursor.need(rb" (?:HELP|TYPE|UNIT) ").strip()
    name = cursor.need(QUOTED + rb"|" + NAME)
    text = cursor.need(rb" [^\n]*\n")[1:-1]
    if kind == b"TYPE" and text not in TYPES:
        raise Refused("type")
    if kind == b"HELP":
        utf8(text)
    bare = name[1:-1] if name.startswith(b'"') else name
    if kind == b"UNIT" and text and not bare.endswith(b"_" + text):
        raise Refused("unit")


def openmetrics_sample(cursor: Cursor, parsed: Parsed) -> None:
    start = cursor.i
    named = cursor.take(NAME) is not None
    if cursor.take(rb"\{"):
        named = labels(cursor, named, OPENMETRICS_RULES)
    if not named:
        raise Refused("no name")
    raw = cursor.data[start : cursor.i]
    value = number(cursor.need(rb" [^ \n]+")[1:])
    time = cursor.take(rb" (?!# )[^ \n]+")
    parsed.samples.append((raw, bits(value), milliseconds(time)))
    if cursor.take(rb" # (?=\{)"):
        start = cursor.i
        cursor.take(rb"\{")
        labels(cursor, False, EXEMPLAR_RULES)
        raw = cursor.data[start : cursor.i]
        value = number(cursor.need(rb" [^ \n]+")[1:])
        time = cursor.take(rb" [^ \n]+")
        parsed.exemplars.append((len(parsed.samples) - 1, raw, bits(value), milliseconds(time)))
    cursor.need(rb"\n")


def milliseconds(time: bytes | None) -> int | None:
    if time is None:
        return None
    seconds = number(time[1:])
    if not math.isfinite(seconds):
        raise Refused("time")
    limit = (1 << 63) - 1
    return (
        max(-limit, min(limit, int(seconds * 1000))) if math.isfinite(seconds * 1000) else math.copysign(limit, seconds)
    )  # type: ignore[return-value]
