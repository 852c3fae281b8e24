"""A round: committed rows to requests, the same ones whenever the same rows come again.

Rows are grouped by series, series are spread over shards by their id, a shard's rows are cut into requests. Requests of
one shard are sent in order, so a series' samples arrive in order; shards are sent side by side. In version 2 an exemplar
whose series has no sample in the round is left out: its receivers refuse a series without samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.intake.config.remote_write import ProtobufMessage, RemoteWriteConfig
from vedette.model.blocks import METRIC_TYPES, Bools, Int64s, MetricMetadata
from vedette.model.histograms import FLOAT as NO_ROW
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.ports.store import CommitParts, CommittedRows
from vedette.signals.relabel import relabel
from vedette.signals.type_and_unit import TYPE_LABEL, UNIT_LABEL
from vedette.wire.remote_write.encoding import Catalog, CatalogV1, CatalogV2
from vedette.wire.remote_write.entries import EXEMPLAR, FLOAT, HISTOGRAM, Entries
from vedette.wire.series_messages import merge_labels
from vedette.wire.snappy import compress

CATALOG_BYTES_MAX = 128 << 20
"""Series that are gone stay in a catalog; beyond this it is begun anew."""
DROPPED = -1

TOO_OLD: Final = "too_old"
DROPPED_SERIES: Final = "dropped_series"
WITHOUT_SAMPLE: Final = "without_sample"

Dropped = dict[tuple[int, str], int]
"""How many rows were not sent, by their kind and the reason."""


@dataclass(frozen=True, slots=True)
class Round:
    shards: list[list[Entries]]
    counts: tuple[int, ...]
    """By kind of row."""
    dropped: Mapping[tuple[int, str], int]
    newest_ms: int


@dataclass(frozen=True, slots=True)
class _Rows:
    """Entries before their series have numbers: `ids` stand for them."""

    ids: NDArray[np.uint64]
    entries: Entries

    def take(self, rows: Int64s | Bools) -> _Rows:
        return _Rows(self.ids[rows], self.entries.take(rows))

    def drop(self, gone: Bools, reason: str, dropped: Dropped) -> _Rows:
        if not gone.any():
            return self
        for kind, n in zip(*np.unique(self.entries.kinds[gone], return_counts=True), strict=True):
            dropped[int(kind), reason] = int(n)
        return self.take(~gone)


@dataclass(slots=True)
class Planner:
    """Turns rows into rounds for one remote. Not thread-safe."""

    config: RemoteWriteConfig
    external: Mapping[str, str]
    scheme: ValidationScheme
    labels_of_ids: Callable[[NDArray[np.uint64]], list[Labels | None]]
    metadata: Callable[[str], MetricMetadata | None] = lambda metric: None
    type_and_unit: bool = False
    """A series' labels say its type and unit (--enable-feature=type-and-unit-labels)."""
    catalog: Catalog = field(init=False)
    _numbers: dict[int, int] = field(init=False)
    """By series id: its number in the catalog, or DROPPED."""

    def __post_init__(self) -> None:
        self._begin_anew()

    @property
    def parts(self) -> CommitParts:
        """What `plan` wants of commits."""
        chosen = self.config
        return CommitParts(chosen.send_native_histograms, chosen.send_exemplars, start_times=self._is_v2)

    def plan(self, rows: CommittedRows, now_ms: int) -> Round:
        dropped: Dropped = {}
        planned = _rows_of(rows)
        planned = planned.take(np.lexsort((planned.entries.times_ms, planned.entries.kinds == EXEMPLAR, planned.ids)))
        age_limit = self.config.queue_config.sample_age_limit
        if age_limit:
            planned = planned.drop(planned.entries.times_ms < now_ms - age_limit, TOO_OLD, dropped)
        distinct, places = np.unique(planned.ids, return_inverse=True)
        planned = replace(planned, entries=replace(planned.entries, series=self._resolve(distinct)[places]))
        planned = planned.drop(planned.entries.series == DROPPED, DROPPED_SERIES, dropped)
        if self._is_v2:
            planned = planned.drop(_are_alone(planned), WITHOUT_SAMPLE, dropped)
        entries = planned.entries
        return Round(self._cut(planned), entries.counts(), dropped, int(entries.times_ms.max(initial=0)))

    def encode(self, batch: Entries) -> bytes:
        return compress(self.catalog.encode(batch))

    @property
    def _is_v2(self) -> bool:
        return self.config.protobuf_message is ProtobufMessage.V2

    def _cut(self, planned: _Rows) -> list[list[Entries]]:
        queue = self.config.queue_config
        n_shards = min(queue.max_shards, max(queue.min_shards, -(-len(planned.ids) // queue.max_samples_per_send)))
        shard_of = (planned.ids % np.uint64(n_shards)).astype(np.int64)
        order = np.argsort(shard_of, kind="stable")
        bounds = np.searchsorted(shard_of[order], np.arange(n_shards + 1)).tolist()
        return [
            planned.entries.take(order[bounds[shard] : bounds[shard + 1]]).cut(queue.max_samples_per_send)
            for shard in range(n_shards)
        ]

    def _resolve(self, ids: NDArray[np.uint64]) -> Int64s:
        """int64, parallel to the distinct ids: numbers of the catalog, or DROPPED."""
        if self.catalog.size > CATALOG_BYTES_MAX:
            self._begin_anew()
        known = self._numbers
        listed = ids.tolist()
        fresh = [place for place, one in enumerate(listed) if one not in known]
        if fresh:
            for place, labels in zip(fresh, self.labels_of_ids(ids[np.array(fresh)]), strict=True):
                known[listed[place]] = self._add(labels)
        return np.array([known[one] for one in listed], np.int64)

    def _add(self, labels: Labels | None) -> int:
        if labels is None:
            return DROPPED
        merged = Labels.from_sorted(tuple(merge_labels(labels, sorted(self.external.items()))))
        sent = relabel(merged, self.config.rules(self.scheme))
        if sent is None or not len(sent):
            return DROPPED
        return self.catalog.add(sent, self._described(sent))

    def _described(self, labels: Labels) -> MetricMetadata | None:
        found = self.metadata(labels.name)
        if not self.type_and_unit:
            return found
        kind = labels.get(TYPE_LABEL)
        known = kind if kind in METRIC_TYPES else METRIC_TYPES[0]
        return MetricMetadata(labels.name, known, found.help if found else "", labels.get(UNIT_LABEL))

    def _begin_anew(self) -> None:
        self.catalog = CatalogV2() if self._is_v2 else CatalogV1()
        self._numbers = {}


def _rows_of(rows: CommittedRows) -> _Rows:
    """Samples, then exemplars."""
    said, n = rows.exemplars, len(rows)
    cells = np.full(n, NO_ROW, np.int64) if rows.histograms is None else rows.histograms.rows
    kinds = np.full(n + len(said), EXEMPLAR, np.uint8)
    kinds[:n] = np.where(cells == NO_ROW, FLOAT, HISTOGRAM)
    starts = None
    if rows.start_times_ms is not None:
        starts = np.append(rows.start_times_ms, np.zeros(len(said), np.int64))
    entries = Entries(
        np.empty(n + len(said), np.int64),
        np.append(rows.times_ms, said.times_ms),
        np.append(rows.values, said.values),
        kinds,
        np.append(cells, np.arange(len(said))),
        starts,
        exemplar_labels=said.labels,
    )
    if rows.histograms is not None:
        entries = replace(entries, histograms=rows.histograms.table)
    return _Rows(np.append(rows.ids, said.ids), entries)


def _are_alone(planned: _Rows) -> Bools:
    """Exemplars whose series has no sample."""
    is_exemplar = planned.entries.kinds == EXEMPLAR
    return np.asarray(is_exemplar & ~np.isin(planned.ids, planned.ids[~is_exemplar]))
