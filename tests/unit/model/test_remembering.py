"""Answers about label sequences are remembered by which sequences they are about."""

from __future__ import annotations

import numpy as np

from vedette.model.label_rows import LabelRows, concatenated, order_by_labels, take_labels
from vedette.model.labels import Labels
from vedette.model.remembering import BYTES_MAX, remembered, size_of
from vedette.query.shared.grouping import group_series
from vedette.query.shared.matching import MatchRule, match_groups
from vedette.store.index import SeriesIndex


def some_labels(job: str = "web") -> list[Labels]:
    return [Labels.of(job=job, pod=f"{i}") for i in range(3)]


def test_the_same_question_is_answered_by_the_same_object():
    labels = some_labels()
    assert group_series(labels, ("job",), without=False) is group_series(labels, ("job",), without=False)
    taken = take_labels(labels, np.array([2, 0]))
    assert taken is take_labels(labels, np.array([2, 0]))
    assert list(taken) == [labels[2], labels[0]]


def test_a_chain_of_questions_is_recognised():
    index = SeriesIndex()
    refs = index.add_all("one", some_labels())
    grouped, matched = [], []
    for _ in range(2):
        rows = LabelRows(index, refs)
        groups = group_series(rows, ("job",), without=False)
        grouped.append(groups)
        matched.append(match_groups(rows, groups.labels, MatchRule(True, ("job",))))
    assert grouped[0] is grouped[1]
    assert matched[0] is matched[1]


def test_other_arguments_and_other_sequences_are_other_questions():
    labels, same = some_labels(), some_labels()
    assert group_series(labels, ("job",), without=False).n == 1
    assert group_series(labels, ("pod",), without=False).n == 3
    assert group_series(labels, ("job",), without=True).n == 3
    assert group_series(same, ("job",), without=False) is not group_series(labels, ("job",), without=False)
    assert concatenated(labels, same) is not concatenated(same, labels)
    assert list(take_labels(labels, np.array([0]))) != list(take_labels(labels, np.array([1])))


def test_a_list_that_took_the_place_of_another_is_not_mistaken_for_it():
    """As long as an answer is kept, so is what it is about: its address belongs to nobody else."""
    for i in range(2_000):
        labels = [Labels.of(pod=f"{i}-{n}") for n in (2, 1)]
        assert order_by_labels(labels).tolist() == [1, 0]
        assert group_series(labels, ("pod",), without=False).labels == labels
        del labels


def test_rows_that_hide_other_labels_are_other_rows():
    index = SeriesIndex()
    refs = index.add_all("one", some_labels())
    shown, hidden = LabelRows(index, refs), LabelRows(index, refs, frozenset({"pod"}))
    assert group_series(shown, ("job", "pod"), without=False).n == 3
    assert group_series(hidden, ("job", "pod"), without=False).n == 1


def test_what_raised_is_asked_again():
    calls = []

    @remembered
    def fail(labels):
        calls.append(labels)
        raise ValueError("no")

    labels = some_labels()
    for _ in range(2):
        try:
            fail(labels)
        except ValueError:
            continue
    assert len(calls) == 2


def test_answers_are_weighed():
    assert size_of(np.zeros(1000)) == 8000
    assert size_of(([], np.zeros(10), np.zeros(10))) == 160
    assert size_of(group_series(some_labels(), ("pod",), without=False)) > 3 * 8
    assert size_of(group_series(LabelRows(SeriesIndex(), np.zeros(0, np.int64)), ("pod",), without=False)) == 0
    assert size_of(True) == 0
    assert BYTES_MAX < 64 << 20
