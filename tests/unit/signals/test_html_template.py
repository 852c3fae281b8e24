"""Values in HTML are escaped for their place: the cases' outputs were taken from Go's html/template itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.signals.template import SafeHtml, SafeUrl, StringMap, TemplateError, TemplateSet
from vedette.signals.template.html import HtmlEscaper

DATA: dict[str, Any] = {
    "tag": "<b>bold</b>",
    "amp": "a&b",
    "quotes": '"it\'s" + `x`',
    "url": "http://h/p?a=b&c=d e#f",
    "js": "javascript:alert(1)",
    "mail": "mailto:a@b",
    "color": "#c00",
    "size": "10px",
    "evil": "red; background:url(x)",
    "expr": "exPression(x)",
    "n": 3,
    "f": 1.5,
    "name": "title",
    "space": "a b\tc",
    "nil": None,
    "html": SafeHtml('<i class="x">&amp;</i>'),
    "safeurl": SafeUrl("q=a%20b&c"),
    "zh": "告警 é",
    "list": ["<a>", "b"],
    "empty": "",
    "cmt": "-->",
    "src": "http://a/b.png 2x, javascript:x",
    "rel": "a/b?c=1",
    "m": StringMap(a="<b>"),
}
TEMPLATES = TemplateSet({"safeHtml": lambda text: SafeHtml(text), "safeUrl": lambda text: SafeUrl(text)})


def expand(template: str, data: Any) -> str:
    return TEMPLATES.expand(template, data, escaper=HtmlEscaper())


def cases() -> Iterator[dict[str, str]]:
    for line in (Path(__file__).parent / "html_template_cases.jsonl").read_text().splitlines():
        yield json.loads(line)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case["template"])
def test_a_value_is_escaped_as_go_escapes_it(case: dict[str, str]) -> None:
    if "error" in case:
        with pytest.raises(TemplateError, match="predefined escaper"):
            expand(case["template"], DATA)
    else:
        assert expand(case["template"], DATA) == case["output"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("<script>var x = {{.tag}}</script>", "values inside <script> are not escaped here"),
        ('<p onclick="f({{.tag}})">', "values inside event attributes are not escaped here"),
        ('<p "x">', "html: expected space, attr name, or end of tag"),
        ("<p a=b`c>", "html: quote, bracket or equals sign in an attribute without quotes"),
    ],
)
def test_what_cannot_be_made_safe_is_refused(template: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        expand(template, DATA)


class Structure(HTMLParser):
    """The tags and attribute names of a text, without any value."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.attributes: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)


PLACES = (
    '<div title="{{.}}" class={{.}} lang=\'{{.}}\'><a href="{{.}}">{{.}}</a><a href=\'/x?q={{.}}\' style="color: {{.}}">'
    "<img src={{.}}><p style=\"background: url('{{.}}')\">{{.}}</p><textarea>{{.}}</textarea></div>"
)


_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
"""html.parser takes more for white space than browsers do."""


def structure(text: str) -> Structure:
    parser = Structure()
    parser.feed(text)
    parser.close()
    return parser


@given(st.text(alphabet="<>\"'`=&;:/ \t\n()#?%{}\\+-!a1javscript:", max_size=40) | st.text(_LETTERS, max_size=20))
def test_no_value_changes_the_structure_of_the_page(value: str) -> None:
    plain, hostile = structure(expand(PLACES, "x")), structure(expand(PLACES, value))
    assert hostile.seen == plain.seen
    for name in ("href", "src"):
        scheme, colon, _ = (hostile.attributes[name] or "").partition(":")
        assert not colon or "/" in scheme or scheme.lower() in ("http", "https", "mailto")


@given(st.text(alphabet="<>\"'=/!- \nabp{}", max_size=60))
def test_any_text_is_either_written_or_refused(text: str) -> None:
    try:
        expand(text + "{{.}}", "x")
    except TemplateError as error:
        assert error.message
