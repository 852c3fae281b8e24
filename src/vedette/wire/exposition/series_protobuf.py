"""The slow path of the protobuf format: one sample's row to Labels, the families to metadata.

Only bytes that the scanner accepted come here. Source of the semantics: Prometheus textparse ProtobufParser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import exposition_protobuf as kernel
from vedette.kernels.protobuf import read_field
from vedette.model.blocks import METRIC_TYPES, Int64s, MetricMetadata
from vedette.model.labels import METRIC_NAME, Labels
from vedette.wire.exposition.bounds import format_bound
from vedette.wire.exposition.series_text import checked_labels

_SUFFIXES: Final = {kernel.COUNT: "_count", kernel.SUM: "_sum", kernel.BUCKET: "_bucket"}
_BOUND_LABELS: Final = {kernel.BUCKET: "le", kernel.QUANTILE: "quantile"}
_LABEL_FIELD: Final = 1


@dataclass(frozen=True, slots=True)
class ProtobufSeries:
    """`rows`: the scanner's samples, int64[n, 9]; `families`: int64[f, 7]."""

    buffer: NDArray[np.uint8]
    rows: Int64s
    families: Int64s

    def take(self, rows: Int64s) -> ProtobufSeries:
        return ProtobufSeries(self.buffer, self.rows[rows], self.families)

    def raw(self, i: int) -> bytes:
        """The series as text, for messages: the page has no such bytes."""
        return str(self.labels(i)).encode()

    def labels(self, i: int) -> Labels:
        row = self.rows[i].tolist()
        family = self.families[row[kernel.FAMILY]].tolist()
        part = row[kernel.PART]
        name = self._text(family[0], family[1]) + _SUFFIXES.get(part, "")
        pairs = [(METRIC_NAME, name), *self._label_pairs(row[kernel.START], row[kernel.STOP])]
        if part in _BOUND_LABELS:
            bound = float(np.int64(row[kernel.BOUND]).view(np.float64))
            pairs.append((_BOUND_LABELS[part], format_bound(bound)))
        return checked_labels(pairs)

    def exemplar_labels(self, start: int, end: int) -> Labels:
        return Labels(self._label_pairs(start, end))

    def metadata(self) -> list[MetricMetadata]:
        families = {}
        for name, name_end, text, text_end, unit, unit_end, metric_type in self.families.tolist():
            metric = self._text(name, name_end)
            families[metric] = MetricMetadata(
                metric, METRIC_TYPES[metric_type], self._text(text, text_end), self._text(unit, unit_end)
            )
        return list(families.values())

    def _label_pairs(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        """The LabelPairs of a Metric or an Exemplar: field 1 of both."""
        for number, first, stop in _fields(self.buffer, start, end):
            if number == _LABEL_FIELD:
                pair = {part: self._text(a, b) for part, a, b in _fields(self.buffer, first, stop)}
                yield pair.get(1, ""), pair.get(2, "")

    def _text(self, start: int, end: int) -> str:
        return self.buffer[start:end].tobytes().decode(errors="replace")


def _fields(buffer: NDArray[np.uint8], i: int, end: int) -> Iterator[tuple[int, int, int]]:
    while i < end:
        number, _, _, start, stop, i = read_field(buffer, i, end)
        yield number, start, stop
