"""A series' labels: an immutable, sorted set of (name, value) pairs. An empty value means that the label is absent.

Names sort by code point, which is the order of their UTF-8 bytes, so our order is Prometheus' order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NewType

METRIC_NAME: Final = "__name__"

NAMES_REMEMBERED: Final = 4096
"""Names of labels and metrics are few, and a page of a hundred thousand series asks about each again and again."""

SeriesId = NewType("SeriesId", int)
"""uint64 hash of (tenant, labels): the same on every server, persisted."""

SeriesRef = NewType("SeriesRef", int)
"""Dense row number of a series in this process' index: small, never persisted, never reused."""

_CLASSIC_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
_CLASSIC_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Labels:
    __slots__ = ("_hash", "pairs")

    pairs: tuple[tuple[str, str], ...]

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(sorted((name, value) for name, value in pairs if value))
        self._hash = hash(self.pairs)

    @classmethod
    def of(cls, mapping: Mapping[str, str] | None = None, /, **labels: str) -> Labels:
        return cls({**(mapping or {}), **labels}.items())

    @classmethod
    def from_sorted(cls, pairs: tuple[tuple[str, str], ...]) -> Labels:
        """The pairs must be sorted by name, without duplicates or empty values; not checked."""
        labels = cls.__new__(cls)
        labels.pairs = pairs
        labels._hash = hash(pairs)
        return labels

    def get(self, name: str) -> str:
        """The value, or the empty string when the label is absent."""
        for key, value in self.pairs:
            if key == name:
                return value
        return ""

    @property
    def name(self) -> str:
        return self.get(METRIC_NAME)

    def without(self, names: frozenset[str] | set[str]) -> Labels:
        return Labels.from_sorted(tuple(pair for pair in self.pairs if pair[0] not in names))

    def only(self, names: frozenset[str] | set[str]) -> Labels:
        return Labels.from_sorted(tuple(pair for pair in self.pairs if pair[0] in names))

    def replace(self, name: str, value: str) -> Labels:
        """With `name` set to `value`; an empty value removes it."""
        rest = [pair for pair in self.pairs if pair[0] != name]
        return Labels([*rest, (name, value)]) if value else Labels.from_sorted(tuple(rest))

    def canonical(self) -> bytes:
        """`name 0xFF value 0xFF ...` in UTF-8, which cannot contain 0xFF: no two label sets share it."""
        return b"".join(name.encode() + b"\xff" + value.encode() + b"\xff" for name, value in self.pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self._hash == other._hash and self.pairs == other.pairs

    def __lt__(self, other: Labels) -> bool:
        return self.pairs < other.pairs

    def __str__(self) -> str:
        """As Prometheus writes a series: `name{a="b", c="d"}`; names that need it are quoted."""
        name = self.name
        inner = [f'{quote_label_name(key)}="{escape_value(value)}"' for key, value in self.pairs if key != METRIC_NAME]
        if name and not is_classic_metric_name(name):
            inner.insert(0, f'"{escape_value(name)}"')
            name = ""
        return f"{name}{{{', '.join(inner)}}}" if inner or not name else name

    def __repr__(self) -> str:
        return f"Labels({str(self)!r})"


def exposition_text(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """As a page has a series: `name{a="b",c="d"}`; `pairs` without the name. Names that are not classic are quoted."""
    inner = [f'{quote_label_name(key)}="{escape_value(value)}"' for key, value in pairs]
    if not is_classic_metric_name(name):
        inner.insert(0, f'"{escape_value(name)}"')
        name = ""
    return f"{name}{{{','.join(inner)}}}" if inner else name


EMPTY_LABELS: Final = Labels()


def series_id(tenant: str, labels: Labels) -> SeriesId:
    digest = hashlib.blake2b(tenant.encode() + b"\xff" + labels.canonical(), digest_size=8).digest()
    return SeriesId(int.from_bytes(digest, "little"))


def escape_value(value: str) -> str:
    return value.translate(_ESCAPES)


@lru_cache(NAMES_REMEMBERED)
def is_classic_label_name(name: str) -> bool:
    return _CLASSIC_LABEL.match(name) is not None


@lru_cache(NAMES_REMEMBERED)
def is_classic_metric_name(name: str) -> bool:
    return _CLASSIC_METRIC.match(name) is not None


@lru_cache(NAMES_REMEMBERED)
def quote_label_name(name: str) -> str:
    return name if is_classic_label_name(name) else f'"{escape_value(name)}"'
