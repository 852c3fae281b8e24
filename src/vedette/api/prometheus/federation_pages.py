"""The two forms of a federated page, written slice by slice of series in the order of their names.

External labels are added where a series has no label of that name, and `instance=""` is always said, so that the scraper's
own does not cover it. Series without a name are left out. Native histograms need protobuf; as text, those with custom buckets
become classic ones and the others are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import numpy as np

from vedette.api.prometheus.escaping import escape_name
from vedette.kernels.json_numbers import format_general
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, NativeHistogram
from vedette.model.labels import (
    METRIC_NAME,
    Labels,
    escape_value,
    exposition_text,
    is_classic_metric_name,
    quote_label_name,
)
from vedette.model.staleness import STALE_NAN_BITS
from vedette.wire.exposition.writing_protobuf import Exposed, cumulative, write_families

Row = tuple[Labels, int, float | NativeHistogram]
"""A series, and its newest sample's time and value."""


class _Page:
    """What both forms share: which labels are added, and how names are escaped."""

    def __init__(self, external: Mapping[str, str], scheme: str) -> None:
        self._added = sorted({"instance": "", **external}.items())
        self._scheme = scheme

    def begin(self) -> bytes:
        return b""

    def end(self) -> bytes:
        return b""

    def _pairs(self, labels: Labels) -> list[tuple[str, str]]:
        own = [(escape_name(name, self._scheme), value) for name, value in labels if name != METRIC_NAME]
        known = {name for name, _ in labels}
        return own + [(name, value) for name, value in self._added if name not in known]


class ProtobufPage(_Page):
    def write(self, columns: SeriesColumns) -> bytes:
        families = groupby(_newest(columns), key=lambda row: row[0].name)
        return write_families(
            (
                escape_name(name, self._scheme),
                [Exposed(self._pairs(labels), time_ms, value) for labels, time_ms, value in family],
            )
            for name, family in families
        )


class TextPage(_Page):
    def __init__(self, external: Mapping[str, str], scheme: str) -> None:
        super().__init__(external, scheme)
        self._begun = ("", False)
        """The family whose lines come: its name, and whether it is of histograms."""
        self._shapes: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
        """By the names of a series' labels: few sets of names serve a hundred thousand series."""

    def write(self, columns: SeriesColumns) -> bytes:
        lines: list[str] = []
        kinds = groupby(_newest(columns), key=lambda row: (row[0].name, isinstance(row[2], NativeHistogram)))
        for (name, is_histogram), family in kinds:
            shown = escape_name(name, self._scheme)
            written = list(self._histogram_lines(shown, family) if is_histogram else self._float_lines(shown, family))
            if written and self._begun != (name, is_histogram):
                self._begun = name, is_histogram
                lines.append(f"# TYPE {_quoted(shown)} {'histogram' if is_histogram else 'untyped'}\n")
            lines += written
        return "".join(lines).encode(errors="replace")

    def _float_lines(self, name: str, family: Iterable[Row]) -> Iterator[str]:
        rows = list(family)
        texts = format_general(np.array([value for _, _, value in rows], np.float64))
        opening = f"{name}{{" if is_classic_metric_name(name) else f"{{{_quoted(name)},"
        for (labels, time_ms, _), text in zip(rows, texts, strict=True):
            yield f"{opening}{self._labels(labels)}}} {text} {time_ms}\n"

    def _histogram_lines(self, name: str, family: Iterable[Row]) -> Iterator[str]:
        """As a classic histogram, where the buckets are custom."""
        for labels, time_ms, histogram in family:
            if not isinstance(histogram, NativeHistogram) or histogram.schema != CUSTOM_BUCKETS:
                continue
            pairs = self._pairs(labels)
            buckets = [*cumulative(histogram), (math.inf, histogram.count)]
            counts = format_general(np.array([count for _, count in buckets]))
            bounds = format_general(np.array([bound for bound, _ in buckets]))
            for bound, count in zip(bounds, counts, strict=True):
                yield f"{exposition_text(f'{name}_bucket', [*pairs, ('le', bound)])} {count} {time_ms}\n"
            total, count = format_general(np.array([histogram.sum, histogram.count]))
            yield f"{exposition_text(f'{name}_sum', pairs)} {total} {time_ms}\n"
            yield f"{exposition_text(f'{name}_count', pairs)} {count} {time_ms}\n"

    def _labels(self, labels: Labels) -> str:
        """Never empty: `instance` is always said."""
        names = tuple([name for name, _ in labels.pairs])
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = self._shape(names)
        openings, added = shape
        own = [
            f'{opening}{escape_value(value)}"'
            for opening, (_, value) in zip(openings, labels.pairs, strict=True)
            if opening
        ]
        return ",".join([*own, *added])

    def _shape(self, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """(`name="` of each label, empty for the metric's name; the labels that are added)"""
        openings = [
            "" if name == METRIC_NAME else f'{quote_label_name(escape_name(name, self._scheme))}="' for name in names
        ]
        added = [
            f'{quote_label_name(name)}="{escape_value(value)}"' for name, value in self._added if name not in names
        ]
        return openings, added


def _quoted(name: str) -> str:
    return name if is_classic_metric_name(name) else f'"{escape_value(name)}"'


def _newest(columns: SeriesColumns) -> Iterator[Row]:
    """Of each series with a name whose newest sample is no stale marker."""
    filled = np.flatnonzero(np.diff(columns.offsets))
    last = columns.offsets[filled + 1] - 1
    live = columns.values.view(np.uint64)[last] != STALE_NAN_BITS
    rows, last = filled[live].tolist(), last[live]
    for row, time_ms, value in zip(rows, columns.times_ms[last].tolist(), _values_at(columns, last), strict=True):
        labels = columns.labels[row]
        if labels.name:
            yield labels, time_ms, value


def _values_at(columns: SeriesColumns, places: Int64s) -> list[float | NativeHistogram]:
    values: list[float | NativeHistogram] = columns.values[places].tolist()
    if columns.histograms is not None:
        cells = columns.histograms[places]
        for place in np.flatnonzero(cells.rows != FLOAT).tolist():
            values[place] = cells.table.at(int(cells.rows[place]))
    return values
