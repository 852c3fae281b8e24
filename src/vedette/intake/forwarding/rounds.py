"""A round: committed rows to requests, the same ones whenever the same rows come again.

Rows are grouped by series, series are spread over shards by their id, a shard's samples are cut into requests. Requests of
one shard are sent in order, so a series' samples arrive in order; shards are sent side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vedette.intake.config.remote_write import ProtobufMessage, RemoteWriteConfig
from vedette.model.blocks import Float64s, Int64s, MetricMetadata
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.ports.store import CommittedRows
from vedette.signals.relabel import relabel
from vedette.wire.remote_write.encoding import Catalog, CatalogV1, CatalogV2
from vedette.wire.series_messages import FloatSamples, merge_labels
from vedette.wire.snappy import compress

CATALOG_BYTES_MAX = 128 << 20
"""Series that are gone stay in a catalog; beyond this it is begun anew."""
DROPPED = -1


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one request: series numbers of the catalog, with their samples, CSR."""

    series: list[int]
    samples: FloatSamples

    def __len__(self) -> int:
        return len(self.samples.times_ms)

    def halves(self) -> tuple[Batch, Batch]:
        """Between two series, or within the only one."""
        offsets = self.samples.offsets
        if len(self.series) > 1:
            middle = len(self.series) // 2
            return self._part(0, middle), self._part(middle, len(self.series))
        cut = int(offsets[-1]) // 2
        ends = (slice(0, cut), slice(cut, int(offsets[-1])))
        first, second = (
            Batch(
                self.series,
                FloatSamples(
                    np.array([0, part.stop - part.start], np.int64),
                    self.samples.times_ms[part],
                    self.samples.values[part],
                ),
            )
            for part in ends
        )
        return first, second

    def _part(self, start: int, end: int) -> Batch:
        offsets = self.samples.offsets[start : end + 1]
        own = slice(int(offsets[0]), int(offsets[-1]))
        samples = FloatSamples(offsets - offsets[0], self.samples.times_ms[own], self.samples.values[own])
        return Batch(self.series[start:end], samples)


@dataclass(frozen=True, slots=True)
class Round:
    shards: list[list[Batch]]
    n_samples: int
    dropped: Mapping[str, int]
    """By reason."""
    newest_ms: int


@dataclass(slots=True)
class Planner:
    """Turns rows into rounds for one remote. Not thread-safe."""

    config: RemoteWriteConfig
    external: Mapping[str, str]
    scheme: ValidationScheme
    labels_of_ids: Callable[[NDArray[np.uint64]], list[Labels | None]]
    metadata: Callable[[str], MetricMetadata | None] = lambda metric: None
    catalog: Catalog = field(init=False)
    _numbers: dict[int, int] = field(init=False)
    """By series id: its number in the catalog, or DROPPED."""

    def __post_init__(self) -> None:
        self._begin_anew()

    def plan(self, rows: CommittedRows, now_ms: int) -> Round:
        order = np.lexsort((rows.times_ms, rows.ids))
        ids, times, values = rows.ids[order], rows.times_ms[order], rows.values[order]
        age_limit = self.config.queue_config.sample_age_limit
        dropped = {}
        if age_limit:
            young = times >= now_ms - age_limit
            dropped["too_old"] = int((~young).sum())
            ids, times, values = ids[young], times[young], values[young]
        distinct, places = np.unique(ids, return_inverse=True)
        numbers = self._resolve(distinct)[places]
        kept = numbers != DROPPED
        dropped["dropped_series"] = int((~kept).sum())
        ids, times, values, numbers = ids[kept], times[kept], values[kept], numbers[kept]
        return Round(self._cut(ids, times, values, numbers), len(ids), dropped, int(times.max(initial=0)))

    def encode(self, batch: Batch) -> bytes:
        return compress(self.catalog.encode(batch.series, batch.samples))

    def _cut(self, ids: NDArray[np.uint64], times: Int64s, values: Float64s, numbers: Int64s) -> list[list[Batch]]:
        queue = self.config.queue_config
        n_shards = min(queue.max_shards, max(queue.min_shards, -(-len(ids) // queue.max_samples_per_send)))
        shard_of = (ids % np.uint64(n_shards)).astype(np.int64)
        order = np.argsort(shard_of, kind="stable")
        bounds = np.searchsorted(shard_of[order], np.arange(n_shards + 1)).tolist()
        shards = []
        for shard in range(n_shards):
            own = order[bounds[shard] : bounds[shard + 1]]
            cuts = range(0, len(own), queue.max_samples_per_send)
            parts = [own[cut : cut + queue.max_samples_per_send] for cut in cuts]
            shards.append([_batch(numbers[part], times[part], values[part]) for part in parts])
        return shards

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
        return self.catalog.add(sent, self.metadata(sent.name))

    def _begin_anew(self) -> None:
        self.catalog = CatalogV2() if self.config.protobuf_message is ProtobufMessage.V2 else CatalogV1()
        self._numbers = {}


def _batch(numbers: Int64s, times: Int64s, values: Float64s) -> Batch:
    changes = np.ones(len(numbers), np.bool_)
    changes[1:] = numbers[1:] != numbers[:-1]
    starts = np.flatnonzero(changes)
    return Batch(numbers[starts].tolist(), FloatSamples(np.append(starts, len(numbers)), times, values))
