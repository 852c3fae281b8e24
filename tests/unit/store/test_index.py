"""The index against brute force, and what it does with ids, tenants and counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.model.labels import Labels, SeriesId, series_id
from vedette.model.matchers import Matcher, MatchType, matches_all
from vedette.ports.store import NameCount
from vedette.store.cardinality import rank_cardinality
from vedette.store.index import REFUSED, SeriesIndex

NAMES = ("__name__", "job", "zone", "pod")
VALUES = ("a", "b", "ab", "a|b", "x.y", "")
PATTERNS = (*VALUES, ".*", ".+", "a.*", "a|", "(a|b)", "[^a]", "b|ab|nope", "x.y|a")

label_sets = st.builds(Labels.of, st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)))
matchers = st.builds(Matcher, st.sampled_from((*NAMES, "never")), st.sampled_from(MatchType), st.sampled_from(PATTERNS))
selectors = st.lists(matchers, max_size=4).map(tuple)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(("one", "two")), label_sets), max_size=40),
    st.lists(selectors, max_size=3),
    st.lists(label_sets, max_size=10),
)
def test_select_answers_what_evaluating_every_matcher_on_every_series_answers(series, asked, later):
    index = SeriesIndex()
    known: dict[int, tuple[str, Labels]] = {}
    for tenant, labels in series:
        known[index.add(tenant, labels)] = (tenant, labels)
    for _ in range(2):  # the second round meets remembered verdicts that are too short
        for tenant in ("one", "two", "nobody"):
            expected = [
                ref
                for ref, (owner, labels) in sorted(known.items())
                if owner == tenant and any(matches_all(selector, labels) for selector in asked)
            ]
            assert index.select(tenant, asked).tolist() == expected
        for labels in later:
            known[index.add("two", labels)] = ("two", labels)


@settings(deadline=None)
@given(st.lists(label_sets, max_size=30), st.data())
def test_label_names_and_values_are_those_of_the_given_series(series, data):
    index = SeriesIndex()
    refs = np.unique(index.add_all("one", series))
    chosen = np.array(sorted(data.draw(st.sets(st.sampled_from(refs.tolist() or [0])))) if series else [], np.int64)
    labels = index.labels_of(chosen)
    assert index.label_names(chosen) == sorted({name for one in labels for name, _ in one})
    for name in (*NAMES, "never"):
        assert index.label_values(name, chosen) == sorted({one.get(name) for one in labels} - {""})


def test_a_series_keeps_its_ref_and_refs_are_dense():
    index = SeriesIndex()
    labels = [Labels.of(__name__="m", i=str(i)) for i in range(3000)]
    assert index.add_all("one", labels).tolist() == list(range(3000))
    assert index.add_all("one", labels[::-1]).tolist() == list(range(3000))[::-1]
    assert len(index) == 3000
    assert index.labels_of(np.array([7, 2999])) == [labels[7], labels[2999]]
    assert index.ids.tolist() == [series_id("one", one) for one in labels]


def test_equal_labels_of_two_tenants_are_two_series():
    index = SeriesIndex()
    labels = Labels.of(__name__="m")
    assert index.add("one", labels) != index.add("two", labels)
    assert [index.tenant_of(ref) for ref in (0, 1)] == ["one", "two"]
    assert index.refs_of("two").tolist() == [1]


def test_a_label_set_whose_id_is_taken_is_refused_and_counted():
    index = SeriesIndex(id_of=lambda tenant, labels: SeriesId(7))
    assert index.add("one", Labels.of(__name__="first")) == 0
    assert index.add("one", Labels.of(__name__="second")) == REFUSED
    assert index.add("two", Labels.of(__name__="first")) == REFUSED
    assert index.add("one", Labels.of(__name__="first")) == 0
    assert index.collisions == 2
    assert len(index) == 1


def test_labels_of_one_pair_share_its_strings():
    index = SeriesIndex()
    refs = index.add_all("one", [Labels.of(__name__="m", job="".join(["no", "de"]), i=str(i)) for i in range(2)])
    first, second = index.labels_of(refs)
    assert dict(first)["job"] is dict(second)["job"]


def test_cardinality_counts_the_tenants_series_only():
    index = SeriesIndex()
    index.add_all("one", [Labels.of(__name__="up", job=job) for job in ("a", "bb", "bb2")])
    index.add("one", Labels.of(__name__="down", job="a"))
    index.add_all("two", [Labels.of(__name__="other", job=str(i)) for i in range(9)])
    found = rank_cardinality(index.pair_counts(index.refs_of("one")), top=2)
    assert found.n_label_pairs == 5
    assert found.series_by_metric == [NameCount("up", 3), NameCount("down", 1)]
    assert found.values_by_label == [NameCount("job", 3), NameCount("__name__", 2)]
    assert found.bytes_by_label == [NameCount("__name__", 10), NameCount("job", 7)]
    assert found.series_by_label_pair == [NameCount("__name__=up", 3), NameCount("job=a", 2)]
