"""Times by Go's layouts, JSON as Go writes it, functions of notification templates: laws and corners."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerting.templates.dates import parse_time
from vedette.alerting.templates.functions import FUNCTIONS, title
from vedette.alerting.templates.go_json import Struct, to_json
from vedette.signals.template import FunctionError, StringMap, TemplateError, TemplateSet
from vedette.signals.template.times import SECOND, GoDuration, GoTime

SET = TemplateSet(FUNCTIONS)
LAYOUTS = [
    "2006-01-02T15:04:05Z07:00",
    "2006-01-02 15:04:05 -0700",
    "Jan _2 2006 03:04:05PM",
    "Monday, 02 January 2006 15:04:05 MST",
    "06/1/2 15:4:5",
]


@given(st.integers(0, 4_000_000_000), st.sampled_from(LAYOUTS))
def test_a_time_is_read_as_it_was_written(seconds: int, layout: str) -> None:
    time = GoTime(seconds * SECOND)
    if "06/" in layout and time._moment().year >= 2069:
        return  # two digits cannot say it
    assert parse_time(layout, time.format(layout)).ns == time.ns


@given(st.integers(-12 * 60, 14 * 60), st.integers(0, 4_000_000_000_000_000_000))
def test_an_offset_and_a_fraction_are_read(minutes: int, ns: int) -> None:
    layout = "2006-01-02T15:04:05.999999999Z07:00"
    time = GoTime(ns, timezone(timedelta(minutes=minutes)))
    assert parse_time(layout, time.format(layout)).ns == ns


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02", "2026-02-30"),
        ("2006-01-02", "2026-1-02"),
        ("Jan 2", "Xyz 3"),
        ("15:04", "25:00"),
        ("2006 2006", "1 1"),
    ],
)
def test_what_is_no_such_time_is_refused(layout: str, text: str) -> None:
    with pytest.raises(FunctionError):
        parse_time(layout, text)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(PLAIN)
def test_json_says_what_it_was_given(value: object) -> None:
    text = to_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029").intersection(text)


def test_json_sorts_maps_and_keeps_the_order_of_structs() -> None:
    assert to_json({"b": 1, "a": 2.0}) == '{"a":2,"b":1}'
    assert to_json(Struct(b=1, a=StringMap(z="1", y="2"))) == '{"b":1,"a":{"y":"2","z":"1"}}'
    assert (
        to_json([GoTime(0), GoTime(1_500_000_000), GoDuration(5)])
        == '["1970-01-01T00:00:00Z","1970-01-01T00:00:01.5Z",5]'
    )
    assert to_json(GoTime(0, timezone(timedelta(hours=8)))) == '"1970-01-01T08:00:00+08:00"'
    assert GoTime(0).zone is UTC


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(FunctionError, match="json: unsupported"):
        to_json(value)


@given(st.text())
def test_a_title_keeps_every_character_but_its_case(text: str) -> None:
    assert title(text).casefold() == text.casefold() or len(title(text)) != len(text)  # "ß" grows


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(
    arguments=st.lists(
        st.text(max_size=8) | st.integers() | st.none() | st.lists(st.text(max_size=3), max_size=2), max_size=3
    )
)
def test_no_argument_breaks_a_function(name: str, arguments: list[object]) -> None:
    """It gives a text, or an error of the template."""
    given = {f"a{place}": argument for place, argument in enumerate(arguments)}
    with contextlib.suppress(TemplateError):
        SET.expand(f"{{{{ {name} {' '.join(f'.{key}' for key in given)} }}}}", given)
