"""Lines over time as characters: eight braille dots a cell in a terminal with colours, one letter a cell without.

A colour tells series apart; where there are none and several series, each draws with its own mark. Values that are not
finite are gaps, and so is a step without a value. Pure: everything comes in, one text goes out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from vedette.app.querying.times import step_for
from vedette.app.querying.units import Unit, format_value

COLOURS: Final = (34, 32, 33, 35, 36, 31, 94, 92, 93, 95, 96, 91)
"""Foregrounds of ECMA-48: what every terminal has, in its own palette."""
MARKS: Final = "•+xo*#@%=~^&"
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of U+2800 by row and column of a cell."""
_BLANK: Final = 0x2800
_LABEL_ROWS: Final = 3
"""Rows from one label of the value axis to the next."""


@dataclass(frozen=True, slots=True)
class Line:
    """`points`: (milliseconds, value), times ascending."""

    name: str
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns and rows of characters, axes included; times in milliseconds, both shown."""

    width: int
    height: int
    start_ms: int
    end_ms: int
    step_ms: int
    unit: Unit
    coloured: bool


def plot(lines: Sequence[Line], frame: Frame) -> str:
    """Rows joined by newlines; empty where nothing can be drawn."""
    values = [value for line in lines for _, value in line.points if math.isfinite(value)]
    if not values or frame.height < 1:
        return ""
    low, high = value_bounds(min(values), max(values), frame)
    labels = _value_labels(low, high, frame)
    margin = max(map(len, labels)) + 1
    canvas = _Canvas(max(frame.width - margin - 1, 8), frame.height, braille=frame.coloured or len(lines) == 1)
    for index, line in enumerate(lines):
        for stretch in _stretches(line, frame):
            canvas.draw(index, [canvas.place(point, frame, low, high) for point in stretch])
    rows = canvas.rows(coloured=frame.coloured)
    drawn = [f"{label:>{margin - 1}} {'┤' if label else '│'}{row}" for label, row in zip(labels, rows, strict=True)]
    return "\n".join([*drawn, *_time_axis(canvas.width, margin, frame)])


def mark_of(index: int, *, coloured: bool, single: bool) -> str:
    """What a series draws with, for the legend."""
    if coloured:
        return f"\x1b[{COLOURS[index % len(COLOURS)]}m⠶\x1b[0m"
    return "⠶" if single else MARKS[index % len(MARKS)]


def value_bounds(low: float, high: float, frame: Frame) -> tuple[float, float]:
    """Round values at the labelled rows. Zero is shown unless the values stay far from it; a flat line has room around it."""
    if low >= 0 and low <= high * 0.5:
        low = 0.0
    if high <= 0 and high >= low * 0.5:
        high = 0.0
    if high == low:
        high = low + (abs(low) or 1.0)
    rows = frame.height - 1
    if rows < 2 * _LABEL_ROWS:
        return low, high  # too few labels to choose them round
    step = _round_up((high - low) * _LABEL_ROWS / rows, frame.unit)
    bottom = math.floor(low / step) * step
    while bottom + step * rows / _LABEL_ROWS < high:
        step = _round_up(step * 1.01, frame.unit)
        bottom = math.floor(low / step) * step
    return bottom, bottom + step * rows / _LABEL_ROWS


def _round_up(step: float, unit: Unit) -> float:
    """The next of 1, 2, 5, 10 ...; of bytes, of whole KiB, MiB ... of them."""
    scale = 1.0
    if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND):
        scale = 1024.0 ** max(math.floor(math.log(step, 1024)), 0)
    power = 10.0 ** math.floor(math.log10(step / scale))
    return next(lead * power * scale for lead in (1, 2, 5, 10, 20) if lead * power * scale >= step * (1 - 1e-9))


def _value_labels(low: float, high: float, frame: Frame) -> list[str]:
    """One for each row, from the top; most are empty. As many digits as tell them apart."""
    places = [row for row in range(frame.height) if (frame.height - 1 - row) % _LABEL_ROWS == 0]
    rows = max(frame.height - 1, 1)
    values = [low + (high - low) * (rows - row) / rows for row in places]
    least = (high - low) * 1e-9
    for digits in range(3, 10):
        texts = [format_value(0.0 if abs(value) < least else value, frame.unit, digits) for value in values]
        if len(set(texts)) == len(texts):
            break
    named = dict(zip(places, texts, strict=True))
    return [named.get(row, "") for row in range(frame.height)]


def _stretches(line: Line, frame: Frame) -> Iterator[list[tuple[int, float]]]:
    """Points without a gap between them."""
    stretch: list[tuple[int, float]] = []
    for point in line.points:
        finite = math.isfinite(point[1])
        if stretch and (not finite or point[0] - stretch[-1][0] > frame.step_ms * 1.5):
            yield stretch
            stretch = []
        if finite:
            stretch.append(point)
    if stretch:
        yield stretch


class _Canvas:
    """Dots under the top left corner; `braille`: two by four of them in a cell, else one."""

    def __init__(self, width: int, height: int, *, braille: bool) -> None:
        self.width, self.height = width, height
        self._across, self._down = (2, 4) if braille else (1, 1)
        self._braille = braille
        self._bits = [[0] * width for _ in range(height)]
        self._owner = [[-1] * width for _ in range(height)]

    def place(self, point: tuple[int, float], frame: Frame, low: float, high: float) -> tuple[int, int]:
        last_x, last_y = self.width * self._across - 1, self.height * self._down - 1
        along = (point[0] - frame.start_ms) / max(frame.end_ms - frame.start_ms, 1)
        up = (point[1] - low) / (high - low)
        return round(min(max(along, 0.0), 1.0) * last_x), last_y - round(min(max(up, 0.0), 1.0) * last_y)

    def draw(self, series: int, places: Sequence[tuple[int, int]]) -> None:
        self._dot(series, *places[0])
        for (x0, y0), (x1, y1) in pairwise(places):
            steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            for step in range(1, steps + 1):
                self._dot(series, x0 + round((x1 - x0) * step / steps), y0 + round((y1 - y0) * step / steps))

    def _dot(self, series: int, x: int, y: int) -> None:
        column, row = x // self._across, y // self._down
        self._bits[row][column] |= _DOTS[y % self._down][x % self._across]
        self._owner[row][column] = series

    def rows(self, *, coloured: bool) -> Iterator[str]:
        for bits, owners in zip(self._bits, self._owner, strict=True):
            cells = zip(bits, owners, strict=True)
            yield "".join(self._cell(bit, owner, coloured=coloured) for bit, owner in cells).rstrip()

    def _cell(self, bits: int, owner: int, *, coloured: bool) -> str:
        if owner < 0:
            return " "
        character = chr(_BLANK + bits) if self._braille else MARKS[owner % len(MARKS)]
        return f"\x1b[{COLOURS[owner % len(COLOURS)]}m{character}\x1b[0m" if coloured else character


def _time_axis(width: int, margin: int, frame: Frame) -> list[str]:
    """A line with ticks at round times, and their texts under it."""
    span_ms = max(frame.end_ms - frame.start_ms, 1)
    pattern = _time_pattern(span_ms)
    wide = len(_time_text(frame.start_ms, pattern)) + 3
    step_ms = step_for(span_ms, max(width // wide, 1))
    zone_ms = round(_local(frame.start_ms).utcoffset().total_seconds() * 1000)  # type: ignore[union-attr]  # it is aware
    first_ms = -(-(frame.start_ms + zone_ms) // step_ms) * step_ms - zone_ms
    line, texts, free_from = ["─"] * width, [" "] * width, 0
    for tick_ms in range(first_ms, frame.end_ms + 1, step_ms):
        at = round((tick_ms - frame.start_ms) / span_ms * (width - 1))
        text = _time_text(tick_ms, pattern)
        begin = min(max(at - len(text) // 2, 0), width - len(text))
        if begin >= free_from:
            line[at] = "┬"
            texts[begin : begin + len(text)] = text
            free_from = begin + len(text) + 1
    pad = " " * margin
    return [f"{pad}└{''.join(line)}", f"{pad} {''.join(texts).rstrip()}"]


def _time_pattern(span_ms: int) -> str:
    if span_ms <= 10 * 60_000:
        return "%H:%M:%S"
    return "%H:%M" if span_ms <= 20 * 3_600_000 else "%m-%d %H:%M" if span_ms <= 7 * 86_400_000 else "%Y-%m-%d"


def _time_text(time_ms: int, pattern: str) -> str:
    return _local(time_ms).strftime(pattern)


def _local(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000).astimezone()
