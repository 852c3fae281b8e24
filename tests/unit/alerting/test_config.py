"""alertmanager.yml: what loads, what a section takes from the global one, errors that say where, and secrets that stay secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness import Skipped
from tests.settings import conformance
from tests.unit.alerting.config_refusals import OUR_REFUSALS, RECEIVERS, REFUSALS, ROUTE, with_route, with_section
from tests.unit.alerting.config_verdicts import VERDICTS
from vedette.alerting.config import (
    KINDS,
    AlertmanagerConfig,
    check_config,
    load_config,
    render_config,
    route_spec,
    source_matchers,
)
from vedette.alerting.config.scalars import format_go_duration, parse_go_duration
from vedette.alerting.matchers import MatcherMode
from vedette.intake.config.values import HIDDEN
from vedette.model.errors import BadInput, ConfigError


def load(text: str) -> AlertmanagerConfig:
    return load_config("/etc/am/alertmanager.yml", text=text)


def section(kind: str, text: str, common: str = "") -> Any:
    receiver = load(with_section(kind, text, common)).ready_receivers[0]
    return getattr(receiver, f"{kind}_configs")[0]


@pytest.mark.parametrize(("text", "line", "key", "message"), REFUSALS + OUR_REFUSALS)
def test_a_faulty_file_is_refused_at_its_line_in_the_reference_s_words(
    text: str, line: int, key: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("alertmanager.yml", text=text)
    assert message in caught.value.message
    assert caught.value.line == line
    assert key in caught.value.key


@pytest.mark.parametrize(("name", "verdict"), sorted(VERDICTS.items()))
def test_the_reference_s_own_files_get_its_verdict(name: str, verdict: str) -> None:
    try:
        folder = conformance("prometheus", "alertmanager", "config", "testdata")
    except Skipped as skipped:
        pytest.skip(str(skipped))
    if verdict:
        with pytest.raises(ConfigError) as caught:
            load_config(folder / name)
        assert verdict in caught.value.message
    else:
        config = load_config(folder / name)
        rendered = render_config(config)
        again = load_config(folder / name, text=rendered)
        assert render_config(again) == rendered


def test_every_kind_of_receiver_has_a_section() -> None:
    receiver = load(ROUTE + RECEIVERS).receivers[0]
    assert len(KINDS) == 21
    assert list(receiver.sections()) == []
    assert all(getattr(receiver, f"{kind}_configs") == () for kind in KINDS)


def test_defaults_are_the_reference_s() -> None:
    common = load(ROUTE + RECEIVERS).common
    assert (common.resolve_timeout, common.smtp_hello, common.smtp_require_tls) == (300_000, "localhost", True)
    assert common.pagerduty_url == "https://events.pagerduty.com/v2/enqueue"


def test_a_section_takes_what_it_does_not_say_from_the_global_one() -> None:
    common = "smtp_smarthost: 'mail:587', smtp_from: a@b, smtp_auth_password: p, smtp_require_tls: false"
    email = section("email", "to: x", common)
    assert (str(email.smarthost), email.from_, email.hello, email.require_tls) == (
        "mail:587",
        "a@b",
        "localhost",
        False,
    )
    assert email.auth_password.reveal() == "p"
    own = section("email", "to: x\nfrom: c@d\nrequire_tls: true\nauth_password_file: f", common)
    assert (own.from_, own.require_tls, own.auth_password.reveal()) == ("c@d", True, "")
    assert own.auth_password_file == "/etc/am/f"


def test_http_settings_are_taken_whole_or_not_at_all() -> None:
    common = "http_config: {proxy_url: 'http://p:1'}"
    assert section("webhook", "url: http://x", common).http.proxy.proxy_url == "http://p:1"
    assert section("webhook", "url: http://x\nhttp_config: {}", common).http.proxy.proxy_url == ""
    assert section("msteamsv2", "webhook_url: http://x\nhttp_config: {}", common).http.proxy.proxy_url == "http://p:1"


def test_slack_posts_with_a_token_or_to_a_webhook() -> None:
    by_token = section("slack", "channel: c", "slack_app_token: t")
    assert by_token.api_url.reveal() == "https://slack.com/api/chat.postMessage"
    assert by_token.http.authorization.credentials.reveal() == "t"
    by_url = section("slack", "api_url: http://hook", "slack_app_token: t")
    assert by_url.api_url.reveal() == "http://hook"
    assert by_url.http.authorization is None
    assert section("slack", "update_message: true", "slack_app_token: t").update_message


def test_vendors_urls_end_in_a_slash() -> None:
    assert section("opsgenie", "api_key: x\napi_url: http://h/base?a=b").api_url == "http://h/base/?a=b"
    assert section("victorops", "api_key: x\nrouting_key: r").api_url.endswith("/alert/")


def test_pagerduty_details_are_added_to_the_defaults() -> None:
    details = section("pagerduty", "routing_key: x\ndetails: {a: [1, {b: c}], firing: mine}").details
    assert details["a"] == [1, {"b": "c"}]
    assert details["firing"] == "mine"
    assert "resolved" in details


def test_jira_fields_are_texts_or_say_when_they_are_updated() -> None:
    jira = section(
        "jira",
        "project: p\nissue_type: t\napi_url: http://j\nsummary: s\ndescription: {template: d, enable_update: false}",
    )
    assert (jira.summary.template, jira.summary.enable_update) == ("s", None)
    assert (jira.description.template, jira.description.enable_update) == ("d", False)


def test_no_secret_is_ever_rendered() -> None:
    text = with_section("slack", "api_url: http://hook/hidden1", "opsgenie_api_key: hidden2")
    config = load(text + "  webhook_configs: [{url: 'http://u/hidden3', http_config: {bearer_token: hidden4}}]\n")
    rendered = render_config(config)
    assert "hidden" not in rendered + repr(config)
    assert rendered.count(HIDDEN) == 4
    assert render_config(load(rendered)) == rendered


def test_what_clients_of_the_reference_get_names_no_kind_of_ours() -> None:
    config = load(with_section("dingtalk", "webhook_url: http://x"))
    assert "dingtalk_configs" in render_config(config)
    assert "dingtalk_configs" not in render_config(config, our_kinds=False)


def test_a_section_is_rendered_as_it_was_written() -> None:
    rendered = render_config(load(with_section("email", "to: x", "smtp_smarthost: 'm:25', smtp_from: a@b")))
    assert rendered.count("smarthost: m:25") == 1
    assert "group_wait: 0s" in render_config(load(with_route("group_wait: 0s\ngroup_by: []")))


def test_sections_that_are_not_built_are_taken_with_a_warning() -> None:
    config = load(f"{ROUTE}{RECEIVERS}tracing: {{endpoint: x}}\nevent_recorder: {{stdout_outputs: [{{}}]}}")
    assert [warning.partition(":")[0] for warning in config.warnings] == ["tracing", "event_recorder"]


def test_matchers_of_three_spellings_become_one_list() -> None:
    config = load(
        with_route("match: {a: b}\nmatch_re: {c: d.*}\nmatchers: ['e!=f, g!~h']")
        + "inhibit_rules: [{source_match: {a: b}, source_matchers: [x=y], target_match_re: {z: .+}}]"
    )
    spec = route_spec(config.root, MatcherMode.FALLBACK)
    assert [str(each) for each in spec.routes[0].matchers] == ['a="b"', 'c=~"d.*"', 'e!="f"', 'g!~"h"']
    rule = config.inhibit_rules[0]
    assert [str(each) for each in source_matchers(rule, MatcherMode.FALLBACK)] == ['a="b"', 'x="y"']


def test_the_mode_says_which_label_names_are_allowed() -> None:
    text = with_route("group_by: ['größe']")
    assert load_config("f", MatcherMode.UTF8_STRICT, text=text).root.routes[0].group_by == ("größe",)
    with pytest.raises(ConfigError, match='invalid label name "größe" in group_by list'):
        load_config("f", MatcherMode.CLASSIC, text=text)


def test_time_intervals_are_read_into_what_routes_ask() -> None:
    config = load(
        f"{ROUTE}{RECEIVERS}time_intervals:\n- name: work\n  time_intervals:\n"
        "  - {weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:30'}], location: Asia/Shanghai}\n"
    )
    (interval,) = config.intervals()["work"]
    monday_nine = 1_767_574_800_000  # 2026-01-05 09:00 +08:00
    assert interval.contains(monday_nine)
    assert not interval.contains(monday_nine - 1)
    rendered = render_config(config)
    assert "monday:friday" in rendered
    assert "end_time: '17:30'" in rendered
    assert load(rendered).intervals() == config.intervals()


def test_a_timeout_without_a_unit_is_in_nanoseconds() -> None:
    assert section("webhook", "url: http://x\ntimeout: 5000000").timeout == 5
    assert section("webhook", "url: http://x\ntimeout: 0").timeout == 0


def test_relative_paths_are_relative_to_the_file() -> None:
    assert load(f"{ROUTE}{RECEIVERS}templates: ['t/*.tmpl', /abs/x.tmpl]").templates == (
        "/etc/am/t/*.tmpl",
        "/abs/x.tmpl",
    )


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read: No such file"):
        load_config(tmp_path / "absent.yml")


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("0", 0), ("1.5s", 1500), ("1h2m3s4ms", 3_723_004), ("1us", 1), ("-2s", -2000), (".5m", 30_000)],
)
def test_go_durations_are_read(text: str, milliseconds: int) -> None:
    assert parse_go_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "1d", "s", "1s1", "1..5s", "+", "1 s"])
def test_what_is_no_go_duration_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="time: "):
        parse_go_duration(text)


@given(st.integers(0, 10**12))
def test_go_durations_are_read_as_they_are_written(milliseconds: int) -> None:
    text = format_go_duration(parse_go_duration(f"{milliseconds}ms"))
    assert parse_go_duration(text) == milliseconds


@given(st.text(alphabet="{}[]:-&*!|>'\"#, \nroutecivrsmah=~(", max_size=120))
def test_no_text_ends_in_anything_but_a_verdict(text: str) -> None:
    try:
        load_config("f", text=text)
    except ConfigError as error:
        assert error.message


def write_config(folder: Path, text: str) -> Path:
    file = folder / "alertmanager.yml"
    file.write_text(text)
    return file


def test_a_check_counts_what_the_file_says_and_warns_of_what_will_fail(tmp_path: Path) -> None:
    (tmp_path / "a.tmpl").write_text('{{ define "x" }}y{{ end }}')
    text = with_section("webhook", "url_file: absent\npayload: {a: ['{{ nope }}']}\nmax_alerts: 1")
    report = check_config(write_config(tmp_path, text + "templates: ['*.tmpl', 'none/*']\n"))
    assert (report.receivers, report.routes, report.template_files) == (1, 1, 1)
    assert report.warnings == (
        'receiver a: webhook_configs[0].payload.a[0]: template: :1: function "nope" not defined',
        f"no such file: {tmp_path}/absent",
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("\n{{ nope }}", r"a\.tmpl:2: template: a\.tmpl:2: function \"nope\" not defined"),
        (
            '{{ define "a" }}\n{{ template "b" . }}{{ end }}\n{{ define "b" }}\n\n{{ template "a" . }}{{ end }}',
            r"a\.tmpl:5: template: a\.tmpl:5: template calls itself: a -> b -> a\nhint: ",
        ),
        (
            '{{ define "__subject" }}{{ template "slack.default.title" . }}{{ end }}',
            "template calls itself: __subject -> ",
        ),
    ],
)
def test_a_faulty_template_file_is_a_faulty_configuration(tmp_path: Path, template: str, message: str) -> None:
    (tmp_path / "a.tmpl").write_text(template)
    with pytest.raises(ConfigError) as caught:
        check_config(write_config(tmp_path, f"{ROUTE}{RECEIVERS}templates: [a.tmpl]\n"))
    assert re.search(message, str(caught.value))


def test_a_template_that_may_end_may_call_itself(tmp_path: Path) -> None:
    (tmp_path / "a.tmpl").write_text('{{ define "a" }}{{ range .children }}{{ template "a" . }}{{ end }}{{ end }}')
    assert check_config(write_config(tmp_path, f"{ROUTE}{RECEIVERS}templates: [a.tmpl]\n")).template_files == 1
