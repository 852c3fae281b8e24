"""Slots lie at the same places of every interval; what passes meanwhile is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.alerting.rules.slots import Slots

INTERVALS = st.integers(1, 3_600_000)
TIMES = st.integers(0, 10**13)


@given(st.text(max_size=20), INTERVALS, TIMES)
def test_a_slot_is_never_ahead_and_at_most_an_interval_ago(key: str, interval_ms: int, now_ms: int) -> None:
    slots = Slots.of_group(key, interval_ms)
    assert 0 <= slots.offset_ms < interval_ms
    assert 0 <= now_ms - slots.before(now_ms) < interval_ms
    assert slots.before(now_ms) % interval_ms == slots.offset_ms


def test_slots_that_pass_during_an_evaluation_are_missed() -> None:
    slots = Slots(10_000, 3_000)
    assert slots.first(20_000) == 23_000
    assert slots.next(23_000, 24_000) == (33_000, 0)
    assert slots.next(23_000, 34_000) == (33_000, 0)
    assert slots.next(23_000, 57_000) == (53_000, 2)


def test_a_clock_that_went_back_begins_at_its_own_next_slot() -> None:
    assert Slots(10_000, 3_000).next(103_000, 20_000) == (23_000, 0)
