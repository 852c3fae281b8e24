"""What is kept of chunk rows, and when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pyarrow as pa

from vedette.store.chunk_cache import ChunkCache, ColumnsKey
from vedette.store.engine import Engine
from vedette.store.runs import Columns, no_columns


class CountingEngine:
    """Answers every statement with eight rows of eight bytes."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.asked: list[str] = []
        self.during = during

    def query(self, sql: str, **_: Any) -> pa.Table:
        self.asked.append(sql)
        self.during()
        return pa.table({"value": pa.array(range(8), pa.int64())})


def cache_over(engine: CountingEngine, bytes_max: int = 1 << 20) -> ChunkCache:
    return ChunkCache(cast("Engine", engine), bytes_max, bytes_max)


def test_the_same_statement_is_asked_once() -> None:
    engine = CountingEngine()
    cache = cache_over(engine)
    assert cache.query("a", None) is cache.query("a", None)
    cache.query("b", None)
    assert engine.asked == ["a", "b"]


def test_a_change_of_the_table_empties_it() -> None:
    engine = CountingEngine()
    cache = cache_over(engine)
    cache.query("a", None)
    cache.clear()
    cache.query("a", None)
    assert engine.asked == ["a", "a"]


def test_rows_that_were_read_during_a_change_are_not_kept() -> None:
    engine = CountingEngine()
    cache = cache_over(engine)
    engine.during = cache.clear
    cache.query("a", None)
    engine.during = lambda: None
    cache.query("a", None)
    assert engine.asked == ["a", "a"]


def test_the_longest_unused_goes_first_and_a_large_answer_is_not_kept() -> None:
    engine = CountingEngine()
    cache = cache_over(engine, bytes_max=5 * 65)
    for name in "abcdeaf":
        cache.query(name, None)
    engine.asked.clear()
    cache.query("a", None)
    cache.query("b", None)
    assert engine.asked == ["b"]
    small = cache_over(engine, bytes_max=2 * 65)
    small.query("large", None)
    small.query("large", None)
    assert engine.asked == ["b", "large", "large"]


def test_columns_are_decoded_once_for_each_set_of_series_blocks_and_deletions() -> None:
    cache = cache_over(CountingEngine())
    decoded: list[ColumnsKey] = []

    def ask(key: ColumnsKey) -> Columns:
        def read() -> Columns:
            decoded.append(key)
            return no_columns(1)

        return cache.columns(key, read)

    keys = [
        ColumnsKey("a", b"12345678", 1, 2, ()),
        ColumnsKey("b", b"12345678", 1, 2, ()),
        ColumnsKey("a", b"87654321", 1, 2, ()),
        ColumnsKey("a", b"12345678", 1, 3, ()),
        ColumnsKey("a", b"12345678", 1, 2, (7,)),
    ]
    for key in keys + keys:
        ask(key)
    assert decoded == keys
    cache.clear()
    ask(keys[0])
    assert decoded == [*keys, keys[0]]
