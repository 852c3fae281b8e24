from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from vedette.api.turns import TURN_S, Turns
from vedette.ports.scan import Deadline


class Hand:
    """A clock that a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def until(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(5_000):
        if condition():
            return
        waiting.wait(0.001)
    raise AssertionError("it never came")


def test_as_many_compute_at_once_as_there_are_turns_and_no_more() -> None:
    turns, computing, most, lock = Turns(3), 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=10)

    def work() -> None:
        nonlocal computing, most
        with turns.taken():
            with lock:
                computing += 1
                most = max(most, computing)
            together.wait()
            with lock:
                computing -= 1

    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(work) for _ in range(48)]:
            done.result()
    assert most == 3


def test_a_turn_is_given_back_when_the_work_fails() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.taken():
        _ = 1 / 0
    with turns.taken():
        assert turns.n_waiting == 0


def test_long_work_rests_behind_those_that_wait_and_goes_on_after_them() -> None:
    clock = Hand()
    turns, order = Turns(1, clock), []

    def short(name: str) -> None:
        with turns.taken():
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        with turns.taken() as rest:
            first = pool.submit(short, "first")
            until(lambda: turns.n_waiting == 1)
            second = pool.submit(short, "second")
            until(lambda: turns.n_waiting == 2)
            rest()
            assert order == [], "its turn is not over"
            clock.now_s += TURN_S
            rest()
            order.append("long")
        first.result()
        second.result()
    assert order == ["first", "second", "long"]


def test_nobody_rests_while_nobody_waits() -> None:
    clock = Hand()
    with Turns(1, clock).taken() as rest:
        clock.now_s += 10 * TURN_S
        rest()  # would wait for ever if it gave its turn away and somebody took it


def test_a_helper_that_pauses_keeps_the_turn_of_the_one_it_helps() -> None:
    clock, deadline = Hand(), Deadline(60)
    turns = Turns(1, clock)

    def short() -> None:
        with turns.taken():
            pass

    with ThreadPoolExecutor(2) as pool:
        with turns.taken() as deadline.rest:
            clock.now_s += TURN_S
            waits = pool.submit(short)
            until(lambda: turns.n_waiting == 1)
            pool.submit(deadline.pause, "a slice").result()
            assert not waits.done()
            deadline.pause("its own thread")
            assert turns.n_waiting == 0
        waits.result()
