"""Simple patterns are decided without an expression: as RE2 decides them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.regex import compile_anchored, simple_test

TEXTS = st.text(st.sampled_from("ab.|*-\n\\é"), max_size=8)
TOKENS = st.sampled_from(
    ["a", "b", "é", "-", "_", "\n", r"\.", r"\|", r"\*", r"\-", ".*", "|", "^", "+", "(a)", "[ab]", ".", r"\d", "a{2}"]
)


@given(st.lists(TOKENS, max_size=6).map("".join), TEXTS)
def test_a_simple_pattern_matches_what_its_expression_matches(pattern: str, text: str) -> None:
    test = simple_test(pattern)
    if test is not None:
        assert test(text) == (compile_anchored(pattern).fullmatch(text) is not None), (pattern, text)


@given(
    st.lists(st.sampled_from(["a", "b", "ab", r"\.", ".*", "|"]), max_size=7).map("".join), st.text("ab.", max_size=6)
)
def test_patterns_of_texts_and_wildcards_are_simple(pattern: str, text: str) -> None:
    test = simple_test(pattern)
    assert test is not None
    assert test(text) == (compile_anchored(pattern).fullmatch(text) is not None), (pattern, text)


@pytest.mark.parametrize(
    "pattern", ["a+", "(a|b)", "a?.*", "^a", "a$", ".", "a.b", r"\d.*", "a**", "[a]", "a{2}", "(?i)a", r"\Qa\E", "*"]
)
def test_every_other_pattern_needs_an_expression(pattern: str) -> None:
    assert simple_test(pattern) is None
