"""Each receiver asks its vendor as the vendor documents it: path, headers, fields, limits."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.alerting.vendors import (
    GROUP_HASH,
    GROUP_KEY,
    Answer,
    Asked,
    alert,
    integration,
    json_says,
    notification,
    send,
    vendor,
)
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.pagerduty import PagerdutyV1
from vedette.alerting.receivers.pushover import Pushover
from vedette.alerting.receivers.texts import truncate_bytes, truncate_runes

RESOLVED = notification(alert(resolved=True))
LONG = notification(alert(text="长" * 40_000))
SUBJECT = "[firing 1] Slow (critical)"


def asked_of(
    kind: str, section: str, *answers: Answer, what: Notification | None = None, common: str = ""
) -> list[Asked]:
    """The requests of one notification; `URL` in the texts is the vendor's."""

    async def run() -> list[Asked]:
        async with vendor(*answers) as server:
            built = integration(kind, section.replace("URL", server.url), common.replace("URL", server.url))
            await send(built, what)
            return server.asked

    return asyncio.run(run())


def one_of(kind: str, section: str, *answers: Answer, what: Notification | None = None, common: str = "") -> Asked:
    (asked,) = asked_of(kind, section, *answers, what=what, common=common)
    return asked


OK = Answer(200, b"ok", {"Content-Type": "text/html"})


def test_webhook_sends_the_references_message() -> None:
    asked = one_of("webhook", "url: URL/hook?a=b", what=notification(alert(), reason="first notification"))
    assert (asked.method, asked.target, asked.headers["content-type"]) == ("POST", "/hook?a=b", "application/json")
    assert asked.headers["user-agent"].startswith("Vedette/")
    message = asked.json
    assert list(message) == [
        *("receiver", "status", "alerts", "notification_reason", "groupLabels", "commonLabels", "commonAnnotations"),
        *("routeLabels", "externalURL", "version", "groupKey", "truncatedAlerts"),
    ]
    assert (message["version"], message["groupKey"], message["status"]) == ("4", GROUP_KEY, "firing")
    assert (message["receiver"], message["notification_reason"]) == ("team", "first notification")
    assert message["alerts"][0] == {
        "status": "firing",
        "labels": {"alertname": "Slow", "severity": "critical"},
        "annotations": {"summary": "it is slow"},
        "startsAt": "2026-01-05T01:02:20Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom/graph",
        "fingerprint": message["alerts"][0]["fingerprint"],
    }


def test_webhook_leaves_out_alerts_over_its_limit_and_says_how_many() -> None:
    what = notification(*(alert(pod=str(number)) for number in range(5)))
    message = one_of("webhook", "url: URL\nmax_alerts: 2", what=what).json
    assert (len(message["alerts"]), message["truncatedAlerts"]) == (2, 3)


def test_webhook_takes_a_template_as_url_and_as_payload() -> None:
    section = 'url: \'URL/{{ .Status }}\'\npayload: {state: "{{ .Status }}", n: "{{ len .Alerts }}", fixed: [1, {a: "{{ true }}"}]}'
    asked = one_of("webhook", section)
    assert asked.path == "/firing"
    assert asked.json == {"state": "firing", "n": 1, "fixed": [1, {"a": True}]}


def test_a_proxy_is_asked_where_one_is_set() -> None:
    asked = one_of("webhook", "url: http://hook.invalid/x", common="http_config: {proxy_url: 'URL'}")
    assert (asked.method, asked.target, asked.headers["host"]) == ("POST", "http://hook.invalid/x", "hook.invalid")
    assert asked.json["version"] == "4"


def test_http_config_authenticates() -> None:
    asked = one_of(
        "webhook", "url: URL\nhttp_config: {basic_auth: {username: u, password: p}, http_headers: {X-A: {values: [b]}}}"
    )
    assert (asked.headers["authorization"], asked.headers["x-a"]) == ("Basic dTpw", "b")


def test_incidentio_sends_the_webhooks_message_with_its_token() -> None:
    asked = one_of("incidentio", "url: URL/x\nalert_source_token: tok")
    assert asked.headers["authorization"] == "Bearer tok"
    assert (asked.json["version"], asked.json["status"]) == ("1", "firing")


def test_incidentio_sends_the_first_alert_alone_where_all_are_too_large() -> None:
    what = notification(*(alert(text="x" * 60_000, pod=str(number)) for number in range(10)))
    assert len(one_of("incidentio", "url: URL\nalert_source_token: t", what=what).json["alerts"]) == 1


def test_slack_webhook_sends_an_attachment() -> None:
    section = (
        "api_url: URL/services/x\nchannel: '#c'\nfields: [{title: t, value: '{{ .Status }}'}, {title: u, value: v, short: true}]\n"
        "actions: [{type: button, text: go, url: 'http://go', name: n}]\nmrkdwn_in: [text]\nimage_url: http://i"
    )
    message = one_of("slack", section, OK).json
    (attachment,) = message["attachments"]
    assert (message["channel"], message["username"]) == ("#c", "Vedette")
    assert "icon_url" not in message
    assert (attachment["title"], attachment["color"]) == (SUBJECT, "danger")
    assert attachment["title_link"] == "http://am/alerts?receiver=team"
    assert attachment["fields"] == [
        {"title": "t", "value": "firing", "short": False},
        {"title": "u", "value": "v", "short": True},
    ]
    assert attachment["actions"] == [{"type": "button", "text": "go", "url": "http://go"}]
    assert (attachment["mrkdwn_in"], attachment["image_url"], attachment["callback_id"]) == (["text"], "http://i", "")


def test_slack_cuts_a_long_title() -> None:
    section = "api_url: URL\ntitle: '{{ .CommonAnnotations.summary }}'"
    title = one_of("slack", section, OK, what=LONG).json["attachments"][0]["title"]
    assert (len(title), title[-1]) == (1024, "…")


def test_slack_updates_the_message_that_it_sent_before() -> None:
    async def run() -> None:
        posted = json_says({"ok": True, "ts": "17.5", "channel": "C1"})
        async with vendor(posted) as server:
            common = f"slack_app_token: tok, slack_app_url: '{server.url}/api/chat.postMessage'"
            built = integration("slack", "channel: '#c'\nupdate_message: true", common)
            kept = await built.notify(notification())
            assert kept == {"threadTs": "17.5", "channelId": "C1"}
            assert await send(built, notification(alert(resolved=True), kept=kept)) == kept
            first, second = server.asked
            assert (first.path, first.headers["authorization"]) == ("/api/chat.postMessage", "Bearer tok")
            assert "ts" not in first.json
            assert (second.path, second.json["ts"], second.json["channel"]) == ("/api/chat.update", "17.5", "C1")
            assert second.json["attachments"][0]["color"] == "good"

    asyncio.run(run())


def test_mattermost_makes_an_attachment_of_the_section() -> None:
    message = one_of("mattermost", "webhook_url: URL/hooks/x\nfields: [{title: a, value: b, short: false}]").json
    (attachment,) = message["attachments"]
    assert "text" not in message
    assert (attachment["title"], attachment["color"]) == (SUBJECT, "danger")
    assert attachment["fields"] == [{"title": "a", "value": "b", "short": False}]
    assert "**Slow**" in attachment["text"]


@pytest.mark.parametrize(
    ("asked", "priority"),
    [
        ("{priority: URGENT, requested_ack: true, persistent_notifications: true}",
         {"priority": "urgent", "requested_ack": True, "persistent_notifications": True}),
        ("{priority: important, requested_ack: true, persistent_notifications: true}",
         {"priority": "important", "requested_ack": True}),
        ("{priority: odd, requested_ack: true}", {"priority": "standard"}),
    ],
)  # fmt: skip
def test_mattermost_asks_for_what_a_priority_allows(asked: str, priority: dict[str, Any]) -> None:
    section = f"webhook_url: URL\nattachments: [{{title: t}}]\ntext: '{{{{ .CommonAnnotations.summary }}}}'\nprops: {{card: c}}\npriority: {asked}"
    message = one_of("mattermost", section, what=LONG).json
    assert (message["priority"], message["props"], message["attachments"]) == (
        priority,
        {"card": "c"},
        [{"title": "t"}],
    )
    assert len(message["text"]) == 16383


def test_rocketchat_posts_with_its_tokens() -> None:
    section = (
        "api_url: URL/\ntoken: tok\ntoken_id: id\nchannel: '#c'\nactions: [{type: button, text: go, url: 'http://go'}]"
    )
    asked = one_of("rocketchat", section, json_says({"success": True}))
    assert asked.path == "/api/v1/chat.postMessage"
    assert (asked.headers["x-auth-token"], asked.headers["x-user-id"]) == ("tok", "id")
    (attachment,) = asked.json["attachments"]
    assert (asked.json["channel"], attachment["color"], attachment["title"]) == ("#c", "red", SUBJECT)
    assert attachment["actions"][0]["type"] == "button"


def test_pagerduty_v2_triggers_and_resolves_by_the_groups_key() -> None:
    section = (
        "routing_key: '{{ .GroupLabels.alertname }}'\nurl: URL/v2/enqueue\nseverity: '{{ .CommonLabels.severity }}'\nclass: c\n"
        "links: [{href: 'http://l', text: t}, {href: ''}]\nimages: [{src: '', alt: a}]\ndetails: {n: '{{ len .Alerts }}', deep: {a: ['{{ .Status }}']}}"
    )
    event = one_of("pagerduty", section, json_says({"status": "success"}, 202)).json
    assert (event["routing_key"], event["dedup_key"], event["event_action"]) == ("Slow", GROUP_HASH, "trigger")
    payload = event["payload"]
    assert (payload["summary"], payload["severity"], payload["class"]) == (SUBJECT, "critical", "c")
    assert payload["source"] == "Vedette"
    assert payload["custom_details"]["n"] == 1
    assert payload["custom_details"]["deep"] == {"a": ["firing"]}
    assert payload["custom_details"]["firing"][0]["labels"]["alertname"] == "Slow"
    assert event["links"] == [{"href": "http://l", "text": "t"}]
    assert "images" not in event
    assert one_of("pagerduty", section, what=RESOLVED).json["event_action"] == "resolve"


def test_pagerduty_v2_says_error_where_no_severity_is_given_and_leaves_out_details_that_are_too_large() -> None:
    what = notification(*(alert(text="x" * 60_000, pod=str(number)) for number in range(10)))
    payload = one_of("pagerduty", "routing_key: k\nurl: URL", what=what).json["payload"]
    assert payload["severity"] == "error"
    assert list(payload["custom_details"]) == ["error"]


def test_pagerduty_v1_speaks_to_the_old_api(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> Asked:
        async with vendor(json_says({"status": "success"})) as server:
            monkeypatch.setattr(PagerdutyV1, "url", f"{server.url}/generic/2010-04-15/create_event.json")
            await send(integration("pagerduty", "service_key: k"), LONG)
            return server.asked[0]

    asked = asyncio.run(run())
    event = asked.json
    assert asked.path == "/generic/2010-04-15/create_event.json"
    assert (event["service_key"], event["event_type"], event["incident_key"]) == ("k", "trigger", GROUP_HASH)
    assert (event["description"], event["client"]) == (SUBJECT, "Vedette")
    assert event["details"]["num_firing"] == 1
    assert "event_action" not in event


def test_opsgenie_makes_an_alert() -> None:
    section = (
        "api_url: URL\napi_key: k\nresponders: [{name: 'a,b', type: teams}, {id: '1', type: USER}, {name: '{{ .CommonLabels.none }}', type: '{{ \"\" }}'}]\n"
        "tags: 'x,,y'\ndetails: {own: '{{ .Status }}'}\nmessage: '{{ .CommonAnnotations.summary }}'"
    )
    asked = one_of("opsgenie", section, json_says({}, 202), what=LONG)
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", "/v2/alerts", "GenieKey k")
    assert asked.json["alias"] == GROUP_HASH
    assert len(asked.json["message"]) == 130
    assert asked.json["responders"] == [
        {"name": "a", "type": "team"},
        {"name": "b", "type": "team"},
        {"id": "1", "type": "USER"},
    ]
    assert asked.json["tags"] == ["x", "y"]
    assert asked.json["details"] == {"alertname": "Slow", "severity": "critical", "own": "firing"}


def test_opsgenie_updates_and_closes_by_alias() -> None:
    section = "api_url: URL/\napi_key: k\nupdate_alerts: true\ndescription: d"
    targets = [(each.method, each.target) for each in asked_of("opsgenie", section, json_says({}, 202))]
    own = f"/v2/alerts/{GROUP_HASH}"
    assert targets == [
        ("POST", "/v2/alerts"),
        ("PUT", f"{own}/message?identifierType=alias"),
        ("PUT", f"{own}/description?identifierType=alias"),
    ]
    closed = one_of("opsgenie", section, json_says({}, 202), what=RESOLVED)
    assert closed.target == f"{own}/close?identifierType=alias"
    assert closed.json == {"source": "http://am/alerts?receiver=team"}


@pytest.mark.parametrize(
    ("message_type", "what", "sent"),
    [("WARNING", None, "WARNING"), ("odd", None, "CRITICAL"), ("WARNING", RESOLVED, "RECOVERY")],
)
def test_victorops_says_what_happened(message_type: str, what: Notification | None, sent: str) -> None:
    section = f"api_url: URL/integrations/x/alert\napi_key: k\nrouting_key: 'r {{{{ .Status }}}}'\nmessage_type: {message_type}\ncustom_fields: {{a: b}}"
    asked = one_of("victorops", section, what=what)
    status = "resolved" if what else "firing"
    assert asked.path == f"/integrations/x/alert/k/r%20{status}"
    assert (asked.json["message_type"], asked.json["entity_id"], asked.json["a"]) == (sent, GROUP_HASH, "b")


def pushover(section: str, monkeypatch: pytest.MonkeyPatch, what: Notification | None = None) -> Asked:
    async def run() -> Asked:
        async with vendor(json_says({"status": 1})) as server:
            monkeypatch.setattr(Pushover, "url", f"{server.url}/1/messages.json")
            await send(integration("pushover", f"token: t\nuser_key: u\n{section}"), what)
            return server.asked[0]

    return asyncio.run(run())


def test_pushover_posts_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pushover("ttl: 90s\nsound: s", monkeypatch)
    assert asked.target == "/1/messages.json"
    form = asked.form
    assert (form["token"], form["user"], form["title"]) == ("t", "u", SUBJECT)
    assert (form["priority"], form["retry"], form["expire"], form["ttl"], form["sound"]) == (
        "2",
        "60",
        "3600",
        "90",
        "s",
    )
    assert pushover("", monkeypatch, RESOLVED).form["priority"] == "0"


def test_pushover_keeps_to_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "'{{ .CommonAnnotations.summary }}'"
    form = pushover(f"title: {long}\nmessage: {long}\nurl: {long}", monkeypatch, LONG).form
    assert (len(form["title"]), len(form["message"]), len(form["url"])) == (250, 1024, 512)
    assert pushover("message: '{{ \" \" }}'", monkeypatch).form["message"] == "(no details)"
    html = pushover(
        "html: true\nmessage: '<b>{{ .CommonAnnotations.summary }}</b>'", monkeypatch, notification(alert(text="<i>"))
    )
    assert (html.form["html"], html.form["message"]) == ("1", "<b>&lt;i&gt;</b>")


def test_wechat_asks_for_a_token_once_and_sends_with_it() -> None:
    async def run() -> list[Asked]:
        token = json_says({"errcode": 0, "access_token": "tok", "expires_in": 7200})
        async with vendor(token, json_says({"errcode": 0})) as server:
            section = f"api_url: {server.url}/cgi-bin/\napi_secret: s\ncorp_id: c\nto_party: '2'\nagent_id: '7'\nmessage_type: markdown"
            built = integration("wechat", section)
            await built.notify(notification())
            await send(built, LONG)
            return server.asked

    token, first, second = asyncio.run(run())
    assert (token.method, token.path, token.query) == ("GET", "/cgi-bin/gettoken", {"corpid": "c", "corpsecret": "s"})
    assert (first.path, first.query) == ("/cgi-bin/message/send", {"access_token": "tok"})
    assert (first.json["toparty"], first.json["agentid"], first.json["msgtype"]) == ("2", "7", "markdown")
    assert "touser" not in first.json
    assert len(second.json["markdown"]["content"].encode()) <= 2048


def test_telegram_sends_html() -> None:
    section = "api_url: URL\nbot_token: '1:tok'\nchat_id: -100\nmessage: '<b>{{ .CommonAnnotations.summary }}</b>'\nmessage_thread_id: 5"
    asked = one_of("telegram", section, json_says({"ok": True}), what=notification(alert(text="<i> & co")))
    assert asked.path == "/bot1:tok/sendMessage"
    assert asked.json == {
        "chat_id": -100,
        "text": "<b>&lt;i&gt; &amp; co</b>",
        "disable_web_page_preview": True,
        "message_thread_id": 5,
        "parse_mode": "HTML",
    }


def test_telegram_never_cuts_html_and_cuts_text() -> None:
    section = "api_url: URL\nbot_token: t\nchat_id: 1\nmessage: '{{ .CommonAnnotations.summary }}'"
    said = one_of("telegram", section, json_says({"ok": True}), what=LONG).json["text"]
    assert "longer than Telegram allows" in said
    plain = one_of("telegram", section + "\nparse_mode: ''", json_says({"ok": True}), what=LONG).json
    assert len(plain["text"]) == 4096
    assert "parse_mode" not in plain


def test_discord_sends_an_embed() -> None:
    section = "webhook_url: URL/api/webhooks/x\ntitle: '{{ .CommonAnnotations.summary }}'\nmessage: '{{ .CommonAnnotations.summary }}'\ncontent: '{{ .CommonAnnotations.summary }}'\nusername: u"
    message = one_of("discord", section, Answer(204, b""), what=LONG).json
    (embed,) = message["embeds"]
    assert (len(embed["title"]), len(embed["description"]), len(message["content"])) == (256, 4096, 2000)
    assert (embed["color"], message["username"]) == (0x992D22, "u")


def test_teams_sends_a_message_card() -> None:
    card = one_of("msteams", "webhook_url: URL").json
    assert (card["@context"], card["type"]) == ("http://schema.org/extensions", "MessageCard")
    assert (card["title"], card["summary"], card["themeColor"]) == (SUBJECT, SUBJECT, "8C1A1A")
    assert one_of("msteams", "webhook_url: URL", what=RESOLVED).json["themeColor"] == "2DC72D"


def test_teams_workflows_take_an_adaptive_card() -> None:
    message = one_of("msteamsv2", "webhook_url: URL", Answer(202)).json
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"], card["msteams"]) == ("AdaptiveCard", "1.2", {"width": "full"})
    heading, text = card["body"]
    assert (heading["text"], heading["color"], heading["style"]) == (SUBJECT, "Attention", "heading")
    assert "**Slow**" in text["text"]


def test_webex_keeps_to_its_limit_in_bytes() -> None:
    section = "api_url: URL/v1/messages\nroom_id: '{{ .Status }}-room'\nmessage: '{{ .CommonAnnotations.summary }}'\nhttp_config: {authorization: {credentials: tok}}"
    asked = one_of("webex", section, what=LONG)
    assert (asked.path, asked.headers["authorization"]) == ("/v1/messages", "Bearer tok")
    assert asked.json["roomId"] == "firing-room"
    assert 7430 < len(asked.json["markdown"].encode()) <= 7439


def test_sns_publishes_to_a_topic_signed() -> None:
    section = (
        "api_url: URL\nsigv4: {region: eu-west-1, access_key: AK, secret_key: SK}\ntopic_arn: 'arn:aws:sns:eu-west-1:1:t.fifo'\n"
        "attributes: {state: '{{ .Status }}'}"
    )
    asked = one_of("sns", section, Answer(200, b"<PublishResponse/>"))
    form = asked.form
    assert (form["Action"], form["Version"], form["Subject"]) == ("Publish", "2010-03-31", SUBJECT)
    assert (form["TopicArn"], form["MessageGroupId"]) == ("arn:aws:sns:eu-west-1:1:t.fifo", GROUP_HASH)
    assert form["MessageAttributes.entry.1.Name"] == "state"
    assert form["MessageAttributes.entry.1.Value.StringValue"] == "firing"
    assert "/eu-west-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date" in asked.headers["authorization"]


def test_sns_cuts_an_sms_and_says_so() -> None:
    section = "api_url: URL\nsigv4: {region: r, access_key: AK, secret_key: SK}\nphone_number: '+49'\nmessage: '{{ .CommonAnnotations.summary }}'"
    form = one_of("sns", section, Answer(200, b"<x/>"), what=LONG).form
    assert 1590 < len(form["Message"].encode()) <= 1600
    assert form["MessageAttributes.entry.1.Name"] == "truncated"


def test_dingtalk_signs_its_url() -> None:
    section = "webhook_url: URL/robot/send?access_token=tok\nsecret: SECabc\nat_mobiles: ['138{{ len .Alerts }}']\nat_all: true"
    asked = one_of("dingtalk", section, json_says({"errcode": 0, "errmsg": "ok"}))
    query = asked.query
    to_sign = f"{query['timestamp']}\nSECabc".encode()
    wanted = base64.b64encode(hmac.new(b"SECabc", to_sign, hashlib.sha256).digest()).decode()
    assert (asked.path, query["access_token"], query["sign"]) == ("/robot/send", "tok", wanted)
    assert abs(int(query["timestamp"]) / 1e3 - time.time()) < 60
    assert asked.json["at"] == {"atMobiles": ["1381"], "atUserIds": [], "isAtAll": True}
    assert asked.json["markdown"]["title"] == SUBJECT
    assert asked.json["markdown"]["text"].endswith("\n@1381")


def test_dingtalk_keeps_to_its_limit_and_needs_no_secret() -> None:
    asked = one_of(
        "dingtalk",
        "webhook_url: URL\nmessage_type: text\nmessage: '{{ .CommonAnnotations.summary }}'",
        json_says({"errcode": 0}),
        what=LONG,
    )
    assert asked.query == {}
    assert len(asked.body) < 20_000
    assert asked.json["text"]["content"].endswith("…")


def test_feishu_signs_its_body() -> None:
    section = "webhook_url: URL/open-apis/bot/v2/hook/x\nsecret: abc"
    asked = one_of("feishu", section, json_says({"code": 0, "msg": "success"}))
    message = asked.json
    key = f"{message['timestamp']}\nabc".encode()
    assert message["sign"] == base64.b64encode(hmac.new(key, digestmod=hashlib.sha256).digest()).decode()
    assert (message["msg_type"], message["card"]["header"]["template"]) == ("interactive", "red")
    assert message["card"]["header"]["title"]["content"] == SUBJECT
    assert "**Slow**" in message["card"]["elements"][0]["content"]
    assert (
        one_of("feishu", section, json_says({"code": 0}), what=RESOLVED).json["card"]["header"]["template"] == "green"
    )


def test_feishu_sends_plain_text_within_its_limit() -> None:
    section = "webhook_url: URL\nmessage_type: text\nmessage: '{{ .CommonAnnotations.summary }}'"
    asked = one_of("feishu", section, json_says({"code": 0}), what=LONG)
    assert (asked.json["msg_type"], "sign" in asked.json) == ("text", False)
    assert len(asked.body) < 20_000


def test_aliyun_sms_is_signed_over_its_query_and_headers() -> None:
    section = (
        "api_url: URL\naccess_key_id: AK\naccess_key_secret: SK\nsign_name: 瞭望\ntemplate_code: SMS_1\n"
        "phone_numbers: ['138', '{{ .CommonLabels.none }}', '139']\ntemplate_params: {name: '{{ .CommonAnnotations.summary }}'}"
    )
    asked = one_of("aliyun_sms", section, json_says({"Code": "OK"}), what=LONG)
    assert asked.query["PhoneNumbers"] == "138,139"
    assert (asked.query["SignName"], asked.query["TemplateCode"]) == ("瞭望", "SMS_1")
    assert asked.query["TemplateParam"] == f'{{"name":"{"长" * 34}…"}}'
    headers = asked.headers
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    names = sorted(name for name in headers if name == "host" or name.startswith("x-acs-"))
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(asked.query.items()))
    canonical = f"POST\n/\n{query}\n{''.join(f'{name}:{headers[name]}' + chr(10) for name in names)}\n{';'.join(names)}\n{hashlib.sha256(b'').hexdigest()}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(b"SK", to_sign.encode(), hashlib.sha256).hexdigest()
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_texts_are_cut_in_characters_or_bytes() -> None:
    assert truncate_runes("abcdef", 6) == "abcdef"
    assert truncate_runes("abcdef", 5) == "abcd…"
    assert truncate_runes("abcdef", 3) == "abc"
    assert truncate_bytes("长长长", 9) == "长长长"
    assert truncate_bytes("长长长", 8) == "长…"
    assert truncate_bytes("abcdef", 5) == "ab…"
    assert (truncate_bytes("abcd", 3), truncate_bytes("abcd", 2)) == ("…", "..")
