"""InfluxDB line protocol: a line is a measurement with tags, fields and a time; each numeric field becomes a series.

    measurement,tag=value,tag=value field=1.5,count=3i,flag=true 1700000000000000000

Series are named `measurement_field`, as VictoriaMetrics does (a field `value` gives the measurement's own name there only on
request; here never). Numbers may be floats, integers (`i`), unsigned (`u`) or booleans (1 and 0); text fields have no number and
are passed over. A line is read by a pattern: senders batch some thousand of them, and what comes in by the million comes as
remote write. Spec: docs.influxdata.com, line protocol reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vedette.model.errors import BadInput

PRECISIONS: Final = {
    "ns": 1e-6,
    "n": 1e-6,
    "u": 1e-3,
    "us": 1e-3,
    "µ": 1e-3,
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
}
"""Milliseconds of one unit; `n`, `u`, `m`, `h` are the older API's."""

_KEY = r"(?:\\.|[^,= \\\n])+"
_TEXT = r'"(?:\\.|[^"\\])*"'
_LINE: Final = re.compile(
    rf"(?P<measurement>(?:\\.|[^, \\\n])+)(?P<tags>(?:,{_KEY}={_KEY})*) +"
    rf"(?P<fields>{_KEY}=(?:{_TEXT}|[^,\" \n]+)(?:,{_KEY}=(?:{_TEXT}|[^,\" \n]+))*)(?: +(?P<time>-?[0-9]{{1,20}}))? *\Z",
    re.DOTALL,
)
_TAG: Final = re.compile(rf",({_KEY})=({_KEY})", re.DOTALL)
_FIELD: Final = re.compile(rf"({_KEY})=({_TEXT}|[^,\" \n]+)(?:,|\Z)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([,= \\])")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}[iu]\Z")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_TRUE: Final = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE: Final = frozenset({"f", "F", "false", "False", "FALSE"})
_SHOWN_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Line:
    """`time` is as the line has it, None where it has none; `fields` are the numeric ones."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    time: int | None


def split_lines(text: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line) without comments and empty ones. A line break within quotes belongs to its field."""
    waiting, first = "", 0
    for number, piece in enumerate(text.split("\n"), 1):
        if not waiting and (not piece.strip() or piece.lstrip().startswith("#")):
            continue
        first = first if waiting else number
        waiting = f"{waiting}\n{piece}" if waiting else piece
        if _quotes(waiting) % 2 == 0:
            yield first, waiting.strip("\r ")
            waiting = ""
    if waiting:
        yield first, waiting


def parse_line(line: str) -> Line:
    """Raises BadInput."""
    found = _LINE.match(line)
    if found is None:
        raise BadInput(f"unable to parse '{line[:_SHOWN_MAX]}': {_what_is_missing(line)}")
    tags = {_unescape(name): _unescape(value) for name, value in _TAG.findall(found["tags"])}
    fields = {}
    for name, text in _FIELD.findall(found["fields"]):
        value = _number(text, line)
        if value is not None:
            fields[_unescape(name)] = value
    return Line(_unescape(found["measurement"]), tags, fields, int(found["time"]) if found["time"] else None)


def _number(text: str, line: str) -> float | None:
    """None for a text."""
    if text.startswith('"'):
        return None
    if _INTEGER.match(text):
        return float(int(text[:-1]))
    if _FLOAT.match(text):
        return float(text)
    if text in _TRUE or text in _FALSE:
        return float(text in _TRUE)
    raise BadInput(f"unable to parse '{line[:_SHOWN_MAX]}': invalid number '{text[:_SHOWN_MAX]}'")


def _what_is_missing(line: str) -> str:
    if line.startswith(","):
        return "missing measurement"
    if not re.search(r"(?<!\\) ", line):
        return "missing fields"
    return "invalid field format"


def _quotes(text: str) -> int:
    """Of those that are not escaped."""
    return len(re.findall(r'(?:^|[^\\])(?:\\\\)*"', text)) if '"' in text else 0


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
