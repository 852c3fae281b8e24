"""A scanned request: columns, and the slow paths from a series' row to its labels and metadata.

The columns are what every request is read by; labels only where a key was never seen. Source of the words: Prometheus
storage/remote/write_handler.go, prompb/io/prometheus/write/v2/symbols.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import remote_write as kernel
from vedette.model.blocks import METRIC_TYPES, Float64s, Int64s, MetricMetadata
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.wire.protobuf import as_bytes, as_int64, read_fields, read_varints
from vedette.wire.remote_write.negotiation import Message
from vedette.wire.remote_write.words import show_labels

_HISTOGRAM_SUFFIXES: Final = ("_bucket", "_count", "_sum")


@dataclass(frozen=True, slots=True)
class Spans:
    """Messages of one kind: `owners` int64[n], the series' rows; `starts` and `stops` int64[n] in the buffer."""

    owners: Int64s
    starts: Int64s
    stops: Int64s

    def __len__(self) -> int:
        return len(self.owners)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """keys uint64[s]; owners int64[n], times_ms int64[n], values float64[n] (bits kept), start_times_ms int64[n] or None.

    `series` and `symbols` are the scanner's rows.
    """

    message: Message
    buffer: NDArray[np.uint8]
    series: Int64s
    keys: NDArray[np.uint64]
    owners: Int64s
    times_ms: Int64s
    values: Float64s
    start_times_ms: Int64s | None
    exemplars: Spans
    histograms: Spans
    metadata_spans: Int64s
    symbols: Int64s

    @property
    def n_series(self) -> int:
        return len(self.keys)

    def values_of(self, row: int) -> int:
        """Samples and histograms of a series."""
        return int(self.series[row, kernel.VALUES])

    def empty_series(self) -> Int64s:
        """Rows without samples and histograms."""
        return np.flatnonzero(self.series[:, kernel.VALUES] == 0)

    def labels(self, row: int) -> Labels:
        """Raises BadInput, in the reference's words, for what cannot be a series."""
        start, stop = self.series[row, kernel.START : kernel.STOP + 1].tolist()
        message = self.bytes_at(start, stop)
        if self.message is Message.V1:
            return checked_labels(list(_pairs_v1(message)))
        return checked_labels(self._resolved(list(_refs(message)), "labels"))

    def metadata_of(self, row: int, name: str) -> MetricMetadata | None:
        """What a series of 2.0 says about its metric; None where it says nothing. Raises BadInput."""
        start, stop = self.series[row, kernel.METADATA_START : kernel.METADATA_STOP + 1].tolist()
        fields = {number: as_int64(field) for number, field in read_fields(self.bytes_at(start, stop))}
        kind, help_ref, unit_ref = (fields.get(number, 0) for number in (1, 3, 4))
        if not (kind or help_ref or unit_ref):
            return None
        for what, ref in (("unit_ref", unit_ref), ("help_ref", help_ref)):
            if not 0 <= ref < len(self.symbols):
                raise BadInput(
                    f"parsing metadata for series {name}: metadata {what} {ref} outside of symbols table "
                    f"(size {len(self.symbols)})"
                )
        kind_name = _type_name(kind)
        return MetricMetadata(family_of(name, kind_name), kind_name, self.symbol(help_ref), self.symbol(unit_ref))

    def exemplar(self, row: int) -> tuple[Labels, float, int]:
        """(labels, value, time in ms). Raises BadInput."""
        message = self.bytes_at(int(self.exemplars.starts[row]), int(self.exemplars.stops[row]))
        value, time_ms = 0.0, 0
        for number, field in read_fields(message):
            if number == 2:
                value = float(np.uint64(as_int64(field) & _BITS).view(np.float64))
            elif number == 3:
                time_ms = as_int64(field)
        if self.message is Message.V1:
            pairs = list(_pairs_v1(message))
        else:
            pairs = self._resolved(list(_refs(message)), "exemplar")
        return Labels(dict(pairs).items()), value, time_ms

    def metadata(self) -> list[MetricMetadata]:
        """The entries of their own that 1.0 sends."""
        return [_metadata_v1(self.bytes_at(start, stop)) for start, stop in self.metadata_spans.tolist()]

    def symbol(self, ref: int) -> str:
        start, stop = self.symbols[ref].tolist()
        return _text(self.bytes_at(start, stop))

    def _resolved(self, refs: Sequence[int], what: str) -> list[tuple[str, str]]:
        """The pairs of symbols that stand for `what`. Raises BadInput."""
        problem = ""
        if len(refs) % 2:
            problem = f"invalid labelRefs length {len(refs)}"
        pairs = list(zip(refs[::2], refs[1::2], strict=False))
        for name, value in pairs:
            if max(name, value) >= len(self.symbols):
                problem = (
                    f"labelRefs {name} (name) = {value} (value) outside of symbols table (size {len(self.symbols)})"
                )
                break
        if problem:
            raise BadInput(f"parsing {what} for series [{' '.join(map(str, refs[:_REFS_SHOWN]))}]: {problem}")
        return [(self.symbol(name), self.symbol(value)) for name, value in pairs]

    def bytes_at(self, start: int, stop: int) -> bytes:
        return self.buffer[start:stop].tobytes()


_BITS: Final = (1 << 64) - 1
_REFS_SHOWN: Final = 64


def family_of(name: str, kind: str) -> str:
    """The family that a series of a histogram or summary belongs to: its name without what the kind adds."""
    if kind in ("histogram", "gaugehistogram", "summary"):
        for suffix in _HISTOGRAM_SUFFIXES:
            if name.endswith(suffix):
                return name.removesuffix(suffix)
    return name


def checked_labels(pairs: list[tuple[str, str]]) -> Labels:
    """The pairs as Labels, in whatever order they come. Raises BadInput in the reference's words."""
    labels = Labels(pairs)
    if not labels.name or any(not name for name, _ in pairs) or any(map(_SURROGATE.search, chain(*pairs))):
        raise BadInput(f"invalid metric name or labels, got {show_labels(sorted(pairs))}")
    for (name, _), (following, _) in pairwise(sorted(pairs)):
        if name == following:
            raise BadInput(f"invalid labels for series, labels {show_labels(sorted(pairs))}, duplicated label {name}")
    return labels


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Stands for a byte that is no UTF-8."""


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _pairs_v1(message: bytes) -> Iterator[tuple[str, str]]:
    """Field 1 of a TimeSeries or an Exemplar: name in its field 1, value in 2."""
    for number, field in read_fields(message):
        if number == 1:
            parts = {part: _text(as_bytes(text)) for part, text in read_fields(as_bytes(field))}
            yield parts.get(1, ""), parts.get(2, "")


def _refs(message: bytes) -> Iterator[int]:
    """Field 1 of a TimeSeries or an Exemplar of 2.0, packed or not."""
    for number, field in read_fields(message):
        if number == 1:
            yield from (field,) if isinstance(field, int) else read_varints(field)


def _metadata_v1(message: bytes) -> MetricMetadata:
    fields = dict(read_fields(message))
    kind = as_int64(fields.get(1, 0))
    texts = [_text(as_bytes(fields.get(number, b""))) for number in (2, 4, 5)]
    return MetricMetadata(texts[0], _type_name(kind), *texts[1:])


def _type_name(kind: int) -> str:
    return METRIC_TYPES[kind] if 0 <= kind < len(METRIC_TYPES) else METRIC_TYPES[0]
