"""SLOs as they are declared: read with positions, refused with words."""

from __future__ import annotations

import pytest

from vedette.alerting.slo.compiling import compile_slo
from vedette.alerting.slo.sections import parse_slo, read_slo_file
from vedette.model.errors import ConfigError

GOOD = "{name: a, objective: 99.95, indicator: {events: {total: 't{a=\"b\"}', good: g}}}"


def test_a_budget_is_exactly_the_percentage_that_was_written():
    assert str(parse_slo(GOOD, "x").budget) == "0.0005"


def test_json_is_read_too():
    assert (
        parse_slo(
            '{"name":"a","objective":99,"window":"7d","indicator":{"events":{"total":"t","bad":"b"}}}', "x"
        ).window
        == 7 * 86_400_000
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no slo in the body"),
        (GOOD.replace("name: a,", ""), "an slo needs a name"),
        (GOOD.replace("name: a", "name: 'a b'"), "a name has up to 100 letters, digits and . _ -: a b"),
        (GOOD.replace("99.95", "100"), "the objective is a percentage between 0 and 100: 100"),
        (GOOD.replace("99.95", "nan"), "between 0 and 100: nan"),
        (GOOD.replace("objective", "window: 36h, objective"), "the window is a number of days from 1d to 90d: 1d12h"),
        (GOOD.replace("good: g", "good: g, bad: b"), "either `good` or `bad`"),
        (GOOD.replace("good: g", "good: 'rate(g[5m])'"), "not a plain selector"),
        (GOOD.replace("good: g", "good: 'g offset 5m'"), "not a plain selector"),
        (GOOD.replace("good: g", "good: 'g{'"), "parse error"),
        ("{name: a, objective: 99}", "an slo needs an indicator"),
        ("{name: a, objective: 99, indicator: {}}", "either `events` or `latency`"),
        ("{name: a, objective: 99, indicator: {latency: {histogram: h}}}", "`threshold` above 0"),
        ("{name: a, objective: 99, indicator: {latency: {histogram: '{a=\"b\"}', threshold: 1}}}", "before the braces"),
        (GOOD.replace("name: a", "name: a, group_by: [le]"), "may set or group by: le"),
        (GOOD.replace("name: a", "name: a, objektive: 3"), "field objektive not found"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, words):
    with pytest.raises(ConfigError, match=__import__("re").escape(words)) as caught:
        parse_slo(text, "body")
    assert caught.value.file == "body"


def test_two_slos_of_one_name_are_refused(tmp_path):
    file = tmp_path / "slos.yml"
    file.write_text(f"slos:\n- {GOOD}\n- {GOOD}\n")
    with pytest.raises(ConfigError, match="two slos have one name: a"):
        read_slo_file(file)
    file.write_text(f"slos:\n- {GOOD}\n")
    assert [slo.name for slo in read_slo_file(file)] == ["a"]


def test_alerts_can_be_left_out_and_are_left_out_where_they_cannot_fire():
    def alerts(text):
        return [
            rule.labels["long_window"]
            for group in compile_slo(parse_slo(text, "x"))
            for rule in group.rules
            if rule.alert
        ]

    assert alerts(GOOD) == ["1h", "6h", "1d", "3d"]
    assert alerts(GOOD.replace("name: a", "name: a, alerting: false")) == []
    assert alerts(GOOD.replace("99.95", "90")) == ["6h", "1d", "3d"]
    assert alerts(GOOD.replace("name: a", "name: a, window: 1d")) == ["1h", "6h"]
