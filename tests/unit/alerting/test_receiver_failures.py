"""What goes wrong at a vendor: whether it is tried again, when, what the metric calls it, and that no secret is said."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.unit.alerting.vendors import Answer, Vendor, alert, integration, json_says, notification, send, vendor
from vedette.alerting.receivers import http
from vedette.alerting.receivers.http import retry_after_s
from vedette.model.errors import NotSent
from vedette.model.limits import NotificationLimits

PLAIN = {"Content-Type": "text/plain"}


def refused(kind: str, section: str, *answers: Answer, common: str = "") -> NotSent:
    async def run() -> NotSent:
        async with vendor(*answers) as server:
            with pytest.raises(NotSent) as caught:
                await send(integration(kind, section.replace("URL", server.url), common))
            return caught.value

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "retry", "reason"),
    [
        (500, True, "serverError"),
        (503, True, "serverError"),
        (429, True, "rateLimited"),
        (400, False, "clientError"),
        (401, False, "authError"),
        (403, False, "authError"),
        (404, False, "clientError"),
        (302, False, "other"),
    ],
)
def test_a_status_says_whether_trying_again_may_help(status: int, retry: bool, reason: str) -> None:
    error = refused("webhook", "url: URL", Answer(status, b"went wrong", PLAIN))
    assert (error.retry, error.reason) == (retry, reason)
    assert error.message == f"unexpected status code {status}: went wrong"


def test_retry_after_is_heeded() -> None:
    error = refused("webhook", "url: URL", Answer(429, b"", {"Retry-After": "17"}))
    assert (error.retry, error.after_s) == (True, 17.0)
    assert refused("webhook", "url: URL", Answer(429)).after_s is None


def test_retry_after_may_be_a_date_and_is_bounded() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    assert retry_after_s(format_datetime(now + timedelta(seconds=90), usegmt=True), now.timestamp()) == 90.0
    assert retry_after_s(format_datetime(now - timedelta(days=1), usegmt=True), now.timestamp()) == 0.0
    assert retry_after_s("999999999", 0.0) == 3600.0
    assert [retry_after_s(text, 0.0) for text in ("", "soon", "-5", "٣")] == [None, None, None, 3.0]


def test_a_receiver_that_hangs_is_given_up_in_time() -> None:
    error = refused("webhook", "url: URL\ntimeout: 100ms", Answer(hang=True))
    assert (error.message, error.retry, error.reason) == ("context deadline exceeded", True, "contextDeadlineExceeded")


def test_a_receiver_without_a_timeout_of_its_own_has_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LIMITS", NotificationLimits(request_timeout_s=0.1))
    assert refused("discord", "webhook_url: URL", Answer(hang=True)).reason == "contextDeadlineExceeded"


@pytest.mark.parametrize("cut", [0, 5])
def test_a_webhook_that_answers_2xx_has_taken_the_message_even_if_its_answer_breaks_off(cut: int) -> None:
    async def run() -> None:
        async with vendor(Answer(200, b"0123456789", PLAIN, cut=cut)) as server:
            await send(integration("webhook", f"url: {server.url}"))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("kind", "section", "status"),
    [
        ("webhook", "url: URL", 500),
        ("slack", "api_url: URL\nchannel: x", 200),
        ("rocketchat", "api_url: URL\ntoken: a\ntoken_id: b", 200),
        ("telegram", "api_url: URL\nbot_token: a\nchat_id: 1", 200),
        ("wechat", "api_url: URL\ncorp_id: a\napi_secret: b", 200),
        ("dingtalk", "webhook_url: URL", 200),
    ],
)
def test_an_answer_that_breaks_off_before_it_says_that_all_is_well_is_tried_again(
    kind: str, section: str, status: int
) -> None:
    assert refused(kind, section, Answer(status, b"0123456789", PLAIN, cut=5)).retry


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    error = asyncio.run(_closed_port())
    assert (error.retry, error.reason) == (True, "other")
    assert "connect call failed" in error.message


async def _closed_port() -> NotSent:
    async with vendor() as server:
        url = server.url
    with pytest.raises(NotSent) as caught:
        await send(integration("webhook", f"url: {url}/secret"))
    assert "secret" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("kind", "section", "status", "retry"),
    [("slack", "api_url: URL\nchannel: x", 200, False), ("webhook", "url: URL", 503, True)],
)
def test_an_answer_over_the_limit_is_not_read(
    monkeypatch: pytest.MonkeyPatch, kind: str, section: str, status: int, retry: bool
) -> None:
    monkeypatch.setattr(http, "LIMITS", NotificationLimits(answer_bytes_max=100))
    error = refused(kind, section, Answer(status, b"x" * 1000))
    assert (error.message, error.retry) == ("answer larger than 100 bytes", retry)


def test_a_webhook_that_answers_2xx_at_any_length_has_taken_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LIMITS", NotificationLimits(answer_bytes_max=100))

    async def run() -> None:
        async with vendor(Answer(200, b"x" * 1000, PLAIN)) as server:
            await send(integration("webhook", f"url: {server.url}"))

    asyncio.run(run())


def test_an_error_repeats_no_more_of_an_answer_than_is_allowed() -> None:
    assert len(refused("webhook", "url: URL", Answer(500, b"x" * 100_000)).message) < 600


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        ("webhook", "url: 'http://127.0.0.1:1/hidden'"),
        ("slack", "api_url: 'http://127.0.0.1:1/hidden'"),
        ("telegram", "api_url: 'http://127.0.0.1:1'\nbot_token: hidden\nchat_id: 1"),
        ("victorops", "api_url: 'http://127.0.0.1:1'\napi_key: hidden\nrouting_key: r"),
        ("wechat", "api_url: 'http://127.0.0.1:1'\napi_secret: hidden\ncorp_id: c"),
        ("dingtalk", "webhook_url: 'http://127.0.0.1:1/?access_token=hidden'\nsecret: hidden"),
        ("feishu", "webhook_url: 'http://127.0.0.1:1/hidden'\nsecret: hidden"),
        ("discord", "webhook_url: 'http://127.0.0.1:1/hidden'"),
        ("webhook", "url: 'http://user:hidden@127.0.0.1:1/'"),
    ],
)
def test_no_error_and_no_repr_shows_a_secret(kind: str, section: str) -> None:
    built = integration(kind, section)
    with pytest.raises(NotSent) as caught:
        asyncio.run(send(built))
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(vars(built))
    assert caught.value.__cause__ is None


def test_a_template_that_fails_is_not_tried_again() -> None:
    error = refused("webhook", "url: 'URL/{{ .Nope }}'")
    assert not error.retry
    assert "can't evaluate field Nope" in error.message


def test_an_empty_url_is_not_tried_again() -> None:
    error = refused("webhook", "url: '{{ .CommonLabels.none }}'")
    assert (error.message, error.retry) == ("webhook URL is empty after templating", False)


def test_a_secret_file_is_read_for_each_notification(tmp_path: Path) -> None:
    async def run() -> list[str]:
        async with vendor() as server:
            file = tmp_path / "url"
            built = integration("webhook", f"url_file: {file}")
            with pytest.raises(NotSent, match="unable to read file") as caught:
                await built.notify(notification())
            assert caught.value.retry
            for path in ("one", "two"):
                file.write_text(f"{server.url}/{path}\n")
                await built.notify(notification())
            await built.close()
            return [asked.path for asked in server.asked]

    assert asyncio.run(run()) == ["/one", "/two"]


@pytest.mark.parametrize(
    ("kind", "section", "answer", "retry", "message"),
    [
        ("slack", "api_url: URL\nchannel: c", Answer(200, b"no_service", PLAIN), False, "error response from Slack: no_service"),
        ("slack", "api_url: URL", json_says({"ok": False, "error": "x"}), False, "error response from Slack: x"),
        ("slack", "api_url: URL", Answer(200, b"<html>"), True, "could not unmarshal JSON response"),
        ("rocketchat", "api_url: URL\ntoken: t\ntoken_id: i", json_says({"success": False, "error": "x"}), False, "from Rocketchat: x"),
        ("telegram", "api_url: URL\nbot_token: t\nchat_id: 1", json_says({"ok": False, "description": "x"}), True, "refused by Telegram: x"),
        ("telegram", "api_url: URL\nbot_token: t\nchat_id: 1", json_says({"ok": False, "description": "chat not found"}, 400), False, "400: chat not found"),
        ("pagerduty", "routing_key: k\nurl: URL", json_says({"message": "m", "errors": ["a", "b"]}, 400), False, "unexpected status code 400: m: a,b"),
        ("incidentio", "url: URL\nalert_source_token: t", json_says({"message": "m", "errors": ["a"]}, 422), False, "422: m: a"),
        ("dingtalk", "webhook_url: URL", json_says({"errcode": 310000, "errmsg": "sign not match"}), False, "refused with errcode 310000: sign not match"),
        ("dingtalk", "webhook_url: URL", json_says({"errcode": 130101, "errmsg": "too fast"}), True, "130101: too fast"),
        ("feishu", "webhook_url: URL", json_says({"code": 19021, "msg": "sign match fail"}), False, "refused with code 19021"),
        ("feishu", "webhook_url: URL", json_says({"code": 11232, "msg": "frequency limited"}), True, "11232"),
        ("aliyun_sms", "api_url: URL\naccess_key_id: a\naccess_key_secret: b\nsign_name: c\ntemplate_code: d\nphone_numbers: ['1']",
         json_says({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "m"}), True, "refused with Code isv.BUSINESS_LIMIT_CONTROL: m"),
        ("aliyun_sms", "api_url: URL\naccess_key_id: a\naccess_key_secret: b\nsign_name: c\ntemplate_code: d\nphone_numbers: ['1']",
         json_says({"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "m"}), False, "isv.SMS_SIGNATURE_ILLEGAL"),
        ("sns", "api_url: URL\nsigv4: {region: r, access_key: a, secret_key: b}\ntopic_arn: t",
         Answer(403, b"<ErrorResponse><Error><Code>x</Code><Message>no such key</Message></Error></ErrorResponse>"), False, "403: no such key"),
    ],
)  # fmt: skip
def test_what_a_vendor_answers_is_understood(
    kind: str, section: str, answer: Answer, retry: bool, message: str
) -> None:
    error = refused(kind, section, answer)
    assert error.retry is retry
    assert message in error.message


def test_telegram_says_in_its_json_how_long_to_wait() -> None:
    flood = json_says({"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 9}}, 429)
    error = refused("telegram", "api_url: URL\nbot_token: t\nchat_id: 1", flood)
    assert (error.retry, error.after_s, error.reason) == (True, 9.0, "rateLimited")


def test_wechat_asks_for_a_new_token_when_its_own_has_expired() -> None:
    async def run() -> Vendor:
        token = json_says({"access_token": "tok"})
        expired = json_says({"errcode": 42001, "errmsg": "access_token expired"})
        async with vendor(token, expired, json_says({"access_token": "new"}), json_says({"errcode": 0})) as server:
            built = integration("wechat", f"api_url: {server.url}\napi_secret: s\ncorp_id: c")
            with pytest.raises(NotSent) as caught:
                await built.notify(notification())
            assert (caught.value.retry, caught.value.reason) == (True, "authError")
            await send(built)
            return server

    assert asyncio.run(run()).asked[-1].query == {"access_token": "new"}


def test_wechat_without_a_token_is_a_matter_of_the_secret() -> None:
    error = refused("wechat", "api_url: URL\napi_secret: s\ncorp_id: c", json_says({"errcode": 40001, "errmsg": "bad"}))
    assert (error.retry, error.reason) == (False, "authError")


def test_several_notifications_of_one_integration_may_overlap() -> None:
    async def run() -> list[str]:
        async with vendor() as server:
            built = integration("webhook", f"url: {server.url}")
            await asyncio.gather(*(built.notify(notification(alert(pod=str(number)))) for number in range(20)))
            await built.close()
            return [asked.json["alerts"][0]["labels"]["pod"] for asked in server.asked]

    assert sorted(map(int, asyncio.run(run()))) == list(range(20))
