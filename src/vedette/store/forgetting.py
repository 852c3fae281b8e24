"""Series without samples are forgotten when the store opens: retention drops samples by the day, their labels stay behind.

    which    no sample for longer than the shortest retention, and no row of any kind is left
    how      the rows that stay are copied aside and take the table's place in one step: a kill leaves the one or the other

Only here, before anything is served: a series that the index knows has its row, and a running index forgets nothing. It pays where
pods come and go: after a year of a hundred new series a minute, fifty million rows would be read at every start.
"""

from __future__ import annotations

import logging
from typing import Final

from vedette.store.engine import Engine, Lane
from vedette.store.partitions import DAY_MS
from vedette.store.retention import Retention
from vedette.store.rollup_tables import RESOLUTIONS

_LOG = logging.getLogger(__name__)

SHARE_MIN: Final = 0.05
"""Of all series: for fewer it is not worth reading the ids of all rows."""

_GRACE_MS: Final = 2 * DAY_MS
"""Whole days are dropped, some time after their end."""
_FORGOTTEN: Final = "series_to_forget"
_KEPT: Final = "series_that_stay"
_TABLES: Final = (("series", "id"), ("spans", "series"), ("start_times", "series"))
_OF_SAMPLES: Final = ("samples_recent", "chunks", "histograms", "exemplars", *(one.table.name for one in RESOLUTIONS))


def forget_series(engine: Engine, retention: Retention, now_ms: int) -> int:
    """How many were forgotten. Nothing else may use the engine meanwhile. Raises EngineError."""
    before_ms = now_ms - _GRACE_MS - min([retention.keep_ms, *(rule.keep_ms for rule in retention.rules)])
    # the newest row stays: from it the next commit takes its number
    candidates = (
        "select series from spans group by series "
        f"having argMax(last_ms, seq) < {before_ms} and max(seq) < (select max(seq) from spans)"
    )
    n_candidates = _count(engine, f"({candidates})")
    if not n_candidates or n_candidates < SHARE_MIN * _count(engine, "spans"):
        return 0
    for table in (_FORGOTTEN, _KEPT):
        engine.execute(f"drop table if exists {table}")  # of a start that was killed
    alive = " union all ".join(f"select series from {table}" for table in _OF_SAMPLES)
    engine.execute(
        f"create table {_FORGOTTEN} engine = Memory as select series from ({candidates}) where series not in ({alive})"
    )
    n_forgotten = _count(engine, _FORGOTTEN)
    for table, id_column in _TABLES if n_forgotten else ():
        _remove_rows(engine, table, id_column)
    engine.execute(f"drop table {_FORGOTTEN}")
    if n_forgotten:
        _LOG.info("%d series without samples are forgotten", n_forgotten)
    return n_forgotten


def _remove_rows(engine: Engine, table: str, id_column: str) -> None:
    if not _count(engine, f"{table} where {id_column} in {_FORGOTTEN}"):
        return
    engine.execute(f"create table {_KEPT} as {table}")
    engine.execute(f"insert into {_KEPT} select * from {table} where {id_column} not in {_FORGOTTEN}")
    if _count(engine, _KEPT):
        engine.execute(f"alter table {table} replace partition tuple() from {_KEPT}")
    else:
        engine.execute(f"alter table {table} drop partition tuple()")
    engine.execute(f"drop table {_KEPT}")


def _count(engine: Engine, table: str) -> int:
    return int(engine.query(f"select count() as n from {table}", lane=Lane.CONTROL)["n"][0].as_py())
