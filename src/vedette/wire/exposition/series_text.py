"""The slow path of the text formats: one series' bytes to Labels, one page's `#` lines to metadata.

Only bytes that the scanner accepted come here, so patterns suffice. Source of the semantics: Prometheus textparse Labels
and scrape's checks of a label set (name mandatory, valid, unique; a name that has an empty value is absent).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import exposition_series as series
from vedette.model.blocks import METRIC_TYPES, Int64s, MetricMetadata
from vedette.model.errors import MalformedPage
from vedette.model.labels import METRIC_NAME, Labels
from vedette.wire.exposition.bounds import normalize_bound

_FIELD_OF_KIND: Final = {series.TYPE: 0, series.HELP: 1, series.UNIT: 2}

_QUOTED = rb'"(?:\\\x00*[^\x00]|[^"\\])*"'
_PAIR = re.compile(
    rb"[ \t]*(?P<name>%b|[a-zA-Z_][a-zA-Z0-9_]*)[ \t]*(?:=[ \t]*(?P<value>%b)[ \t]*)?,?" % (_QUOTED, _QUOTED), re.DOTALL
)
_ESCAPE = re.compile(rb'\\([\\n"])')
_HELP_ESCAPE = re.compile(rb"\\([\\n])")
_ESCAPED: Final = {b"\\": b"\\", b"n": b"\n", b'"': b'"'}


@dataclass(frozen=True, slots=True)
class TextSeries:
    """`rows` is the scanner's metadata (int64[m, 6]); `quotes_in_help`: OpenMetrics also escapes quotes there."""

    buffer: NDArray[np.uint8]
    spans: Int64s
    types: NDArray[np.uint8]
    rows: Int64s
    quotes_in_help: bool

    def take(self, rows: Int64s) -> TextSeries:
        return replace(self, spans=self.spans[rows], types=self.types[rows])

    def raw(self, i: int) -> bytes:
        start, end = self.spans[i]
        return self.buffer[start:end].tobytes()

    def labels(self, i: int) -> Labels:
        metric_type = int(self.types[i])
        pairs = [(name, normalize_bound(metric_type, name, value)) for name, value in self._pairs(i)]
        return checked_labels(pairs)

    def written_labels(self, i: int) -> Labels:
        """As the page has them, bounds not normalized."""
        return checked_labels(self._pairs(i))

    def _pairs(self, i: int) -> list[tuple[str, str]]:
        try:
            return parse_series(self.raw(i))
        except UnicodeDecodeError:
            raise MalformedPage(
                f"invalid metric name or label names: {self.raw(i)!r}", offset=int(self.spans[i, 0])
            ) from None

    def exemplar_labels(self, start: int, end: int) -> Labels:
        return Labels(parse_pairs(self.buffer[start + 1 : end - 1].tobytes()))

    def metadata(self) -> list[MetricMetadata]:
        families: dict[str, list[str]] = {}
        for kind, name_start, name_end, text_start, text_end, _ in self.rows.tolist():
            family = families.setdefault(self.name_at(name_start, name_end), ["unknown", "", ""])
            family[_FIELD_OF_KIND[kind]] = self.metadata_text(kind, text_start, text_end)
        return [MetricMetadata(name, *entry) for name, entry in families.items()]

    def name_at(self, start: int, end: int) -> str:
        return _unescape(self.buffer[start:end].tobytes(), _ESCAPE).decode(errors="replace")

    def metadata_text(self, kind: int, start: int, end: int) -> str:
        """What a metadata row says; `start` of a TYPE row is the type itself."""
        if kind == series.TYPE:
            return METRIC_TYPES[start]
        text = self.buffer[start:end].tobytes()
        if kind == series.HELP:
            text = _unescape(text, _ESCAPE if self.quotes_in_help else _HELP_ESCAPE)
        return text.decode(errors="replace")


def parse_series(raw: bytes) -> list[tuple[str, str]]:
    """`name{a="b"}` or `{"name", a="b"}` to pairs in the page's order, the metric's name as `__name__`."""
    brace = raw.find(b"{")
    if brace < 0:
        return [(METRIC_NAME, raw.decode())]
    name = raw[:brace].rstrip(b" \t")
    pairs = parse_pairs(raw[brace + 1 : -1])
    return [(METRIC_NAME, name.decode()), *pairs] if name else pairs


def parse_pairs(body: bytes) -> list[tuple[str, str]]:
    """What stands between the braces; a quoted string without a value is the metric's name."""
    pairs = []
    for match in _PAIR.finditer(body):
        name, value = match["name"], match["value"]
        text = _unescape(name[1:-1] if name.startswith(b'"') else name, _ESCAPE).decode()
        if value is None:
            pairs.append((METRIC_NAME, text))
        else:
            pairs.append((text, _unescape(value[1:-1], _ESCAPE).decode()))
    return pairs


def checked_labels(pairs: list[tuple[str, str]]) -> Labels:
    """Raises MalformedPage, in the reference's words, for pairs that cannot be a series."""
    absent = {name for name, value in pairs if not value}
    labels = Labels(pair for pair in pairs if pair[0] not in absent)
    if not labels.name:
        raise MalformedPage("missing metric name (__name__ label)")
    if any(not name for name, _ in pairs):
        raise MalformedPage(f"invalid metric name or label names: {labels}")
    for (name, _), (following, _) in pairwise(labels.pairs):
        if name == following:
            raise MalformedPage(f'label name "{name}" is not unique: invalid sample')
    return labels


def _unescape(text: bytes, escape: re.Pattern[bytes]) -> bytes:
    return escape.sub(lambda match: _ESCAPED[match[1]], text) if b"\\" in text else text
