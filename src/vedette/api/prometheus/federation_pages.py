"""The two forms of a federated page, written slice by slice of series in the order of their names.

External labels are added where a series has no label of that name, and `instance=""` is always said, so that the scraper's
own does not cover it. Series without a name are left out. Native histograms need protobuf; as text, those with custom buckets
become classic ones and the others are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from vedette.api.prometheus.escaping import escape_name
from vedette.kernels.json_numbers import format_general
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels, escape_value, exposition_text, is_classic_metric_name
from vedette.model.staleness import STALE_NAN_BITS
from vedette.wire.exposition.writing_protobuf import Exposed, cumulative, write_families


class _Page:
    """Where a slice's series become rows: labels without the name, time, value."""

    def __init__(self, external: Mapping[str, str], scheme: str) -> None:
        self._added = sorted({"instance": "", **external}.items())
        self._scheme = scheme

    def begin(self) -> bytes:
        return b""

    def end(self) -> bytes:
        return b""

    def _rows(self, columns: SeriesColumns) -> Iterator[tuple[str, Exposed]]:
        """(name as it is shown, row)"""
        rows, last = _newest(columns)
        times_ms, values = columns.times_ms[last].tolist(), _values_at(columns, last)
        for row, time_ms, value in zip(rows.tolist(), times_ms, values, strict=True):
            labels = columns.labels[row]
            if labels.name:
                yield escape_name(labels.name, self._scheme), Exposed(self._pairs(labels), time_ms, value)

    def _pairs(self, labels: Labels) -> list[tuple[str, str]]:
        own = [(escape_name(name, self._scheme), value) for name, value in labels if name != METRIC_NAME]
        known = {name for name, _ in labels}
        return own + [(name, value) for name, value in self._added if name not in known]


class ProtobufPage(_Page):
    def write(self, columns: SeriesColumns) -> bytes:
        families = groupby(self._rows(columns), key=lambda row: row[0])
        return write_families((name, [exposed for _, exposed in family]) for name, family in families)


class TextPage(_Page):
    def __init__(self, external: Mapping[str, str], scheme: str) -> None:
        super().__init__(external, scheme)
        self._begun = ("", False)
        """The family whose lines come: its name, and whether it is of histograms."""

    def write(self, columns: SeriesColumns) -> bytes:
        lines: list[str] = []
        kinds = groupby(self._rows(columns), key=lambda row: (row[0], isinstance(row[1].value, NativeHistogram)))
        for (name, is_histogram), family in kinds:
            rows = [exposed for _, exposed in family]
            written = list(_histogram_lines(name, rows) if is_histogram else _float_lines(name, rows))
            if written and self._begun != (name, is_histogram):
                self._begun = name, is_histogram
                quoted = name if is_classic_metric_name(name) else f'"{escape_value(name)}"'
                lines.append(f"# TYPE {quoted} {'histogram' if is_histogram else 'untyped'}\n")
            lines += written
        return "".join(lines).encode(errors="replace")


def _newest(columns: SeriesColumns) -> tuple[Int64s, Int64s]:
    """(series whose newest sample is no stale marker, the place of that sample)"""
    filled = np.flatnonzero(np.diff(columns.offsets))
    last = columns.offsets[filled + 1] - 1
    live = columns.values.view(np.uint64)[last] != STALE_NAN_BITS
    return filled[live], last[live]


def _values_at(columns: SeriesColumns, places: Int64s) -> list[float | NativeHistogram]:
    values: list[float | NativeHistogram] = columns.values[places].tolist()
    if columns.histograms is not None:
        cells = columns.histograms[places]
        for place in np.flatnonzero(cells.rows != FLOAT).tolist():
            values[place] = cells.table.at(int(cells.rows[place]))
    return values


def _float_lines(name: str, rows: Sequence[Exposed]) -> Iterator[str]:
    texts = format_general(np.array([row.value for row in rows], np.float64))
    for row, text in zip(rows, texts, strict=True):
        yield f"{exposition_text(name, row.labels)} {text} {row.time_ms}\n"


def _histogram_lines(name: str, rows: Sequence[Exposed]) -> Iterator[str]:
    """As a classic histogram, where the buckets are custom."""
    for row in rows:
        histogram = row.value
        if not isinstance(histogram, NativeHistogram) or histogram.schema != CUSTOM_BUCKETS:
            continue
        buckets = [*cumulative(histogram), (math.inf, histogram.count)]
        counts = format_general(np.array([count for _, count in buckets]))
        bounds = format_general(np.array([bound for bound, _ in buckets]))
        for bound, count in zip(bounds, counts, strict=True):
            yield f"{exposition_text(f'{name}_bucket', [*row.labels, ('le', bound)])} {count} {row.time_ms}\n"
        total, count = format_general(np.array([histogram.sum, histogram.count]))
        yield f"{exposition_text(f'{name}_sum', row.labels)} {total} {row.time_ms}\n"
        yield f"{exposition_text(f'{name}_count', row.labels)} {count} {row.time_ms}\n"
