"""Remote write requests from columns, in both versions of the protocol.

A sender keeps one `Catalog` for each remote: what a series' labels look like on the wire is worked out once, when the
series is first sent. Version 1 has the label messages of each series; version 2 numbers the strings of a request
(`symbols`), so a catalog keeps global numbers, and a request renumbers those that it uses. Labels of exemplars are seen once
and not kept.
Specs: prometheus.io/docs/specs/prw/remote_write_spec/, .../remote_write_spec_2_0/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.json_rows import Texts
from vedette.kernels.protobuf_writing import VARINT_BYTES_MAX, write_label_refs
from vedette.model.blocks import METRIC_TYPES, Int64s, MetricMetadata
from vedette.model.histograms import offsets_of, stretches
from vedette.model.labels import Labels
from vedette.wire.protobuf import FIXED64, bytes_field, varint, varint_field
from vedette.wire.remote_write.entries import EXEMPLAR, Entries, floats_of, histogram_fields
from vedette.wire.series_messages import encode_series, label_fields

_SERIES_TAG_V2: Final = 0x2A
_SYMBOLS: Final = 4
_METADATA_V1: Final = 3
_METADATA_V2: Final = 5
_HISTOGRAMS_TAGS: Final = (0x22, 0x1A)
_EXEMPLARS: Final = (3, 4)
"""Fields of TimeSeries, in version 1 and in version 2."""
_EXEMPLAR_VALUE: Final = bytes([2 << 3 | FIXED64])


class Catalog(Protocol):
    """The series of one remote. Not thread-safe."""

    def add(self, labels: Labels, metadata: MetricMetadata | None) -> int:
        """The series' number here: 0, 1, 2 ..."""
        ...

    def encode(self, entries: Entries) -> bytes:
        """The message of a request."""
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

    def encode(self, entries: Entries) -> bytes:
        """Start times are left out: the version has no field for them."""
        known, firsts = self._fields, entries.message_starts()
        labels = Texts.of([known[number] for number in entries.series[firsts].tolist()])
        others = Texts.none(len(firsts))
        if entries.kinds.any():
            exemplars = _exemplar_fields(entries, firsts, 1, [label_fields(one) for one in _said_labels(entries)])
            histograms = histogram_fields(entries, firsts, _HISTOGRAMS_TAGS[0], with_starts=False)
            others = Texts.of([said + shown for said, shown in zip(exemplars, histograms, strict=True)])
        return bytes(encode_series(labels, floats_of(entries, firsts, with_starts=False), others))


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

    def encode(self, entries: Entries) -> bytes:
        firsts = entries.message_starts()
        chosen = [self._series[number] for number in entries.series[firsts].tolist()]
        used, symbols = self._renumber([number for one in chosen for number in (*one.labels, one.help, one.unit)])
        offsets = offsets_of([len(one.labels) + 2 for one in chosen])
        # help and unit stand behind a series' labels
        label_ends = offsets[1:] - 2
        labels = _label_refs(symbols, offsets[:-1], label_ends)
        described = zip([one.type for one in chosen], symbols[label_ends], symbols[label_ends + 1], strict=True)
        others = [_describe(kind, int(help_), int(unit)) for kind, help_, unit in described]
        strings = [self._strings[number] for number in used]
        if entries.kinds.any():
            histograms = histogram_fields(entries, firsts, _HISTOGRAMS_TAGS[1], with_starts=True)
            exemplars = _exemplar_fields(entries, firsts, 2, _label_refs_of(_said_labels(entries), strings))
            others = [b"".join(parts) for parts in zip(histograms, exemplars, others, strict=True)]
        samples = floats_of(entries, firsts, with_starts=True)
        series = encode_series(labels, samples, Texts.of(others), _SERIES_TAG_V2)
        return b"".join([*(bytes_field(_SYMBOLS, text) for text in strings), series])

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


def _label_refs_of(labels: Sequence[Labels], strings: list[bytes]) -> list[bytes]:
    """The fields `labels_refs` of exemplars; strings that the request lacks are put behind its own."""
    number_of = {text: number for number, text in enumerate(strings)}
    fields = []
    for one in labels:
        texts = [text.encode() for pair in one for text in pair]
        numbers = [number_of.setdefault(text, len(number_of)) for text in texts]
        fields.append(bytes_field(1, b"".join(map(varint, numbers))))
    strings += list(number_of)[len(strings) :]
    return fields


def _said_labels(entries: Entries) -> list[Labels]:
    """Labels of the exemplars, in the order of their rows."""
    return [entries.exemplar_labels[place] for place in entries.places[entries.kinds == EXEMPLAR].tolist()]


def _exemplar_fields(entries: Entries, firsts: Int64s, version: int, labels: Sequence[bytes]) -> list[bytes]:
    """For each message the fields of its exemplars; `labels`: each one's own, encoded."""
    rows = np.flatnonzero(entries.kinds == EXEMPLAR)
    contents = zip(labels, entries.times_ms[rows].tolist(), entries.values[rows].tolist(), strict=True)
    messages = [
        bytes_field(_EXEMPLARS[version - 1], pairs + _EXEMPLAR_VALUE + struct.pack("<d", value) + varint_field(3, time))
        for pairs, time, value in contents
    ]
    bounds = np.searchsorted(rows, np.append(firsts, len(entries))).tolist()
    return [b"".join(messages[start:end]) for start, end in pairwise(bounds)]


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
