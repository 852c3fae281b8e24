"""Templates say what Go's text/template says: the cases' outputs and errors were taken from Go itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.signals.template import (
    FunctionError,
    Limits,
    Method,
    StringMap,
    TemplateError,
    TemplateSet,
    expand,
)

DATA: dict[str, Any] = {
    "s": "text",
    "i": 42,
    "f": 1.5,
    "big": 123456789.0,
    "tiny": 0.0000012,
    "b": True,
    "zero": 0,
    "none": None,
    "empty": [],
    "list": ["a", "b", "c"],
    "ints": [1, 2],
    "floats": [1.25, 2.0],
    "labels": StringMap(job="api", env="prod"),
    "any": {"k": [7, 8], "m": {"n": "deep"}},
    "rows": [{"name": "r1", "v": 1}, {"name": "r2", "v": 2.5}],
}


def cases() -> Iterator[dict[str, str]]:
    for line in (Path(__file__).parent / "template_cases.jsonl").read_text().splitlines():
        yield json.loads(line)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case["template"])
def test_a_template_gives_what_go_gives(case: dict[str, str]) -> None:
    if "error" in case:
        with pytest.raises(TemplateError) as raised:
            expand(case["template"], DATA, name="case")
        assert raised.value.message == case["error"]
    else:
        assert expand(case["template"], DATA, name="case") == case["output"]


class Alert:
    """A struct with a field, a method without arguments and one with."""

    go_type = "template.Alert"

    def member(self, name: str) -> Any:
        return {"Status": "firing", "Labels": Method(lambda: StringMap(a="1")), "Without": Method(self.without)}[name]

    def without(self, names: list[str]) -> str:
        return f"without {' '.join(names)}"


def test_a_struct_shows_its_fields_and_methods() -> None:
    functions = {"list": lambda *values: list(values)}
    text = '{{.Status}} {{.Labels.a}} {{.Without (list "x" "y")}} {{list "z" | .Without}}'
    assert expand(text, Alert(), functions) == "firing 1 without x y without z"


def test_a_field_that_a_struct_lacks_is_an_error_with_its_place() -> None:
    with pytest.raises(TemplateError, match=r"case:2:2: executing .* can't evaluate field Nope in type template.Alert"):
        expand("a\n{{.Nope}}", Alert(), name="case")


def test_methods_of_a_map_come_before_its_keys() -> None:
    class Pairs(StringMap):
        methods: ClassVar = {"Names": lambda self: sorted(self)}

    assert expand("{{.Names}} {{.b}}", Pairs(b="2", a="1")) == "[a b] 2"


def test_a_function_says_what_is_wrong_and_the_executor_where() -> None:
    def first(values: list[str]) -> str:
        if not values:
            raise FunctionError("first() called on vector with no elements")
        return values[0]

    with pytest.raises(TemplateError, match=r"case:1:2: .*error calling first: first\(\) called on vector"):
        expand("{{first .}}", [], {"first": first}, name="case")


def test_a_later_definition_replaces_an_earlier_one_unless_it_is_empty() -> None:
    templates = TemplateSet()
    templates.add("one", '{{define "greeting"}}hello{{end}}')
    templates.add("two", '{{define "greeting"}}  {{end}}')
    assert templates.run("greeting", None) == "hello"
    templates.add("three", '{{define "greeting"}}good day{{end}}')
    assert templates.expand('{{template "greeting"}}!', None) == "good day!"
    assert templates.names() == ["greeting", "one", "three", "two"]


def test_a_template_that_does_not_parse_adds_nothing() -> None:
    templates = TemplateSet()
    with pytest.raises(TemplateError):
        templates.add("one", '{{define "a"}}x{{end}}{{if}}')
    assert templates.names() == []


@pytest.mark.parametrize(
    ("text", "limits", "named"),
    [
        ("{{range .}}{{range $}}{{end}}{{end}}", Limits(steps_max=1000), "steps_max: 1000"),
        ("{{range .}}0123456789{{end}}", Limits(output_chars_max=500), "output_chars_max: 500"),
        ('{{define "r"}}{{template "r"}}{{end}}{{template "r"}}', Limits(depth_max=20), "template depth (20)"),
    ],
)
def test_a_template_that_does_too_much_is_stopped(text: str, limits: Limits, named: str) -> None:
    with pytest.raises(TemplateError) as raised:
        TemplateSet(limits=limits).expand(text, list(range(100)))
    assert named in raised.value.message


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(TemplateError, match="max"):
        expand("{{if 1}}" * 500 + "{{end}}" * 500, None)
    with pytest.raises(TemplateError, match="max"):
        expand("{{" + "(" * 500 + "1" + ")" * 500 + "}}", None)
    with pytest.raises(TemplateError, match="maximum template depth"):
        expand("{{if 0}}" + "{{else if 0}}" * 5_000 + "{{end}}", None)
    chain = "".join(f'{{{{define "t{n}"}}}}{{{{template "t{n + 1}" .}}}}{{{{end}}}}' for n in range(10_000))
    with pytest.raises(TemplateError, match="maximum template depth"):
        TemplateSet().check(chain)


PIECES = st.sampled_from(
    (
        *"{}|()$.,:= \n\"'`",
        *(
            "{{",
            "}}",
            "{{-",
            "-}}",
            "/*",
            "*/",
            ":=",
            "if",
            "range",
            "end",
            "else",
            "define",
            "template",
            "with",
            "break",
        ),
        *("$x", ".s", ".list", "1", "2.5", '"a"', "printf", "len", "index", "eq", "%v", "nil", "true"),
    )
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_whatever_stands_in_a_template_it_is_text_or_a_clear_error(text: str) -> None:
    try:
        assert isinstance(expand(text, DATA), str)
    except TemplateError as error:
        assert error.message.startswith("template: ")


@given(st.text(), st.lists(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans()), max_size=4))
def test_printf_never_fails(text: str, values: list[Any]) -> None:
    assert isinstance(expand("{{printf .text .a .b}}", {"text": text, "a": values, "b": "x"}), str)
