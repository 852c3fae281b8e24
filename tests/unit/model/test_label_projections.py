"""Derived label sets are what Labels itself makes, however often and in whatever order they are asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.model import label_projections
from vedette.model.label_projections import with_only, with_value, without
from vedette.model.labels import Labels

NAMES = st.sampled_from("abcd")
SETS = st.dictionaries(NAMES, st.sampled_from(["", "x", "y"])).map(Labels.of)


@given(st.lists(st.tuples(SETS, st.frozensets(NAMES), NAMES, st.sampled_from(["", "x", "z"]))))
def test_a_derived_set_is_what_labels_make(asked: list[tuple[Labels, frozenset[str], str, str]]) -> None:
    for labels, names, name, value in asked:
        assert with_only(names)[labels] == labels.only(names)
        assert without(names)[labels] == labels.without(names)
        assert with_value(name)[labels, value] == labels.replace(name, value)


def test_equal_results_are_one_object() -> None:
    names = frozenset({"job"})
    first, second = (with_only(names)[Labels.of(job="j", instance=i)] for i in ("1", "2"))
    assert first is second


def test_what_is_remembered_is_bounded_and_right_after_it_was_forgotten() -> None:
    names = frozenset({"gone"})
    table = without(names)
    kept = Labels.of(a="kept", gone="x")
    for number in range(label_projections.ENTRIES_MAX + 10):
        assert table[kept].get("a") == "kept"
        table[Labels.of(a=str(number), gone="x")]
    assert sum(map(len, label_projections._TABLES.values())) <= label_projections.ENTRIES_MAX // 2
