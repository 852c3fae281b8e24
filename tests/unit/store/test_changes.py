"""Which times count as changed, against a list of all changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.store.changes import SLOT_MS, SLOTS_MAX, Changes

times = st.integers(-20 * SLOT_MS, 20 * SLOT_MS)
bounds = st.tuples(times, times).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(bounds, max_size=12), st.integers(0, 12), bounds)
def test_nothing_that_changed_counts_as_unchanged(
    noted: list[tuple[int, int]], since: int, asked: tuple[int, int]
) -> None:
    changes = Changes()
    for low, high in noted:
        changes.note_samples(np.array([high, low]))
    assert changes.count == len(noted)
    until = changes.unchanged_until(since, *asked)
    assert asked[0] <= until <= asked[1] + 1
    touched = [max(low, asked[0]) for low, high in noted[since:] if low <= asked[1] and high >= asked[0]]
    assert all(until <= time for time in touched)
    slots = {slot for low, high in noted[since:] for slot in range(low // SLOT_MS, high // SLOT_MS + 1)}
    assert until == asked[1] + 1 or until // SLOT_MS in slots


def test_a_change_without_bounds_touches_everything() -> None:
    changes = Changes()
    changes.note(0, 5)
    changes.note()
    assert changes.unchanged_until(1, 7 * SLOT_MS, 8 * SLOT_MS) == 7 * SLOT_MS
    assert changes.unchanged_until(2, 7 * SLOT_MS, 8 * SLOT_MS) == 8 * SLOT_MS + 1


def test_slots_are_bounded_and_forgetting_them_is_safe() -> None:
    changes = Changes()
    for slot in range(SLOTS_MAX + 1):
        changes.note(slot * SLOT_MS, slot * SLOT_MS)
    assert changes.unchanged_until(SLOTS_MAX, 0, SLOT_MS) == 0
    assert changes.unchanged_until(SLOTS_MAX + 1, 0, SLOT_MS) == SLOT_MS + 1


def test_an_empty_batch_is_no_change() -> None:
    changes = Changes()
    changes.note_samples(np.empty(0, np.int64))
    assert changes.count == 0
