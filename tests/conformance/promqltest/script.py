"""The text of a script to its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.model.time import parse_duration_ms
from vedette.query.promql.parser.quoting import to_byte_text, unquote
from vedette.query.promql.series_notation import BadSeries, Point, parse_series, parse_start_times

_LOAD: Final = re.compile(r"load(_with_nhcb)?\s+(.+?)\Z")
_INSTANT: Final = re.compile(r"eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(.+?)\s+(.+)\Z")
_RANGE: Final = re.compile(r"eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)\Z")
_EXPECT: Final = re.compile(r"expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?\Z")
_EXPECT_RANGE: Final = re.compile(r"expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)\Z")
_EXPECT_STRING: Final = "expect string "
_FAIL_MESSAGE: Final = "expected_fail_message"
_FAIL_PATTERN: Final = "expected_fail_regexp"


class BadScript(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Expectation:
    """`kind`: fail, warn, info, ordered, no_warn, no_info. Without `message` the text has to match `pattern`."""

    kind: str
    message: str | None = None
    pattern: str = ""

    def accepts(self, text: str) -> bool:
        return text == self.message if self.message is not None else re.search(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Clear:
    line: int


@dataclass(frozen=True, slots=True)
class LoadedSeries:
    """`start_times_ms`: per point, relative to its time; empty where the script gives none."""

    labels: Labels
    points: list[Point]
    start_times_ms: list[int | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Load:
    """Points stand at 0, `step_ms`, 2 `step_ms` ... `with_nhcb`: classic histograms are loaded as native ones as well."""

    line: int
    step_ms: int
    series: tuple[LoadedSeries, ...]
    with_nhcb: bool


@dataclass(frozen=True, slots=True)
class Eval:
    """`step_ms` 0: an instant query at `end_ms`. `expected` is in the script's order.

    `range_vector` (start, end, step): the instant query answers raw samples at these times.
    """

    line: int
    query: str
    start_ms: int
    end_ms: int
    step_ms: int
    expectations: tuple[Expectation, ...] = ()
    expected: tuple[tuple[Labels, list[Point]], ...] = ()
    expects_scalar: bool = False
    expected_string: str | None = None
    range_vector: tuple[int, int, int] | None = None

    @property
    def is_range(self) -> bool:
        return self.step_ms > 0

    def of_kind(self, kind: str) -> list[Expectation]:
        return [expectation for expectation in self.expectations if expectation.kind == kind]

    @property
    def must_fail(self) -> bool:
        return bool(self.of_kind("fail"))


Command = Clear | Load | Eval


def read_script(text: str) -> list[Command]:
    """Raises BadScript with the line."""
    lines = [_uncommented(line) for line in text.split("\n")]
    return list(_commands(lines))


def _uncommented(line: str) -> str:
    stripped = line.strip()
    return "" if stripped.startswith("#") else stripped


def _commands(lines: list[str]) -> Iterator[Command]:
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if not line:
            continue
        block_end = at
        while block_end < len(lines) and lines[block_end]:
            block_end += 1
        block = lines[at:block_end]
        word = line.split()[0].lower()
        try:
            if word == "clear":
                yield Clear(number)
                continue
            if not word.startswith(("load", "eval")):
                raise BadScript(f"unknown command: {line}")
            yield _load(line, number, block) if word.startswith("load") else _eval(line, number, block)
            at = block_end if word.startswith("load") else at + _lines_of_eval(block)
        except (BadScript, BadSeries, BadInput, ValueError) as error:
            raise BadScript(f"line {number}: {error}") from error


def _lines_of_eval(block: list[str]) -> int:
    """A bare number or an old-style failure message ends an eval before the blank line does."""
    for index, line in enumerate(block):
        if line.startswith((_FAIL_MESSAGE, _FAIL_PATTERN)) or _scalar(line) is not None:
            return index + 1
    return len(block)


def _load(line: str, number: int, block: list[str]) -> Load:
    match = _LOAD.match(line)
    if match is None:
        raise BadScript(f"bad load: {line}")
    series: dict[Labels, LoadedSeries] = {}
    starts: tuple[Labels, list[int | None]] | None = None
    for definition in block:
        if definition.split()[0].endswith("@st"):
            starts = parse_start_times(definition)
            continue
        labels, points = parse_series(definition)
        if starts and (starts[0] != labels or len(starts[1]) != len(points)):
            raise BadScript(f"start timestamps do not fit the line after them: {definition}")
        series[labels] = LoadedSeries(labels, points, starts[1] if starts else [])
        starts = None
    return Load(number, parse_duration_ms(match[2]), tuple(series.values()), match[1] is not None)


def _eval(line: str, number: int, block: list[str]) -> Eval:
    if instant := _INSTANT.match(line):
        mode, at, query = instant.groups()
        time_ms = parse_duration_ms(at)
        command = Eval(number, query, time_ms, time_ms, 0)
    elif ranged := _RANGE.match(line):
        mode, start, end, step, query = ranged.groups()
        command = Eval(number, query, *map(parse_duration_ms, (start, end, step)))
    else:
        raise BadScript(f"bad eval: {line}")
    if mode:
        command = replace(command, expectations=(Expectation(mode),))
    for expected in block[: _lines_of_eval(block)]:
        command = _with_expected(command, expected)
    return command


def _with_expected(command: Eval, line: str) -> Eval:
    if line.startswith(_FAIL_MESSAGE):
        message = line.removeprefix(_FAIL_MESSAGE).strip()
        return replace(command, expectations=(Expectation("fail", message),))
    if line.startswith(_FAIL_PATTERN):
        return replace(command, expectations=(Expectation("fail", None, line.removeprefix(_FAIL_PATTERN).strip()),))
    if span := _EXPECT_RANGE.match(line):
        start, end, step = map(parse_duration_ms, span.groups())
        return replace(command, range_vector=(start, end, step))
    if line.startswith(_EXPECT_STRING):
        return replace(command, expected_string=unquote(to_byte_text(line.removeprefix(_EXPECT_STRING).strip())))
    if line.split()[0] == "expect":
        return replace(command, expectations=(*command.expectations, _expectation(line)))
    scalar = _scalar(line)
    if scalar is not None:
        return replace(command, expected=((EMPTY_LABELS, [scalar]),), expects_scalar=True)
    return replace(command, expected=(*command.expected, parse_series(line)), expects_scalar=False)


def _expectation(line: str) -> Expectation:
    match = _EXPECT.match(line)
    if match is None:
        raise BadScript(f"bad expectation: {line}")
    kind, how, text = match.groups()
    if how == "msg":
        return Expectation(kind, text.strip())
    return Expectation(kind, None, text.strip() if how else "")


def _scalar(line: str) -> float | None:
    try:
        return float(int(line, 0)) if line[:2].lower() == "0x" else float(line)
    except ValueError:
        return None
