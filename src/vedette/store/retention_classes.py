"""The numbers of retention rules (DESIGN D3: the class is part of the partition key, so it can never change).

A selector that was seen once keeps its number for ever: a rule that is taken out and put back finds its samples again, and
the order of the rules means nothing to what is stored.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from vedette.model.errors import ConfigError
from vedette.store.engine import Engine, Lane
from vedette.store.loading import last_sequence
from vedette.store.retention import CLASS_MAX, Retention


def number_rules(engine: Engine, retention: Retention) -> Retention:
    """Gives rules without a number theirs, durably. Raises ConfigError when there is none left, StoreError."""
    if all(rule.number for rule in retention.rules):
        return retention
    rows = engine.query("select class, selector from retention_classes", lane=Lane.CONTROL).to_pylist()
    numbers = {row["selector"]: row["class"] for row in rows}
    highest = max([*numbers.values(), *(rule.number for rule in retention.rules)], default=0)
    fresh: dict[str, int] = {}
    for rule in retention.rules:
        if not rule.number and rule.text not in numbers and rule.text not in fresh:
            fresh[rule.text] = highest + len(fresh) + 1
    if highest + len(fresh) > CLASS_MAX:
        raise ConfigError(f"the data directory has seen more retention rules than it can number: {CLASS_MAX}")
    if fresh:
        columns = {
            "class": pa.array(list(fresh.values()), pa.uint16()),
            "selector": pa.array(list(fresh), pa.string()),
            "seq": pa.array(np.full(len(fresh), last_sequence(engine) + 1, np.uint64)),
        }
        engine.insert("retention_classes", pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))
        numbers |= fresh
    return replace(
        retention,
        rules=tuple(replace(rule, number=rule.number or numbers[rule.text]) for rule in retention.rules),
    )
