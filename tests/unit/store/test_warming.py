"""Every kernel module of the store says how to compile it, and what is compiled is what the store calls."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.kernels import (
    chunks,
    decimals,
    deltas,
    head_append,
    head_deleting,
    head_reading,
    head_sealing,
    head_state,
    merging,
)
from vedette.model.limits import IngestLimits
from vedette.store.chunks import decode, encode
from vedette.store.head import Head

MODULES = (chunks, decimals, deltas, head_append, head_deleting, head_reading, head_sealing, head_state, merging)
ENTRIES = (
    chunks.cut_blocks, chunks.measure_chunks, chunks.fill_chunks, chunks.decode_chunks, head_append.append_rows,
    head_deleting.delete_between, head_deleting.forget_before, head_reading.count_between, head_reading.copy_between,
    head_reading.oldest_time,
)  # fmt: skip


@pytest.mark.parametrize("writable", [True, False])
def test_nothing_is_compiled_after_warming(writable):
    for module in MODULES:
        module.warm()
    compiled = [len(entry.signatures) for entry in ENTRIES]
    refs, times, values = np.zeros(40, np.int64), np.arange(40), np.arange(40.0)
    for array in (refs, times, values):
        array.flags.writeable = writable
    head = Head(IngestLimits())
    head.append(refs, times, values, np.int64(50))
    head.load(refs, times, values)
    head.select(refs[:1], 0, 100)
    head.delete(refs[:1], 0, 5)
    head.forget_before(7)
    head.size()
    _, columns = encode(np.array([0, 40]), times, values)
    decode(columns)
    assert [len(entry.signatures) for entry in ENTRIES] == compiled
