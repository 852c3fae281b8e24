"""Notification templates: what they see and do was recorded from `amtool template render`, our default texts are our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vedette.alerting.alerts import Alert
from vedette.alerting.notification import Notification
from vedette.alerting.templates import Data, Language, Templates, data_from_json, fill_payload
from vedette.model.errors import BadInput, ConfigError
from vedette.model.labels import Labels
from vedette.signals.template import TemplateError
from vedette.signals.template.times import ZERO_TIME, GoTime

FOLDER = Path(__file__).parent
NOW_MS = 1_767_575_000_000

REFERENCE_NAMES = (FOLDER / "default_template_names.txt").read_text().split()


def recorded_data() -> Data:
    return data_from_json(json.loads((FOLDER / "template_data.json").read_text()), NOW_MS)


def recorded_cases() -> list[dict[str, str]]:
    lines = (FOLDER / "notification_template_cases.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


TEMPLATES = Templates("http://am")


@pytest.mark.parametrize("case", recorded_cases(), ids=lambda case: f"{case['kind']} {case['text']}")
def test_a_template_gives_what_the_reference_gives(case: dict[str, str]) -> None:
    expand = TEMPLATES.html if case["kind"] == "html" else TEMPLATES.text
    if "error" in case:
        with pytest.raises(TemplateError):
            expand(case["text"], recorded_data())
    else:
        assert expand(case["text"], recorded_data()) == case["output"]


def alert(status: str, severity: str = "critical", **labels: str) -> Alert:
    ends_ms = NOW_MS - 1000 if status == "resolved" else NOW_MS + 60_000
    return Alert(
        Labels.of({"alertname": "Slow", "severity": severity, **labels}),
        NOW_MS - 60_000,
        ends_ms,
        Labels.of({"summary": "p99 <2s>", "runbook": labels.get("pod", "")}),
        "http://prom/graph?g0.expr=a&b",
    )


def notification(*alerts: Alert, **group: str) -> Notification:
    return Notification("team/x", "{}:{}", Labels.of(group or {"alertname": "Slow"}), alerts, NOW_MS, 3_600_000)


def test_data_holds_what_all_alerts_have_in_common() -> None:
    data = TEMPLATES.data(notification(alert("firing", pod="a"), alert("resolved", pod="b")))
    assert data.status == "firing"
    assert data.common_labels == {"alertname": "Slow", "severity": "critical"}
    assert data.common_annotations == {"summary": "p99 <2s>"}
    assert [each.status for each in data.alerts] == ["firing", "resolved"]
    assert data.alerts[0].ends_at == ZERO_TIME
    assert data.alerts[1].ends_at == GoTime((NOW_MS - 1000) * 1_000_000)


def test_a_group_in_which_nothing_fires_is_resolved() -> None:
    assert TEMPLATES.data(notification(alert("resolved"))).status == "resolved"
    assert TEMPLATES.data(notification()).status == "resolved"


def test_a_receivers_name_is_quoted_for_a_regular_expression() -> None:
    one = Notification("a.b+c", "", Labels(), (), NOW_MS, 1)
    assert TEMPLATES.data(one).receiver == r"a\.b\+c"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", REFERENCE_NAMES)
def test_every_template_of_the_reference_has_a_text_of_ours(name: str, language: Language) -> None:
    templates = Templates("http://am", language)
    data = templates.data(notification(alert("firing", pod="a"), alert("resolved", pod="b")))
    shown = (
        f'{{{{ template "{name}" .Alerts }}}}'
        if "alert_list" in name or "instances" in name
        else f'{{{{ template "{name}" . }}}}'
    )
    assert "<no value>" not in templates.text(shown, data)


def test_default_texts_are_chinese_or_english() -> None:
    subject = '{{ template "__subject" . }}'
    one = notification(alert("firing"), alert("resolved", pod="b"))
    assert Templates(language="zh-CN").text(subject, TEMPLATES.data(one)) == "[告警 1，已恢复 1] Slow (critical)"
    assert Templates(language="en").text(subject, TEMPLATES.data(one)) == "[firing 1, resolved 1] Slow (critical)"


@pytest.mark.parametrize(
    ("alerts", "priority"),
    [
        ([("firing", "info"), ("firing", "warning")], "Medium"),
        ([("firing", "warning"), ("firing", "critical")], "High"),
        ([("firing", "info"), ("resolved", "critical")], "Low"),
        ([("firing", "odd"), ("resolved", "warning")], "Medium"),
        ([("firing", "odd")], ""),
    ],
)
def test_jiras_priority_is_that_of_the_worst_alert(alerts: list[tuple[str, str]], priority: str) -> None:
    data = TEMPLATES.data(notification(*(alert(*each) for each in alerts)))
    assert TEMPLATES.text('{{ template "jira.default.priority" . }}', data) == priority


@pytest.mark.parametrize("name", ["vedette.text", "vedette.markdown", "email.default.html"])
def test_of_a_large_group_the_first_alerts_are_told_and_how_many_there_are(name: str) -> None:
    templates = Templates("http://am", "en")
    data = templates.data(notification(*(alert("firing", pod=f"pod-{number:05}") for number in range(2_000))))
    text = templates.html(f'{{{{ template "{name}" . }}}}', data)
    assert "pod-00049" in text
    assert "pod-00050" not in text
    assert "… 2000 in all" in text


def test_the_mail_escapes_what_alerts_say() -> None:
    hostile = alert("firing", pod='"><script>x</script>')
    page = TEMPLATES.html('{{ template "email.default.html" . }}', TEMPLATES.data(notification(hostile)))
    assert "<script>" not in page
    assert "p99 &lt;2s&gt;" in page
    assert 'href="http://prom/graph?g0.expr=a&amp;b"' in page
    assert "ZgotmplZ" not in page


def test_a_users_file_replaces_one_of_our_templates(tmp_path: Path) -> None:
    (tmp_path / "own.tmpl").write_text('{{ define "__subject" }}mine {{ .Status }}{{ end }}')
    templates = Templates()
    templates.add_files([str(tmp_path / "*.tmpl"), str(tmp_path / "none" / "*")])
    data = templates.data(notification(alert("firing")))
    assert templates.text('{{ template "slack.default.title" . }}', data) == "mine firing"


@pytest.mark.parametrize("text", ["a\n{{ nope }}", "a\n{{ if }}", 'a\n{{ define "x" }}'])
def test_a_file_that_does_not_parse_is_a_config_error_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.tmpl").write_text(text)
    with pytest.raises(ConfigError, match=r"template: bad\.tmpl:2: ") as caught:
        Templates().add_files([str(tmp_path / "bad.tmpl")])
    assert caught.value.line == 2


def test_templates_that_call_each_other_in_a_circle_end_with_an_error() -> None:
    with pytest.raises(TemplateError, match="exceeded maximum template depth"):
        TEMPLATES.text('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', recorded_data())


def test_now_and_since_are_the_notifications_time() -> None:
    data = TEMPLATES.data(notification(alert("firing")))
    assert TEMPLATES.text("{{ now.Unix }}", data) == str(NOW_MS // 1000)
    assert TEMPLATES.text("{{ since (index .Alerts 0).StartsAt }}", data) == "1m0s"


def test_route_labels_may_name_each_other() -> None:
    data = TEMPLATES.data(notification(alert("firing"), team="t"))
    raw = {"a": '{{ routeLabels "b" }}!', "b": "{{ .GroupLabels.team }}", "c": 'x{{ routeLabels "none" }}'}
    assert TEMPLATES.route_labels(raw, data) == {"a": "t!", "b": "t", "c": "x"}


@pytest.mark.parametrize(
    "raw", [{"a": '{{ routeLabels "a" }}'}, {"a": '{{ routeLabels "b" }}', "b": '{{ routeLabels "a" }}'}]
)
def test_route_labels_that_go_round_are_an_error(raw: dict[str, str]) -> None:
    with pytest.raises(TemplateError, match="route label cycle detected: a -> "):
        TEMPLATES.route_labels(raw, recorded_data())


def test_filled_route_labels_are_not_templates_again() -> None:
    labels = Labels.of({"desc": "{{ .Status }}"})
    one = Notification("r", "", Labels(), (), NOW_MS, 1, route_labels=labels)
    assert TEMPLATES.text('{{ routeLabels "desc" }}', TEMPLATES.data(one)) == "{{ .Status }}"


def test_a_payloads_texts_are_filled_and_become_what_they_say() -> None:
    data = recorded_data()
    payload = {
        "text": "{{ .Status }}",
        "count": "{{ len .Alerts }}",
        "alerts": "{{ .Alerts.Firing | toJson }}",
        "list": ["a", "{{ true }}", 7],
        "{{ .Status }}": "",
        "odd": "value1:",
        "date": "2026-01-01",
        "colon": "a: {{ .Status }}",
    }
    filled = fill_payload(payload, lambda text: TEMPLATES.text(text, data))
    assert filled["text"] == "firing"
    assert filled["count"] == 2
    assert filled["alerts"][0]["labels"]["pod"] == "api-1"
    assert filled["list"] == ["a", True, 7]
    assert filled["firing"] is None
    assert filled["odd"] == {"value1": None}
    assert filled["date"] == "2026-01-01"
    assert filled["colon"] == {"a": "firing"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "template data is no JSON object"),
        ({"alerts": 3}, "alerts is no list of objects"),
        ({"receiver": 3}, "receiver is no text: 3"),
        ({"alerts": [{"labels": {"a": 1}}]}, "labels is no object of texts"),
        ({"alerts": [{"startsAt": "now"}]}, "startsAt: parsing time"),
    ],
)
def test_data_of_a_wrong_shape_is_refused(value: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        data_from_json(value, NOW_MS)
