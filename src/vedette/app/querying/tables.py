"""Answers as rows for people, as JSON, and as CSV (RFC 4180): the same data in three forms, each one text."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from vedette.app.language import Say
from vedette.app.querying.sources import Reply
from vedette.model.labels import Labels

Row = tuple[str, ...]
BUCKET_RULES: Final = (("(", "]"), ("[", ")"), ("(", ")"), ("[", "]"))
"""Which ends of a native histogram's bucket belong to it, by the API's boundary rule."""


def as_json(reply: Reply) -> str:
    """The API's whole answer, warnings included."""
    document: dict[str, Any] = {"status": "success", "data": reply.data}
    document |= {"warnings": reply.warnings} if reply.warnings else {}
    document |= {"infos": reply.infos} if reply.infos else {}
    return json.dumps(document, ensure_ascii=False)


def as_csv(data: Any, *, heading: str = "") -> str:
    """`heading`: of a list of texts."""
    if isinstance(data, dict):
        return _csv_of_result(data)
    if data and isinstance(data[0], dict):
        names = sorted({name for labels in data for name in labels})
        return _csv([names, *([labels.get(name, "") for name in names] for labels in data)])
    return _csv([[heading], *([text] for text in data)])


def _csv_of_result(data: Mapping[str, Any]) -> str:
    """A row for each value: the labels, the time, the value."""
    if data["resultType"] in ("scalar", "string"):
        time, value = data["result"]
        return _csv([["time", "value"], [iso_time(time), value]])
    names = sorted({name for series in data["result"] for name in series["metric"]})
    rows: list[Sequence[str]] = [[*names, "time", "value"]]
    for series in data["result"]:
        labels = [series["metric"].get(name, "") for name in names]
        rows += [[*labels, iso_time(time), value] for time, value in points_of(series)]
    return _csv(rows)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().removesuffix("\r\n")


def as_table(data: Any, say: Say) -> str:
    """Rows without a frame, values to the right; a list is one entry a line."""
    if isinstance(data, dict):
        rows = rows_of_result(data)
        return aligned([(say("SERIES", "时间序列"), say("VALUE", "值")), *rows], right=1) if rows else ""
    return "\n".join(series_name(entry) if isinstance(entry, dict) else entry for entry in data)


def rows_of_result(data: Mapping[str, Any]) -> list[Row]:
    if data["resultType"] in ("scalar", "string"):
        return [(data["resultType"], data["result"][1])]
    is_vector = data["resultType"] == "vector"
    rows: list[Row] = []
    for series in data["result"]:
        name = series_name(series["metric"])
        for time, value in points_of(series):
            rows.append((name, value if is_vector else f"{value} @ {iso_time(time)}"))
            name = ""
    return rows


def points_of(series: Mapping[str, Any]) -> list[tuple[float, str]]:
    """Times and values as printed; a native histogram in one line."""
    values = [series["value"]] if "value" in series else series.get("values", [])
    histograms = [series["histogram"]] if "histogram" in series else series.get("histograms", [])
    points = [*((time, value) for time, value in values), *((time, _histogram(each)) for time, each in histograms)]
    return sorted(points, key=lambda point: point[0])


def _histogram(histogram: Mapping[str, Any]) -> str:
    buckets = [
        f"{BUCKET_RULES[rule][0]}{low},{high}{BUCKET_RULES[rule][1]}:{count}"
        for rule, low, high, count in histogram.get("buckets", [])
    ]
    return " ".join((f"count:{histogram['count']}", f"sum:{histogram['sum']}", *buckets))


def series_name(labels: Mapping[str, str]) -> str:
    return str(Labels.of(labels))


def iso_time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond // 1000:03}Z" if moment.microsecond else "Z")


def aligned(rows: Sequence[Row], right: int) -> str:
    """Columns two spaces apart; those from `right` on end at the same place."""
    widths = [max(display_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            " " * (width - display_width(cell)) + cell
            if column >= right
            else cell + " " * (width - display_width(cell))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def display_width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
