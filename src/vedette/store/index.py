"""The index of live series: (tenant, Labels) -> dense ref, and matchers -> refs.

A ref is a row number: 0, 1, 2 ... in the order in which series appeared, never reused, never persisted. Labels live in
one `LabelColumn` per name (the tenant is one more column), so a matcher costs one test per distinct value and one gather
per candidate series. Inverted lists per (name, value) pair were left out: comparing a column of 100,000 codes takes
20 us, and lists would double the memory. Series that a start brings (`fill`) stay columns; each becomes a Labels object
when it is first asked for.

One writer at a time (a lock); any number of readers without one: the count of series is published last, and a reader
that took the count ignores what lies above it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import Bools, Int64s
from vedette.model.bounded_cache import BoundedCache
from vedette.model.errors import StoreError
from vedette.model.label_rows import LabelRows
from vedette.model.labels import Labels, SeriesId, series_id
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.store import Selector
from vedette.store.label_column import ABSENT, UNKNOWN, Int32s, LabelColumn
from vedette.store.label_table import LabelTable

REFUSED: Final = -1
"""The ref of a label set whose 64-bit id another one has taken, or that is beyond a limit."""

Admit = Callable[[str, Labels], bool]
"""(tenant, labels) -> may the new series be"""

_NOTHING: Final = np.empty(0, np.int32)
_NO_REFS: Final = np.empty(0, np.int64)
_NO_LABELS: Final = LabelTable(np.zeros(1, np.int32), _NOTHING, [])
_IDS_CHECKED: Final = 64

SELECTIONS_BYTES_MAX: Final = 8 << 20
_SELECTION_BYTES: Final = 1_000
"""Of an entry beside its refs."""


@dataclass(frozen=True, slots=True)
class LabelCodes:
    """One label over some series: row `rows[i]` of them carries `values[codes[i]]`."""

    name: str
    values: Sequence[str]
    rows: Int64s
    codes: Int32s
    counts: Int64s
    """How many carry each value."""

    @classmethod
    def of(cls, column: LabelColumn, rows: Int64s, codes: Int32s) -> LabelCodes:
        values = [value for _, value in column.pairs]
        return cls(column.name, values, rows, codes, np.bincount(codes, minlength=len(values)).astype(np.int64))


class SeriesIndex:
    def __init__(self, id_of: Callable[[str, Labels], SeriesId] = series_id) -> None:
        self._id_of = id_of
        self._lock = threading.Lock()
        self._columns: dict[str, LabelColumn] = {}
        self._tenants = LabelColumn("tenant")
        self._labels: list[Labels | None] = []
        """None: a series of `_stored` that nobody has asked for yet."""
        self._stored = _NO_LABELS
        self._ids: NDArray[np.uint64] = np.empty(1024, np.uint64)
        self._ref_of: dict[int, int] = {}
        self._n = 0
        self._selected: BoundedCache[tuple[str, tuple[Selector, ...]], tuple[int, Int64s]] = BoundedCache(
            SELECTIONS_BYTES_MAX
        )
        self.collisions = 0

    def __len__(self) -> int:
        return self._n

    def fill(self, tenants: list[str], tenant_places: Int32s, ids: NDArray[np.uint64], labels: LabelTable) -> None:
        """Makes stored series known, with refs in their order; the index must be empty. Series i is of the tenant
        `tenants[tenant_places[i]]`. Ids are distinct, and trusted but for a sample: StoreError if that is not ours."""
        with self._lock:
            n = len(labels)
            assert self._n == 0
            for ref in np.unique(np.linspace(0, n - 1, min(n, _IDS_CHECKED), dtype=np.int64)).tolist():
                if self._id_of(tenants[tenant_places[ref]], labels.labels(ref)) != int(ids[ref]):
                    raise StoreError(f"the series table has a foreign id for {labels.labels(ref)}: {ids[ref]}")
            self._columns = {column.name: column for column in labels.columns()}
            self._tenants = LabelColumn.filled("tenant", tenants, np.arange(n, dtype=np.int32), tenant_places)
            self._stored, self._labels = labels, [None] * n
            self._ids = np.append(ids, np.empty(1024, np.uint64))
            self._ref_of = dict(zip(ids.tolist(), range(n), strict=True))
            self._n = n

    def add(self, tenant: str, labels: Labels) -> int:
        """The ref of the series, made known if new; REFUSED when its id belongs to another label set."""
        with self._lock:
            return self._add(tenant, labels)

    def add_all(self, tenant: str, labels: Sequence[Labels], admit: Admit = lambda tenant, labels: True) -> Int64s:
        """`add` for many at once: int64[n]. New ones get refs from `len(index)` on, in order; REFUSED if not admitted."""
        with self._lock:
            return np.fromiter((self._add(tenant, one, admit) for one in labels), np.int64, len(labels))

    @property
    def ids(self) -> NDArray[np.uint64]:
        """uint64[n], by ref; borrowed."""
        n = self._n
        return self._ids[:n]

    def label_rows(self, refs: Int64s) -> LabelRows:
        """The labels of the series, made when they are asked for."""
        return LabelRows(self, refs)

    def label_codes(self, name: str, refs: Int64s) -> tuple[Int32s, Sequence[tuple[str, str]]] | None:
        """See model.label_rows.LabelSource."""
        column = self._columns.get(name)
        return None if column is None else (column.codes_at(refs.astype(np.int32), self._n), column.pairs)

    def column_names(self) -> list[str]:
        return list(self._columns)

    def labels_of(self, refs: Int64s) -> list[Labels]:
        labels, label_of = self._labels, self._label_of
        return [label_of(ref) if (one := labels[ref]) is None else one for ref in refs.tolist()]

    @property
    def tenants(self) -> list[str]:
        return [tenant for _, tenant in self._tenants.pairs[1:]]

    def tenant_of(self, ref: int) -> str:
        codes = self._tenants.codes_at(np.array([ref], np.int32), self._n)
        return self._tenants.pairs[int(codes[0])][1]

    def of_tenant(self, tenant: str, refs: Int64s) -> Bools:
        """bool[n]: which refs are the tenant's; -1 is nobody's."""
        code = self._tenants.code_of(tenant)
        owned = np.zeros(len(refs), np.bool_)
        if code != UNKNOWN:
            known = np.flatnonzero(refs >= 0)
            owned[known] = self._tenants.codes_at(refs[known].astype(np.int32), self._n) == code
        return owned

    def refs_of(self, tenant: str) -> Int64s:
        """All series of a tenant, ascending."""
        return self._match(tenant, (), self._n).astype(np.int64)

    def select(self, tenant: str, selectors: Sequence[Selector]) -> Int64s:
        """int64[k], ascending, each once: the tenant's series that match every matcher of at least one selector; borrowed.

        Remembered, because rules and dashboards ask for the same again and again: of what is known only series that are newer
        are matched, and as long as none of them matches, the array is the same one.
        """
        n = self._n
        key = tenant, tuple(selectors)
        matched, refs = self._selected.get(key) or (0, _NO_REFS)
        if matched and matched == n:
            return refs
        found = [self._match(tenant, selector, n, matched) for selector in selectors] or [_NOTHING]
        newer = found[0] if len(found) == 1 else np.unique(np.concatenate(found))
        if len(newer) or not matched:
            refs = np.concatenate([refs, newer])
        self._selected.put(key, (n, refs), refs.nbytes + _SELECTION_BYTES)
        return refs

    def label_names(self, refs: Int64s) -> list[str]:
        """Sorted names that at least one of the series carries."""
        n = self._n
        wanted = np.zeros(n, np.bool_)
        wanted[refs] = True
        columns = list(self._columns.values())
        return sorted(column.name for column in columns if wanted[column.carriers(n)[0]].any())

    def label_values(self, name: str, refs: Int64s) -> list[str]:
        """Sorted values of the label over the series; absent ones do not count."""
        column = self._columns.get(name)
        if column is None:
            return []
        per_code = np.bincount(column.codes_at(refs.astype(np.int32), self._n))
        return sorted(column.pairs[code][1] for code in np.flatnonzero(per_code).tolist() if code != ABSENT)

    def pair_counts(self, refs: Int64s) -> dict[str, list[tuple[str, int]]]:
        """By label name: (value, how many of the series `refs` carry it), for cardinality statistics."""
        n = self._n
        wanted = np.zeros(n, np.bool_)
        wanted[refs] = True
        counts = {}
        for column in list(self._columns.values()):
            carriers, codes = column.carriers(n)
            per_code = np.bincount(codes[wanted[carriers]])
            present = np.flatnonzero(per_code)
            if len(present):
                pairs = zip(present.tolist(), per_code[present].tolist(), strict=True)
                counts[column.name] = [(column.pairs[code][1], count) for code, count in pairs]
        return counts

    def codes_of(self, refs: Int64s) -> list[LabelCodes]:
        """By label name, ascending: what the series `refs` (ascending) carry."""
        n = self._n
        place = np.full(n, -1, np.int64)
        place[refs] = np.arange(len(refs))
        found = []
        for column in sorted(self._columns.values(), key=lambda column: column.name):
            carriers, codes = column.carriers(n)
            rows = place[carriers]
            if (rows >= 0).any():
                found.append(LabelCodes.of(column, rows[rows >= 0], codes[rows >= 0]))
        return found

    def value_counts(self, name: str, refs: Int64s) -> dict[str, int]:
        """How many of the series carry each value of the label; the empty value: none."""
        column = self._columns.get(name)
        if column is None:
            return {"": len(refs)} if len(refs) else {}
        per_code = np.bincount(column.codes_at(refs.astype(np.int32), self._n))
        return {column.pairs[code][1]: int(per_code[code]) for code in np.flatnonzero(per_code).tolist()}

    def _add(self, tenant: str, labels: Labels, admit: Admit = lambda tenant, labels: True) -> int:
        identity = self._id_of(tenant, labels)
        known = self._ref_of.get(identity)
        if known is not None:
            if self._label_of(known) == labels and self.tenant_of(known) == tenant:
                return known
            self.collisions += 1
            return REFUSED
        if not admit(tenant, labels):
            return REFUSED
        ref = self._n
        pairs = []
        for name, value in labels.pairs:
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = LabelColumn(name)
            pairs.append(column.append(ref, value))
        self._tenants.append(ref, tenant)
        self._labels.append(Labels.from_sorted(tuple(pairs)))
        if ref == len(self._ids):
            self._ids = np.concatenate([self._ids, np.empty(ref, np.uint64)])
        self._ids[ref] = identity
        self._ref_of[identity] = ref
        self._n = ref + 1
        return ref

    def _label_of(self, ref: int) -> Labels:
        labels = self._labels[ref]
        if labels is None:
            labels = self._labels[ref] = self._stored.labels(ref)
        return labels

    def _match(self, tenant: str, matchers: Selector, n: int, low: int = 0) -> Int32s:
        """int32[k] from `low` on, ascending: starts from the rarest exact pair, then filters by the other matchers."""
        exact = [(self._tenants, self._tenants.code_of(tenant))]
        others: list[tuple[LabelColumn, Matcher]] = []
        for matcher in matchers:
            column = self._columns.get(matcher.name)
            if column is None:
                if not matcher.matches(""):
                    return _NOTHING
            elif matcher.type is MatchType.EQUAL and matcher.value:
                exact.append((column, column.code_of(matcher.value)))
            else:
                others.append((column, matcher))
        if any(code == UNKNOWN for _, code in exact):
            return _NOTHING
        exact.sort(key=lambda pair: pair[0].series_per_value[pair[1]])
        column, code = exact[0]
        refs, codes = column.carriers(n, low)
        found: Int32s = refs[codes == code]
        for column, code in exact[1:]:
            if len(found):
                found = found[column.codes_at(found, n) == code]
        for column, matcher in others:
            if len(found):
                codes = column.codes_at(found, n)
                found = found[column.verdicts(matcher)[codes]]
        return found
