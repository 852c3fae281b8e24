"""The verb: reads what was written, asks the source, prints the answer. Warnings go to stderr, so that a pipe gets data only."""

from __future__ import annotations

import argparse
import os
import shutil
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from vedette.app.language import Say, choose_language, speaker
from vedette.app.querying.arguments import DEFAULT_URL
from vedette.app.querying.plotting import Frame, Line, mark_of, plot
from vedette.app.querying.remote import Credentials, Remote
from vedette.app.querying.sources import Bounds, Reply, Source
from vedette.app.querying.tables import aligned, as_csv, as_json, as_table, points_of, series_name
from vedette.app.querying.times import parse_moment_ms, step_for
from vedette.app.querying.units import Unit, format_value, unit_of
from vedette.app.values import parse_span_ms, parse_url
from vedette.model.errors import BadInput
from vedette.ports.principal import ANONYMOUS

_WIDTH_MAX: Final = 160
_WIDTH_PIPED: Final = 100
_LINES_DRAWN_MAX: Final = 24
"""Series in a plot and its legend; the others are counted."""


def run_query(arguments: argparse.Namespace) -> int:
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    asked_at_ms = time.time_ns() // 1_000_000
    if arguments.kind == "range":
        return _run_range(arguments, asked_at_ms, say)
    source = open_source(arguments)
    try:
        reply = _ask(source, arguments, asked_at_ms)
    finally:
        source.close()
    _remark(reply, say)
    _print(_written(reply, arguments, say), reply, say)
    return 0


def open_source(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Source:
    """Raises BadInput, DataDirectoryInUse, StoreError."""
    if arguments.data is not None:
        if arguments.url is not None:
            raise BadInput("--data and --url exclude each other")
        from vedette.app.querying.local import Local  # loads the engine

        features = [
            name.strip() for text in getattr(arguments, "enable_feature", None) or () for name in text.split(",")
        ]
        return Local(Path(arguments.data), arguments.tenant or ANONYMOUS, features)
    remote = open_remote(arguments, environ)
    return replace(remote, unreachable_hint=f"{remote.unreachable_hint}, --data reads a directory without a server")


def open_remote(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Remote:
    """Raises BadInput."""
    user = arguments.user or environ.get("VEDETTE_USER", "")
    password = _read_password(arguments.password_file) or environ.get("VEDETTE_PASSWORD", "")
    url = parse_url(arguments.url or environ.get("VEDETTE_URL") or DEFAULT_URL)
    return Remote(url, Credentials(user, password, arguments.tenant or ""), _trust(arguments.ca_file))


def _read_password(file: str | None) -> str:
    if file is None:
        return ""
    try:
        return Path(file).read_text().rstrip("\r\n")
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from None


def _trust(file: str | None) -> ssl.SSLContext | None:
    if file is None:
        return None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"cannot read {file}: {error.strerror or error}") from None


def _ask(source: Source, arguments: argparse.Namespace, now_ms: int) -> Reply:
    match arguments.kind:
        case "instant":
            return source.instant(arguments.expression, parse_moment_ms(arguments.time, now_ms))
        case "series":
            return source.series(arguments.selectors, _bounds(arguments, now_ms))
        case "labels":
            return source.label_names(arguments.selectors, _bounds(arguments, now_ms))
        case _:
            return source.label_values(arguments.label, arguments.selectors, _bounds(arguments, now_ms))


def _bounds(arguments: argparse.Namespace, now_ms: int) -> Bounds:
    start, end = (None if text is None else parse_moment_ms(text, now_ms) for text in (arguments.start, arguments.end))
    if start is not None and end is not None and end < start:
        raise BadInput(f"the end is before the start: {arguments.start} .. {arguments.end}")
    return start, end


def _written(reply: Reply, arguments: argparse.Namespace, say: Say) -> str:
    if arguments.output == "json":
        return as_json(reply)
    if arguments.output == "csv":
        return as_csv(reply.data, heading=arguments.label if arguments.kind == "values" else "label")
    return as_table(reply.data, say)


def _run_range(arguments: argparse.Namespace, now_ms: int, say: Say) -> int:
    start_ms, end_ms = _bounds(arguments, now_ms)
    assert start_ms is not None and end_ms is not None, "both have a default"
    width = _width()
    step_ms = parse_span_ms(arguments.step) if arguments.step else step_for(end_ms - start_ms, width * 2)
    if not arguments.step:  # round times: two calls in a row show the same points
        start_ms, end_ms = start_ms // step_ms * step_ms, end_ms // step_ms * step_ms
    source = open_source(arguments)
    try:
        reply = source.range(arguments.expression, start_ms, end_ms, step_ms)
    finally:
        source.close()
    _remark(reply, say)
    if arguments.output != "table":
        _print(_written(reply, arguments, say), reply, say)
        return 0
    frame = Frame(
        width, arguments.height, start_ms, end_ms, step_ms, unit_of(arguments.expression), _coloured(arguments.color)
    )
    _print(range_text(reply.data["result"], frame, say), reply, say)
    return 0


def range_text(result: Sequence[Mapping[str, Any]], frame: Frame, say: Say) -> str:
    """The plot, and under it each series with its last, least, mean and largest value."""
    lines = [
        Line(series_name(series["metric"]), [(round(time * 1000), float(value)) for time, value in series["values"]])
        for series in result
        if "values" in series
    ]
    shown = lines[:_LINES_DRAWN_MAX]
    parts = [plot(shown, frame), _legend(shown, frame, say)] if shown else []
    histograms = [series for series in result if "histograms" in series]
    parts += [f"{series_name(series['metric'])}  {points_of(series)[-1][1]}" for series in histograms]
    if len(lines) > len(shown):
        more = len(lines) - len(shown)
        parts.append(say(f"and {more} more series", f"另有 {more} 条时间序列"))
    return "\n".join(part for part in parts if part)


def _legend(lines: Sequence[Line], frame: Frame, say: Say) -> str:
    heads = (say("last", "最新"), say("min", "最小"), say("mean", "平均"), say("max", "最大"))
    rows: list[tuple[str, ...]] = [(say("SERIES", "时间序列"), *heads)]
    rows += [(line.name, *_summary(line, frame.unit)) for line in lines]
    table = aligned(rows, right=1).split("\n")
    marks = [mark_of(index, coloured=frame.coloured, single=len(lines) == 1) for index in range(len(lines))]
    return "\n".join(f"{mark} {row}" for mark, row in zip((" ", *marks), table, strict=True))


def _summary(line: Line, unit: Unit) -> tuple[str, ...]:
    values = [value for _, value in line.points]
    figures = (values[-1], min(values), sum(values) / len(values), max(values))
    return tuple(format_value(figure, unit) for figure in figures)


def _width() -> int:
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return _WIDTH_PIPED
    return min(shutil.get_terminal_size((_WIDTH_PIPED, 24)).columns, _WIDTH_MAX)


def _coloured(choice: str) -> bool:
    return choice == "always" or (choice == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def _remark(reply: Reply, say: Say) -> None:
    for text in reply.warnings:
        print(say(f"warning: {text}", f"警告：{text}"), file=sys.stderr)
    for text in reply.infos:
        print(say(f"note: {text}", f"提示：{text}"), file=sys.stderr)


def _print(text: str, reply: Reply, say: Say) -> None:
    found = reply.data["result"] if isinstance(reply.data, dict) else reply.data
    if not found:
        print(say("nothing found", "没有找到"), file=sys.stderr)
    if text:
        print(text)
    sys.stdout.flush()
