from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.labels import is_classic_metric_name
from vedette.wire.names import Escaping, escape_name, unescape_name

utf8 = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("name", "underscores", "dots", "values"),
    [
        ("no_escaping_required", "no_escaping_required", "no__escaping__required", "no_escaping_required"),
        ("system.cpu.load", "system_cpu_load", "system_dot_cpu_dot_load", "U__system_2e_cpu_2e_load"),
        ("http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"),
        ("花火", "__", "____", "U___82b1__706b_"),
        ("1a", "_a", "__a", "U___31_a"),
        ("a b_c", "a_b_c", "a__b__c", "U__a_20_b__c"),
    ],
)
def test_names_are_escaped_as_the_reference_escapes_them(name: str, underscores: str, dots: str, values: str) -> None:
    assert escape_name(name, Escaping.ALLOW_UTF8) == name
    assert escape_name(name, Escaping.UNDERSCORES) == underscores
    assert escape_name(name, Escaping.DOTS) == dots
    assert escape_name(name, Escaping.VALUES) == values


@given(utf8)
def test_the_values_scheme_can_be_undone(name: str) -> None:
    if not name.startswith("U__"):
        assert unescape_name(escape_name(name, Escaping.VALUES), Escaping.VALUES) == name


@given(utf8, st.sampled_from([Escaping.UNDERSCORES, Escaping.DOTS, Escaping.VALUES]))
def test_every_escaped_name_is_classic(name: str, scheme: Escaping) -> None:
    assert is_classic_metric_name(escape_name(name, scheme))


@pytest.mark.parametrize(
    "name", ["U__a_", "U__a_zz_", "U__a_1234567_", "U__a_d800_", "U__a_110000_", "a__b", "U__a_2e"]
)
def test_what_is_no_valid_escape_stays(name: str) -> None:
    assert unescape_name(name, Escaping.VALUES) == name


def test_dots_are_read_back() -> None:
    assert unescape_name("a__b_dot_c", Escaping.DOTS) == "a_b.c"
