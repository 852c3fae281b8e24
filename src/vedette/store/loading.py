"""What a start reads: the series index before anything is served, the head in the background afterwards.

Series rows are read in one statement and become Labels (an object per series is what the index keeps). Recent samples are
read in slices of the id space, so that memory stays bounded, and each slice is handed to the head as columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.model.blocks import MetricMetadata
from vedette.model.labels import Labels
from vedette.store.deletions import Deletion, Deletions
from vedette.store.engine import Engine, Lane
from vedette.store.index import REFUSED, SeriesIndex
from vedette.store.reading import column
from vedette.store.series_facts import SeriesFacts


def load_series(engine: Engine, index: SeriesIndex, facts: SeriesFacts) -> None:
    """Fills the empty index; the newest row of an id counts."""
    rows = engine.query("select tenant, id, labels, first_ms, last_ms, seq from series", lane=Lane.CONTROL)
    ids = column(rows, "id")
    newest = np.lexsort((-column(rows, "seq").astype(np.int64), ids))
    newest = newest[np.append(True, ids[newest][1:] != ids[newest][:-1])] if len(ids) else newest
    newest.sort()
    rows = rows.take(pa.array(newest)) if len(newest) < len(ids) else rows
    tenants = rows["tenant"].to_pylist()
    labels = list(_labels_of(rows["labels"].combine_chunks()))
    for start, end in _stretches(tenants):
        facts.add(tenants[start], labels[start:end])
        refs = index.add_all(tenants[start], labels[start:end])
        if (refs == REFUSED).any() or len(index) != len(facts):
            raise AssertionError("the series table holds one id twice")
    refs = np.arange(len(labels), dtype=np.int64)
    facts.put_spans(refs, column(rows, "first_ms").astype(np.int64), column(rows, "last_ms").astype(np.int64))


def load_metadata(engine: Engine) -> dict[str, dict[str, MetricMetadata]]:
    """By tenant and metric."""
    rows = engine.query("select tenant, metric, type, help, unit from metadata order by seq", lane=Lane.CONTROL)
    known: dict[str, dict[str, MetricMetadata]] = {}
    for row in rows.to_pylist():
        entry = MetricMetadata(row["metric"], row["type"], row["help"], row["unit"])
        known.setdefault(row["tenant"], {})[entry.metric] = entry
    return known


def load_deletions(engine: Engine) -> Deletions:
    rows = engine.query("select seq, series, min_ms, max_ms from deletions order by seq, series", lane=Lane.CONTROL)
    sequences = column(rows, "seq").astype(np.int64)
    deletions = Deletions()
    for sequence in np.unique(sequences).tolist():
        places = np.flatnonzero(sequences == sequence)
        bounds = (int(column(rows, name)[places[0]]) for name in ("min_ms", "max_ms"))
        deletions.add(Deletion(sequence, column(rows, "series")[places], *bounds))
    return deletions


def last_sequence(engine: Engine) -> int:
    tables = ("series", "samples_recent", "chunks", "metadata", "deletions")
    parts = " union all ".join(f"select max(seq) as seq from {table}" for table in tables)
    return int(engine.query(f"select max(seq) as seq from ({parts})", lane=Lane.CONTROL)["seq"][0].as_py())


def _labels_of(maps: pa.MapArray) -> Iterator[Labels]:
    names = maps.keys.to_pylist()
    values = maps.items.to_pylist()
    offsets: NDArray[np.int32] = maps.offsets.to_numpy()
    shared: dict[str, str] = {}
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        pairs = zip(names[start:end], values[start:end], strict=True)
        yield Labels.from_sorted(tuple((shared.setdefault(name, name), value) for name, value in pairs))


def _stretches(tenants: list[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in range(1, len(tenants) + 1):
        if end == len(tenants) or tenants[end] != tenants[start]:
            yield start, end
            start = end
