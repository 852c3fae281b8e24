"""The functions of rule templates answer what Prometheus' answer for the same arguments."""

from __future__ import annotations

import math
from typing import Any

import pytest

from vedette.signals.template import FunctionError, StringMap, TemplateError, expand
from vedette.signals.template.alert_functions import TemplateSample, alert_functions

NOW_S = 1353755652.0


def query(expression: str) -> list[TemplateSample]:
    if expression == "missing":
        return []
    return [
        TemplateSample(StringMap(__name__="metric", instance="b", __value__="x"), 21.0),
        TemplateSample(StringMap(__name__="metric", instance="a"), 11.0),
    ]


def run(text: str, data: Any = None) -> str:
    return expand(text, data, alert_functions(query, NOW_S, "http://testhost:9090/path/prefix"), name="test")


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('{{ query "metric" | first | value }}', "21"),
        ('{{ query "metric" | first | label "instance" }}', "b"),
        ('{{ query "metric" | first | label "absent" }}|', "|"),
        ('{{ query "metric" | first | strvalue }}', "x"),
        ('{{ range query "metric" | sortByLabel "instance" }}{{.Labels.instance}}:{{.Value}}: {{end}}', "a:11: b:21: "),
        ('{{define "x"}}{{.arg0}} {{.arg1}}{{end}}{{template "x" (args 1 "2")}}', "1 2"),
        ('{{ reReplaceAll "(a)b" "x$1" "ab" }}', "xa"),
        ('{{ reReplaceAll "(?P<n>a)b" "${n}$2$$" "ab" }}', "a$"),
        ('{{ match "a+" "aa" }} {{ match "a+" "b" }}', "true false"),
        ('{{ "aa bb CC" | title }} {{ "aB" | toUpper }} {{ "aB" | toLower }}', "Aa Bb CC AB ab"),
        (
            '{{ graphLink "up > 1" }} {{ tableLink "up" }}',
            "/graph?g0.expr=up+%3E+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1",
        ),
        ("{{ externalURL }} {{ pathPrefix }}", "http://testhost:9090/path/prefix /path/prefix"),
        ("{{ now }}", "1.353755652e+09"),
        ('{{ (now | toTime).Format "Mon Jan 2 15:04:05 2006" }}', "Sat Nov 24 11:14:12 2012"),
        ('{{ ("-30m" | parseDuration | toDuration | (now | toTime).Add).UnixMilli }}', "1353753852000"),
        ('{{ (1435065584.128 | toTime).Format "2006" }}', "2015"),
        ("{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        (
            "{{ (1800 | toDuration).String }} {{ 0.0015 | toDuration }} {{ 90061.5 | toDuration }}",
            "30m0s 1.5ms 25h1m1.5s",
        ),
        ('{{ parseDuration "1h30m" }} {{ parseDuration "-5m" }}', "5400 -300"),
        ('{{ urlQueryEscape "a b&c" }}', "a+b%26c"),
        (
            '{{ -0.22222 | humanizePercentage }}:{{ 0.0 | humanizePercentage }}:{{ "1.23456" | humanizePercentage }}',
            "-22.22%:0%:123.5%",
        ),
    ],
)
def test_a_rule_template_gives_what_prometheus_gives(text: str, output: str) -> None:
    assert run(text) == output


@pytest.mark.parametrize(
    ("address", "without_port", "without_domain"),
    [
        ("foo.example.com", "foo.example.com", "foo"),
        ("foo.example.com:12345", "foo.example.com", "foo:12345"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:12345", "192.0.2.1", "192.0.2.1:12345"),
        ("2001:0DB8::1", "2001:0DB8::1", "2001:0DB8::1"),
        ("[2001:0DB8::1]:12345", "2001:0DB8::1", "[2001:0DB8::1]:12345"),
        ("[2001:0DB8::1]::12345", "[2001:0DB8::1]::12345", "[2001:0DB8::1]::12345"),
    ],
)
def test_an_address_loses_its_port_or_its_domain(address: str, without_port: str, without_domain: str) -> None:
    assert run("{{ . | stripPort }}", address) == without_port
    assert run("{{ . | stripDomain }}", address) == without_domain


@pytest.mark.parametrize(
    ("function", "values", "outputs"),
    [
        ("humanize", [0.0, 1.0, 1234567.0, 0.12, "0.12", -1, 2**63 - 1], "0 1 1.235M 120m 120m -1 9.223E"),
        ("humanize1024", [0.0, 1.0, 1048576.0, 0.12, 1234567, 2**63 - 1], "0 1 1Mi 0.12 1.177Mi 8Ei"),
        (
            "humanizeDuration",
            [0, 1.0, 60.0, 3600, 86400.0, 90000.0, -(2 * 86400 + 3 * 3600 + 4 * 60 + 5), 899.99],
            "0s|1s|1m 0s|1h 0m 0s|1d 0h 0m 0s|1d 1h 0m 0s|-2d 3h 4m 5s|14m 59s",
        ),
        ("humanizeDuration", [0.1, 0.0001, 0.12345, 60.1, 1.2345, 12.345], "100ms|100us|123.5ms|1m 0s|1.234s|12.35s"),
        ("humanizePercentage", [0, -1, 1, 1234567], "0%|-100%|100%|1.235e+08%"),
        (
            "humanizeTimestamp",
            [0, -1, 1234567],
            "1970-01-01 00:00:00 +0000 UTC|1969-12-31 23:59:59 +0000 UTC|1970-01-15 06:56:07 +0000 UTC",
        ),
    ],
)
def test_numbers_are_made_readable(function: str, values: list[Any], outputs: str) -> None:
    separator = "|" if "|" in outputs else " "
    assert [run(f"{{{{ {function} . }}}}", value) for value in values] == outputs.split(separator)


@pytest.mark.parametrize("function", ["humanize", "humanize1024", "humanizeDuration", "humanizeTimestamp"])
def test_what_is_no_number_stays_what_it_is(function: str) -> None:
    assert [run(f"{{{{ {function} . }}}}", value) for value in (math.inf, -math.inf, math.nan)] == [
        "+Inf",
        "-Inf",
        "NaN",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{{ query "missing" | first }}', "first() called on vector with no elements"),
        ('{{ humanize "one" }}', "parsing"),
        ("{{ humanize true }}", "can't convert bool to float"),
        ('{{ reReplaceAll "(" "" "" }}', "error parsing regexp"),
        ('{{ parseDuration "x" }}', "not a valid duration"),
        ("{{ toTime 1e40 }}", "overflows int64"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_so(text: str, words: str) -> None:
    with pytest.raises(TemplateError) as raised:
        run(text)
    assert words in raised.value.message


def test_an_error_of_a_query_is_the_templates_error() -> None:
    def failing(expression: str) -> list[TemplateSample]:
        raise FunctionError("query timed out")

    with pytest.raises(TemplateError, match="error calling query: query timed out"):
        expand('{{ query "up" }}', None, alert_functions(failing, 0.0, ""))
