from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vedette.wire.exposition import DROPPED, DUPLICATE, UNKNOWN, Format, Page, SeriesCache, scan


def page_of(*lines: str) -> Page:
    return scan("".join(f"{line} 1\n" for line in lines).encode(), Format.TEXT)


def learn_all(cache: SeriesCache, page: Page, refs: list[int]) -> None:
    cache.learn(page, np.arange(len(refs)), np.array(refs, np.int64))


def scrape(cache: SeriesCache, *lines: str) -> list[int]:
    """Resolves a page; a line `sN` is learned as ref N."""
    page = page_of(*lines)
    refs = cache.resolve(page)
    unknown = np.flatnonzero(refs == UNKNOWN)
    cache.learn(page, unknown, np.array([int(lines[i][1:]) for i in unknown], np.int64))
    return cache.finish().tolist()


def test_a_series_is_unknown_once_and_then_has_its_ref() -> None:
    cache = SeriesCache()
    page = page_of("a", "b")
    assert cache.resolve(page).tolist() == [UNKNOWN, UNKNOWN]
    learn_all(cache, page, [7, DROPPED])
    cache.finish()
    assert cache.resolve(page).tolist() == [7, DROPPED]


def test_a_series_that_left_is_gone_once() -> None:
    cache = SeriesCache()
    assert scrape(cache, "s1", "s2") == []
    assert scrape(cache, "s1") == [2]
    assert scrape(cache, "s1") == []
    assert scrape(cache, "s1", "s2") == []


def test_a_series_under_another_spelling_is_not_gone() -> None:
    cache = SeriesCache()
    one, other = page_of('m{a="1",b="2"}'), page_of('m{b="2",a="1"}')
    cache.resolve(one)
    learn_all(cache, one, [5])
    cache.finish()
    assert cache.resolve(other).tolist() == [UNKNOWN]
    learn_all(cache, other, [5])
    assert cache.finish().tolist() == []
    cache.resolve(one)
    assert cache.finish().tolist() == []
    cache.resolve(page_of("x"))
    assert cache.finish().tolist() == [5]


def test_a_failed_scrape_makes_every_series_vanish_once() -> None:
    cache = SeriesCache()
    scrape(cache, "s1", "s2")
    assert cache.abandon().tolist() == [1, 2]
    assert cache.abandon().tolist() == []
    assert scrape(cache, "s1") == []


def test_a_scrape_that_fails_after_it_was_resolved_makes_every_series_vanish_too() -> None:
    cache = SeriesCache()
    scrape(cache, "s1", "s2")
    page = page_of("s1", "s3")
    cache.resolve(page)
    cache.learn(page, np.array([1]), np.array([3]))
    assert cache.abandon().tolist() == [1, 2]


def test_a_second_line_of_a_series_is_a_duplicate_unless_it_has_a_timestamp() -> None:
    cache = SeriesCache()
    page = scan(b"a 1\na 2\na 3 1000\n", Format.TEXT)
    assert cache.resolve(page).tolist() == [UNKNOWN, DUPLICATE, UNKNOWN]
    learn_all(cache, page, [4])
    cache.finish()
    assert cache.resolve(page).tolist() == [4, DUPLICATE, 4]
    cache.finish()
    assert cache.resolve(page, honor_timestamps=False).tolist() == [4, DUPLICATE, DUPLICATE]


def test_a_dropped_series_stays_dropped_on_its_second_line() -> None:
    cache = SeriesCache()
    page = page_of("a", "a")
    cache.resolve(page)
    learn_all(cache, page, [DROPPED])
    cache.finish()
    assert cache.resolve(page).tolist() == [DROPPED, DROPPED]


def test_samples_with_their_own_time_count_for_staleness_only_when_asked() -> None:
    timed, nothing = scan(b"a 1 1000\n", Format.TEXT), scan(b"", Format.TEXT)
    for asked, gone in (({}, []), ({"track_timed": True}, [9]), ({"honor_timestamps": False}, [9])):
        cache = SeriesCache()
        cache.resolve(timed, **asked)
        learn_all(cache, timed, [9])
        cache.finish()
        cache.resolve(nothing, **asked)
        assert cache.finish().tolist() == gone


def test_memory_is_bounded_under_churn() -> None:
    cache = SeriesCache()
    for round_number in range(50):
        page = page_of(*(f'm{{pod="{round_number}-{k}"}}' for k in range(2000)))
        cache.resolve(page)
        learn_all(cache, page, list(range(2000)))
        cache.finish()
        assert len(cache) <= 3 * 2000 + 1000
    for _ in range(50):
        page = page_of(*(f'm{{pod="{np.random.random()}"}}' for _ in range(2000)))
        cache.resolve(page)
        cache.abandon()
        assert len(cache) <= 5 * 2000 + 1000


class CacheAgainstSets(RuleBasedStateMachine):
    """The cache against two plain sets: refs of the previous finished scrape, refs of this one."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = SeriesCache()
        self.previous: set[int] = set()

    @rule(refs=st.sets(st.integers(0, 12)), spelling=st.integers(0, 1))
    def finish(self, refs: set[int], spelling: int) -> None:
        self.resolve(refs, spelling)
        assert self.cache.finish().tolist() == sorted(self.previous - refs)
        self.previous = refs

    @rule(refs=st.none() | st.sets(st.integers(0, 12)), spelling=st.integers(0, 1))
    def abandon(self, refs: set[int] | None, spelling: int) -> None:
        if refs is not None:
            self.resolve(refs, spelling)
        assert self.cache.abandon().tolist() == sorted(self.previous)
        self.previous = set()

    @invariant()
    def is_small(self) -> None:
        assert len(self.cache) <= 26

    def resolve(self, refs: set[int], spelling: int) -> None:
        ordered = sorted(refs)
        lines = [f'm{{a="{ref}",b="1"}}' if spelling else f'm{{b="1",a="{ref}"}}' for ref in ordered]
        page = page_of(*lines)
        found = self.cache.resolve(page)
        for ref, known in zip(ordered, found.tolist(), strict=True):
            assert known in (ref, UNKNOWN)
        unknown = np.flatnonzero(found == UNKNOWN)
        self.cache.learn(page, unknown, np.array(ordered, np.int64)[unknown])


CacheAgainstSets.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestCacheAgainstSets: Any = CacheAgainstSets.TestCase


@settings(max_examples=30, deadline=None)
@given(st.permutations([f"s{k}" for k in range(20)]))
def test_the_order_of_lines_does_not_matter(lines: list[str]) -> None:
    cache = SeriesCache()
    assert scrape(cache, *lines) == []
    page = page_of(*lines)
    assert cache.resolve(page).tolist() == [int(line[1:]) for line in lines]
