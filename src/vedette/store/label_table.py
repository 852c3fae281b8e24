"""The labels of many series as columns, as a start reads them: no Python object per series.

Each distinct (name, value) pair has a number; a series is a stretch of such numbers. Pairs of one name stand together, so
that an index column is cut out of the table. 100,000 series of 7 labels: 0.1 s, where a `Labels` for each took 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Int64s
from vedette.model.labels import Labels
from vedette.store.label_column import Int32s, LabelColumn

_KEYS_MARKED_MAX: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class LabelTable:
    offsets: Int32s
    """int32[n_series + 1]"""
    numbers: Int32s
    """Into `pairs`; series i has `numbers[offsets[i]:offsets[i + 1]]`, sorted by name."""
    pairs: list[tuple[str, str]]
    """Distinct, those of one name side by side."""

    @classmethod
    def from_arrow(cls, maps: pa.MapArray) -> LabelTable:
        """`maps`: one map per series, its keys sorted, as the series table holds them."""
        names, values = maps.keys.dictionary_encode(), maps.items.dictionary_encode()
        n_values = max(1, len(values.dictionary))
        keys = names.indices.to_numpy().astype(np.int64) * n_values + values.indices.to_numpy()
        distinct, numbers = _numbered(keys, len(names.dictionary) * n_values)
        known_names, known_values = names.dictionary.to_pylist(), values.dictionary.to_pylist()
        pairs = [(known_names[key // n_values], known_values[key % n_values]) for key in distinct.tolist()]
        return cls(maps.offsets.to_numpy(), numbers, pairs)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def labels(self, series: int) -> Labels:
        pairs = self.pairs
        stretch = self.numbers[self.offsets[series] : self.offsets[series + 1]]
        return Labels.from_sorted(tuple([pairs[number] for number in stretch.tolist()]))

    def columns(self) -> Iterator[LabelColumn]:
        """An index column per name, with the series' rows as refs."""
        names = [name for name, _ in self.pairs]
        firsts = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
        bounds = np.array([*firsts, len(names)])
        owners = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))
        column_of = np.repeat(np.arange(len(firsts), dtype=np.int32), np.diff(bounds))[self.numbers]
        order = np.argsort(column_of, kind="stable")
        cuts = np.searchsorted(column_of[order], np.arange(len(firsts) + 1))
        for i, first in enumerate(firsts):
            places = order[cuts[i] : cuts[i + 1]]
            values = [value for _, value in self.pairs[first : bounds[i + 1]]]
            yield LabelColumn.filled(names[first], values, owners[places], self.numbers[places] - np.int32(first))


def _numbered(keys: Int64s, n_keys: int) -> tuple[Int64s, Int32s]:
    """(the distinct keys, ascending; for each key its place among them). Keys are below `n_keys`."""
    if n_keys > _KEYS_MARKED_MAX:
        distinct, places = np.unique(keys, return_inverse=True)
        return distinct, places.astype(np.int32)
    present = np.zeros(n_keys, np.bool_)  # a sort of all takes six times as long
    present[keys] = True
    return np.flatnonzero(present), (np.cumsum(present, dtype=np.int32) - 1)[keys]
