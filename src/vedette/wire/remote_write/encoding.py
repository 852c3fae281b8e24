"""Remote write requests from columns, in both versions of the protocol.

A sender keeps one `Catalog` for each remote: what a series' labels look like on the wire is worked out once, when the
series is first sent. Version 1 has the label messages of each series; version 2 numbers the strings of a request
(`symbols`), so a catalog keeps global numbers, and a request renumbers those that it uses.
Specs: prometheus.io/docs/specs/prw/remote_write_spec/, .../remote_write_spec_2_0/.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.json_rows import Texts
from vedette.kernels.protobuf_writing import VARINT_BYTES_MAX, write_label_refs
from vedette.model.blocks import Int64s, MetricMetadata
from vedette.model.histograms import offsets_of, stretches
from vedette.model.labels import Labels
from vedette.wire.protobuf import bytes_field, varint_field
from vedette.wire.series_messages import FloatSamples, encode_series, label_fields

METRIC_TYPES: Final = ("unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset")
"""By their number on the wire, in both versions."""

_SERIES_TAG_V2: Final = 0x2A
_SYMBOLS: Final = 4
_METADATA_V1: Final = 3
_METADATA_V2: Final = 5


class Catalog(Protocol):
    """The series of one remote. Not thread-safe."""

    def add(self, labels: Labels, metadata: MetricMetadata | None) -> int:
        """The series' number here: 0, 1, 2 ..."""
        ...

    def encode(self, series: Sequence[int], samples: FloatSamples) -> bytes:
        """The message of a request: series numbers, each once, with their samples, CSR, times ascending."""
        ...

    @property
    def size(self) -> int:
        """Bytes kept, about."""
        ...


class CatalogV1:
    def __init__(self) -> None:
        self._fields: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        return self._size

    def add(self, labels: Labels, metadata: MetricMetadata | None) -> int:
        """Metadata goes in messages of its own (`encode_metadata`)."""
        fields = label_fields(labels)
        self._fields.append(fields)
        self._size += len(fields)
        return len(self._fields) - 1

    def encode(self, series: Sequence[int], samples: FloatSamples) -> bytes:
        known = self._fields
        labels = Texts.of([known[number] for number in series])
        without_starts = FloatSamples(samples.offsets, samples.times_ms, samples.values)
        return bytes(encode_series(labels, without_starts, Texts.none(len(series))))


@dataclass(frozen=True, slots=True)
class _SymbolizedSeries:
    """Global numbers of strings: name, value, name, value ...; and what the metric is."""

    labels: tuple[int, ...]
    type: int
    help: int
    unit: int


class CatalogV2:
    def __init__(self) -> None:
        self._strings: list[bytes] = [b""]
        self._number_of: dict[bytes, int] = {b"": 0}
        self._series: list[_SymbolizedSeries] = []
        self._size = 0

    @property
    def size(self) -> int:
        return self._size

    def add(self, labels: Labels, metadata: MetricMetadata | None) -> int:
        pairs = tuple(self._number(text.encode()) for pair in labels for text in pair)
        if metadata is None:
            one = _SymbolizedSeries(pairs, 0, 0, 0)
        else:
            texts = (self._number(text.encode()) for text in (metadata.help, metadata.unit))
            one = _SymbolizedSeries(pairs, METRIC_TYPES.index(metadata.type), *texts)
        self._series.append(one)
        self._size += 8 * len(pairs)
        return len(self._series) - 1

    def encode(self, series: Sequence[int], samples: FloatSamples) -> bytes:
        chosen = [self._series[number] for number in series]
        used, symbols = self._renumber([number for one in chosen for number in (*one.labels, one.help, one.unit)])
        offsets = offsets_of([len(one.labels) + 2 for one in chosen])
        # help and unit stand behind a series' labels
        label_ends = offsets[1:] - 2
        labels = _label_refs(symbols, offsets[:-1], label_ends)
        described = zip([one.type for one in chosen], symbols[label_ends], symbols[label_ends + 1], strict=True)
        others = Texts.of([_describe(kind, int(help_), int(unit)) for kind, help_, unit in described])
        strings = b"".join(bytes_field(_SYMBOLS, self._strings[number]) for number in used)
        return strings + bytes(encode_series(labels, samples, others, _SERIES_TAG_V2))

    def _number(self, text: bytes) -> int:
        number = self._number_of.get(text)
        if number is None:
            number = self._number_of[text] = len(self._strings)
            self._strings.append(text)
            self._size += 2 * len(text)
        return number

    @staticmethod
    def _renumber(numbers: list[int]) -> tuple[list[int], Int64s]:
        """(global numbers in the order of the request's symbols, the empty string first; each number as a symbol)"""
        used, symbols = np.unique(np.array([0, *numbers], np.int64), return_inverse=True)
        return used.tolist(), symbols[1:].astype(np.int64)


def _label_refs(symbols: Int64s, starts: Int64s, ends: Int64s) -> Texts:
    lengths = ends - starts
    offsets, places = stretches(starts, lengths)
    out = np.empty((len(places) + len(lengths)) * (VARINT_BYTES_MAX + 1), np.uint8)
    out_offsets = np.empty(len(offsets), np.int64)
    write_label_refs(borrowed(symbols[places], np.int64), borrowed(offsets, np.int64), out, out_offsets)
    return Texts(out[: out_offsets[-1]], out_offsets)


def _describe(kind: int, help_: int, unit: int) -> bytes:
    fields = varint_field(1, kind) + varint_field(3, help_) + varint_field(4, unit)
    return bytes_field(_METADATA_V2, fields) if fields else b""


def encode_metadata(entries: Iterable[MetricMetadata]) -> bytes:
    """A request of version 1 that carries metadata only."""
    return b"".join(
        bytes_field(
            _METADATA_V1,
            varint_field(1, METRIC_TYPES.index(entry.type))
            + bytes_field(2, entry.metric.encode())
            + bytes_field(4, entry.help.encode())
            + bytes_field(5, entry.unit.encode()),
        )
        for entry in entries
    )
