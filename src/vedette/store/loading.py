"""What a start reads: the series index before anything is served, the head in the background afterwards.

Series rows are read in one statement and stay columns: no Python object per series (label_table.py).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vedette.model.blocks import MetricMetadata
from vedette.store.deletions import Deletion, Deletions
from vedette.store.engine import Engine, Lane
from vedette.store.id_lookup import UNKNOWN, IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.label_table import LabelTable
from vedette.store.reading import column
from vedette.store.retention import Retention
from vedette.store.rollup_tables import ROLLUP_TABLES
from vedette.store.series_facts import SeriesFacts
from vedette.store.tables import FIRST_SCHEMA, RETENTION_CLASSES, SPANS, THIRD_SCHEMA


def load_series(engine: Engine, index: SeriesIndex, facts: SeriesFacts, retention: Retention) -> None:
    """Fills the empty index; the newest row of an id counts."""
    rows = engine.query("select tenant, metric, id, labels, seq from series", lane=Lane.CONTROL)
    rows = _newest_of_each_id(rows)
    tenants, metrics = (rows[name].combine_chunks().dictionary_encode() for name in ("tenant", "metric"))
    labels = LabelTable.from_arrow(rows["labels"].combine_chunks())
    index.fill(tenants.dictionary.to_pylist(), tenants.indices.to_numpy(), column(rows, "id"), labels)
    n_metrics = max(1, len(metrics.dictionary))
    keys = tenants.indices.to_numpy().astype(np.int64) * n_metrics + metrics.indices.to_numpy()
    distinct, places = np.unique(keys, return_inverse=True)
    named = [
        (tenants.dictionary[key // n_metrics].as_py(), metrics.dictionary[key % n_metrics].as_py())
        for key in distinct.tolist()
    ]
    facts.fill(named, places, retention.classes_of(index))


def load_spans(engine: Engine, lookup: IdLookup, facts: SeriesFacts) -> None:
    """What is known of the compacted samples' times."""
    rows = engine.query("select series as id, first_ms, last_ms, seq from spans", lane=Lane.CONTROL)
    rows = _newest_of_each_id(rows)
    refs = lookup.refs_of(column(rows, "id"))
    known = refs != UNKNOWN
    facts.put_spans(refs[known], column(rows, "first_ms")[known], column(rows, "last_ms")[known])


def _newest_of_each_id(rows: pa.Table) -> pa.Table:
    ids = column(rows, "id")
    newest = np.lexsort((-column(rows, "seq").astype(np.int64), ids))
    newest = newest[np.append(True, ids[newest][1:] != ids[newest][:-1])] if len(ids) else newest
    return rows.take(pa.array(np.sort(newest))) if len(newest) < len(ids) else rows


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
    tables = (table.name for table in (*FIRST_SCHEMA, *ROLLUP_TABLES, RETENTION_CLASSES, *THIRD_SCHEMA, SPANS))
    parts = " union all ".join(f"select max(seq) as seq from {table}" for table in tables)
    return int(engine.query(f"select max(seq) as seq from ({parts})", lane=Lane.CONTROL)["seq"][0].as_py())
