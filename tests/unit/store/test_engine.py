"""The embedded engine's rules, each of which was broken once in an experiment."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.errors import QueryCanceled, QueryTimeout, QueryTooLarge, StoreError
from vedette.model.limits import StoreLimits
from vedette.ports.scan import Deadline
from vedette.store.engine import Engine, EngineError, Lane
from vedette.store.sql import literal, literals

ENDLESS = "select sum(cityHash64(number)) as n from numbers(100000000000)"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = Engine(
        tmp_path_factory.mktemp("engine"), StoreLimits(query_memory_bytes_max=64 << 20, query_connections=1)
    )
    engine.execute("create table t (a UInt64, b Array(Int16), c String) engine = MergeTree order by a")
    yield engine
    engine.close()
    engine.close()


def answer(engine):
    return engine.query("select 7 as seven").to_pylist()


@pytest.mark.parametrize(
    "wrong",
    [
        "select throwIf(number = 100000) from numbers(200000)",
        "select groupArray(number) from numbers(200000000)",
        "select nothing from nowhere",
    ],
)
def test_the_query_after_a_failed_one_has_its_own_answer(engine, wrong):
    """chDB 4.4.0 puts what a failed query had written in front of the connection's next answer."""
    with pytest.raises((EngineError, QueryTooLarge)):
        engine.query(wrong)
    assert answer(engine) == [{"seven": 7}]


def test_a_canceled_query_stops_and_frees_its_connection(engine):
    deadline = Deadline(30)
    threading.Timer(0.1, deadline.cancel).start()
    started = time.monotonic()
    with pytest.raises(QueryCanceled):
        engine.query(ENDLESS, deadline=deadline)
    assert answer(engine) == [{"seven": 7}]
    assert time.monotonic() - started < 10


def test_a_query_ends_at_its_deadline(engine):
    with pytest.raises(QueryTimeout):
        engine.query(ENDLESS, deadline=Deadline(0.1))
    assert answer(engine) == [{"seven": 7}]


def test_who_waits_for_the_engine_lets_others_compute(engine):
    deadline = Deadline(30)
    deadline.rest = deadline.cancel  # it ends as soon as it rests
    with pytest.raises(QueryCanceled):
        engine.query(ENDLESS, deadline=deadline)


def test_a_query_that_waits_for_a_connection_can_be_canceled(engine):
    first, second = Deadline(30), Deadline(0.2)

    def run_endless():
        with pytest.raises(QueryCanceled):
            engine.query(ENDLESS, deadline=first)

    runner = threading.Thread(target=run_endless)
    runner.start()
    with pytest.raises(QueryTimeout):
        engine.query("select 1", deadline=second)
    first.cancel()
    runner.join()


def test_a_query_beyond_its_memory_says_so(engine):
    with pytest.raises(QueryTooLarge, match="query_memory_bytes_max"):
        engine.query("select groupArray(number) as n from numbers(200000000)")


def test_inserted_columns_come_back_bit_for_bit(engine):
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 2], pa.int32()), pa.array([1, -2], pa.int16()))
    rows = pa.RecordBatch.from_arrays(
        [pa.array([1 << 63, 5], pa.uint64()), lists, pa.array(["'\\", "\0é"])], names=["a", "b", "c"]
    )
    engine.insert("t", rows)
    assert engine.query("select * from t order by a desc").to_pylist() == rows.to_pylist()


def test_an_insert_that_the_engine_refuses_raises(engine):
    rows = pa.RecordBatch.from_arrays([pa.array([1])], names=["nowhere"])
    with pytest.raises(EngineError):
        engine.insert("t", rows)
    with pytest.raises(EngineError):
        engine.insert("no_table", rows)
    assert engine.query("select 1 as one", lane=Lane.INGEST).num_rows == 1


def test_an_answer_outlives_the_query_and_the_next_ones(engine):
    kept = engine.query("select number from numbers(100000)")["number"].to_numpy()
    for _ in range(5):
        engine.query("select number * 3 as n from numbers(100000)")
    assert (kept == np.arange(100_000)).all()


def test_a_directory_with_a_question_mark_is_refused(tmp_path):
    with pytest.raises(StoreError, match="question mark"):
        Engine(tmp_path / "what?", StoreLimits())


def test_a_fatal_signal_ends_the_process_at_once(tmp_path):
    """The engine's own handler would wait 300 s for a debugger."""
    program = (
        "import os, sys; from pathlib import Path\n"
        "from vedette.store.engine import Engine; from vedette.model.limits import StoreLimits\n"
        f"Engine(Path({str(tmp_path)!r}) / 'e', StoreLimits()); os.kill(os.getpid(), 11)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == -11


def test_an_interpreter_that_ends_without_closing_ends_cleanly(tmp_path):
    program = (
        "from pathlib import Path\n"
        "from vedette.store.engine import Engine; from vedette.model.limits import StoreLimits\n"
        f"engine = Engine(Path({str(tmp_path)!r}) / 'e', StoreLimits()); engine.query('select 1 as a')"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


@given(st.text())
def test_a_literal_never_leaves_its_quotes(text):
    written = literal(text)
    assert written.isascii()
    inside = written.removeprefix("unhex(").removesuffix(")")
    assert inside.startswith("'") and inside.endswith("'")
    assert "'" not in inside[1:-1] and "\\" not in inside


@pytest.mark.parametrize(
    "text", ["", "it's", "\\'; drop table t; --", "\0", "日本", "a\nb", "{x:String}", "100%", "\ud800"]
)
def test_the_engine_reads_a_literal_as_the_same_bytes(engine, text):
    found = engine.query(f"select hex({literal(text)}) as h").to_pylist()
    assert found == [{"h": text.encode("utf-8", "surrogatepass").hex().upper()}]


def test_a_list_of_literals_may_be_empty(engine):
    assert engine.query(f"select 1 as x where 1 in {literals([])}").num_rows == 0
    assert engine.query(f"select 1 as x where 1 in {literals([1, 2])}").num_rows == 1
