"""The labels of many series as columns, as a start reads them: no Python object per series.

Each distinct (name, value) pair has a number; a series is a stretch of such numbers. Pairs of one name stand together, so
that an index column is cut out of the table. 100,000 series of 7 labels: 0.1 s, where a `Labels` for each took 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vedette.model.labels import Labels
from vedette.store.label_column import Int32s, LabelColumn


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
        distinct, numbers = np.unique(keys, return_inverse=True)
        known_names, known_values = names.dictionary.to_pylist(), values.dictionary.to_pylist()
        pairs = [(known_names[key // n_values], known_values[key % n_values]) for key in distinct.tolist()]
        return cls(maps.offsets.to_numpy(), numbers.astype(np.int32), pairs)

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
        column_of = np.repeat(np.arange(len(firsts)), np.diff(bounds))[self.numbers]
        order = np.argsort(column_of, kind="stable")
        cuts = np.searchsorted(column_of[order], np.arange(len(firsts) + 1))
        for i, first in enumerate(firsts):
            places = order[cuts[i] : cuts[i + 1]]
            values = [value for _, value in self.pairs[first : bounds[i + 1]]]
            yield LabelColumn.filled(names[first], values, owners[places], self.numbers[places] - np.int32(first))
