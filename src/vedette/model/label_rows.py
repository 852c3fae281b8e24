"""The labels of many series as rows of a store's index: grouped and ordered by codes, turned into `Labels` when asked for.

`sum by (job)` over ten thousand series needs ten `Labels`, not ten thousand. A `LabelRows` is a sequence of Labels like any
list; the functions below take either, so that who computes with labels need not know which it has.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from vedette.model.label_projections import without
from vedette.model.labels import Labels
from vedette.model.remembering import remembered

Int64s = NDArray[np.int64]


class LabelSource(Protocol):
    """A table of series, by ref. Codes are small numbers, 0 where the series lacks the label; equal codes, equal values."""

    def column_names(self) -> list[str]:
        """Every label name that any series has."""
        ...

    def label_codes(self, name: str, refs: Int64s) -> tuple[NDArray[Any], Sequence[tuple[str, str]]] | None:
        """(the code of each ref, the (name, value) pair of each code); None when no series has the label."""
        ...

    def labels_of(self, refs: Int64s) -> list[Labels]: ...


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows(Sequence[Labels]):
    """Series `refs` of a table, without the labels named in `hidden`."""

    source: LabelSource
    refs: Int64s
    hidden: frozenset[str] = frozenset()

    @property
    def identity(self) -> Hashable:
        """Of two that live at the same time, equal ones show the same."""
        return id(self.source), id(self.refs), self.hidden

    def __len__(self) -> int:
        return len(self.refs)

    @overload
    def __getitem__(self, row: int) -> Labels: ...
    @overload
    def __getitem__(self, row: slice) -> LabelRows: ...
    def __getitem__(self, row: int | slice) -> Labels | LabelRows:
        if isinstance(row, slice):
            return LabelRows(self.source, self.refs[row], self.hidden)
        return self._shown(self.source.labels_of(self.refs[row : row + 1 or None])[0])

    def __iter__(self) -> Iterator[Labels]:
        labels = self.source.labels_of(self.refs)
        if not self.hidden:
            return iter(labels)
        shown = without(self.hidden)
        return iter([shown[each] for each in labels])

    def _shown(self, labels: Labels) -> Labels:
        return without(self.hidden)[labels] if self.hidden else labels

    def codes(self, name: str) -> tuple[NDArray[Any], Sequence[tuple[str, str]]] | None:
        return None if name in self.hidden else self.source.label_codes(name, self.refs)

    def names(self) -> list[str]:
        """Those that any series of the table has: more than these rows may show."""
        return [name for name in self.source.column_names() if name not in self.hidden]


@remembered
def take_labels(labels: Sequence[Labels], rows: Int64s) -> Sequence[Labels]:
    if isinstance(labels, LabelRows):
        return LabelRows(labels.source, labels.refs[rows], labels.hidden)
    return [labels[row] for row in rows.tolist()]


def hide_labels(labels: Sequence[Labels], names: frozenset[str]) -> Sequence[Labels]:
    if isinstance(labels, LabelRows):
        return LabelRows(labels.source, labels.refs, labels.hidden | names)
    return _without(labels, names)


@remembered
def _without(labels: Sequence[Labels], names: frozenset[str]) -> list[Labels]:
    shown = without(names)
    return [shown[each] for each in labels]


@remembered
def concatenated(*parts: Sequence[Labels]) -> list[Labels]:
    return [labels for part in parts for labels in part]


def distinct_values(labels: Sequence[Labels], name: str) -> set[str]:
    """Of one label; the empty string where a series lacks it."""
    if isinstance(labels, LabelRows):
        coded = labels.codes(name)
        if coded is None:
            return {""} if len(labels) else set()
        return {coded[1][code][1] for code in np.flatnonzero(np.bincount(coded[0])).tolist()}
    return {each.get(name) for each in labels}


@remembered
def have_duplicates(labels: Sequence[Labels]) -> bool:
    if isinstance(labels, LabelRows) and len(np.unique(labels.refs)) == len(labels):
        bare = LabelRows(labels.source, labels.refs)
        if all(len(distinct_values(bare, name)) <= 1 for name in labels.hidden):
            return False
    return len(set(labels)) < len(labels)


def number_by(labels: LabelRows, names: Iterable[str]) -> tuple[Int64s, Int64s]:
    """(int64[n]: the group of each row by the values of these labels; the first row of each group).

    Groups are numbered in the order of their first rows.
    """
    keys = np.zeros(len(labels), np.int64)
    n_keys = 1
    for name in names:
        coded = labels.codes(name)
        if coded is None:
            continue
        codes = coded[0].astype(np.int64)
        n_codes = int(codes.max(initial=0)) + 1
        if n_codes == 1:
            continue
        if n_keys * n_codes > _KEYS_MAX:
            _, keys = np.unique(keys, return_inverse=True)
            n_keys = int(keys.max(initial=0)) + 1
        keys = keys * n_codes + codes
        n_keys *= n_codes
    return _in_order_of_appearance(keys, n_keys)


_KEYS_MAX = 1 << 40
_KEYS_MARKED_MAX = 1 << 20


def _in_order_of_appearance(keys: Int64s, n_keys: int) -> tuple[Int64s, Int64s]:
    if n_keys <= max(_KEYS_MARKED_MAX, 4 * len(keys)):  # a sort takes ten times as long
        first = np.full(n_keys, len(keys), np.int64)
        first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)  # the last assignment to a place stays
        present = np.flatnonzero(first < len(keys))
        places = np.empty(n_keys, np.int64)
    else:
        present, first, keys = np.unique(keys, return_index=True, return_inverse=True)
        present, places = np.arange(len(first)), np.empty(len(first), np.int64)
    order = np.argsort(first[present], kind="stable")
    places[present[order]] = np.arange(len(order))
    return places[keys], first[present][order]


_SORTED_AS_LABELS_MAX = 64
"""Codes are looked up name by name, of all names that there are: for few rows that takes longer than sorting them."""


@remembered
def order_by_labels(labels: Sequence[Labels]) -> Int64s:
    """The rows in the order of their labels, as `Labels` compare."""
    if isinstance(labels, LabelRows) and len(labels) > _SORTED_AS_LABELS_MAX:
        order = order_by_codes(labels)
        if order is not None:
            return order
    pairs = [each.pairs for each in labels]
    return np.array(sorted(range(len(pairs)), key=pairs.__getitem__), np.int64)


def order_by_codes(labels: LabelRows) -> Int64s | None:
    """None where not every row has the same names: then names decide before values."""
    keys: list[Int64s] = []
    for name in sorted(labels.names()):
        coded = labels.codes(name)
        if coded is None:
            continue
        codes, pairs = coded
        counts = np.bincount(codes, minlength=1)
        if counts[0] == len(codes):
            continue
        if counts[0]:
            return None
        present = np.flatnonzero(counts).tolist()
        if len(present) == 1:
            continue
        ranks = np.empty(len(counts), np.int64)
        ranks[sorted(present, key=lambda code: pairs[code][1])] = np.arange(len(present))
        keys.append(ranks[codes])
    return np.lexsort(keys[::-1]) if keys else np.arange(len(labels))
