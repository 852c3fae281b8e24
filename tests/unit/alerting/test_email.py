"""Mail: how the server is spoken to, what the mail looks like, and what a refusal means."""

from __future__ import annotations

import asyncio
import re
import ssl
from pathlib import Path

import pytest

from tests.unit.alerting.mail_server import MailServer, mail_server
from tests.unit.alerting.vendors import GROUP_HASH, alert, integration, notification, send
from tests.unit.intake.certificates import make_certificate
from vedette.alerting.notification import Notification
from vedette.alerting.receivers import smtp
from vedette.model.errors import NotSent
from vedette.model.limits import NotificationLimits

BASIC = "to: 'ops@b, Team B <team@b>'\nfrom: Vedette <a@b>"
LOGIN = "auth_username: me\nauth_password: pw\nauth_secret: shared"


def mailed(
    server: MailServer, section: str, what: Notification | None = None, *, implicit_tls: bool = False
) -> MailServer:
    async def run() -> None:
        async with mail_server(server, implicit_tls=implicit_tls):
            await send(integration("email", f"{section}\nsmarthost: 'localhost:{server.port}'"), what)

    asyncio.run(run())
    return server


def refused(server: MailServer, section: str, *, implicit_tls: bool = False) -> NotSent:
    with pytest.raises(NotSent) as caught:
        mailed(server, section, implicit_tls=implicit_tls)
    return caught.value


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the file of the authority that a client has to trust."""
    cert, key = make_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)


PLAIN_SERVER = "require_tls: false"


def test_a_mail_has_headers_and_an_html_body() -> None:
    server = mailed(MailServer(), f"{BASIC}\n{PLAIN_SERVER}\nhello: us.example")
    assert server.commands[0] == "ehlo us.example"
    assert [each for each in server.commands if each.startswith(("mail", "rcpt"))] == [
        "mail FROM:<a@b>",
        "rcpt TO:<ops@b>",
        "rcpt TO:<team@b>",
    ]
    (mail,) = server.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "[firing 1] Slow (critical)",
        "Vedette <a@b>",
        "ops@b, Team B <team@b>",
    )
    assert re.fullmatch(r"<.+@.+>", mail["Message-Id"])
    assert "2026" in mail["Date"]
    assert mail.get_content_type() == "multipart/alternative"
    (html,) = mail.iter_parts()
    assert html.get_content_type() == "text/html"
    assert "it is slow" in html.get_content()


def test_text_stands_before_html_and_headers_are_templates() -> None:
    section = f"{BASIC}\n{PLAIN_SERVER}\ntext: '{{{{ .CommonAnnotations.summary }}}}'\nhtml: '<b>{{{{ .CommonAnnotations.summary }}}}</b>'\nheaders: {{subject: '告警 {{{{ .Status }}}}', X-Own: 'a {{{{ len .Alerts }}}}', message-id: '<own@b>'}}"
    server = mailed(MailServer(), section, notification(alert(text="<慢>")))
    (mail,) = server.mails
    assert (mail["Subject"], mail["X-Own"], mail["Message-Id"]) == ("告警 firing", "a 1", "<own@b>")
    assert server.raw[0].isascii()
    text, html = mail.iter_parts()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", "<慢>")
    assert html.get_content().strip() == "<b>&lt;慢&gt;</b>"


def test_a_header_never_breaks_out_of_its_line() -> None:
    section = f"{BASIC}\n{PLAIN_SERVER}\nheaders: {{subject: '{{{{ .CommonAnnotations.summary }}}}'}}"
    (mail,) = mailed(MailServer(), section, notification(alert(text="a\r\nBcc: x@y\r\n\r\nbody"))).mails
    assert mail["Subject"] == "a Bcc: x@y body"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(("by_date", "root"), [("none", ""), ("daily", r"\d{4}-\d\d-\d\d")])
def test_mails_of_a_group_stand_in_one_thread(by_date: str, root: str) -> None:
    section = f"{BASIC}\n{PLAIN_SERVER}\nthreading: {{enabled: true, thread_by_date: {by_date}}}"
    (mail,) = mailed(MailServer(), section).mails
    assert re.fullmatch(rf"<alert-{GROUP_HASH[:16]}-{root}@alertmanager>", mail["References"])
    assert mail["In-Reply-To"] == mail["References"]


def test_starttls_is_required_unless_it_is_not(tls: tuple[ssl.SSLContext, str]) -> None:
    context, authority = tls
    server = mailed(MailServer(tls=context, starttls=True), f"{BASIC}\ntls_config: {{ca_file: '{authority}'}}")
    assert server.encrypted
    assert len(server.mails) == 1
    error = refused(MailServer(), BASIC)
    assert "does not advertise the STARTTLS extension" in error.message
    assert error.retry


def test_tls_may_begin_with_the_first_byte(tls: tuple[ssl.SSLContext, str]) -> None:
    context, authority = tls
    section = f"{BASIC}\nforce_implicit_tls: true\ntls_config: {{ca_file: '{authority}'}}"
    assert len(mailed(MailServer(tls=context), section, implicit_tls=True).mails) == 1


def test_a_certificate_that_is_not_trusted_is_refused(tls: tuple[ssl.SSLContext, str]) -> None:
    error = refused(MailServer(tls=tls[0], starttls=True), BASIC)
    assert "certificate" in error.message


def test_the_certificates_name_is_checked(tls: tuple[ssl.SSLContext, str]) -> None:
    context, authority = tls
    section = f"{BASIC}\ntls_config: {{ca_file: '{authority}', server_name: other.example}}"
    assert "certificate" in refused(MailServer(tls=context, starttls=True), section).message


@pytest.mark.parametrize(
    ("offered", "used"),
    [("PLAIN LOGIN", "PLAIN"), ("LOGIN PLAIN", "LOGIN"), ("CRAM-MD5 PLAIN", "CRAM-MD5"), ("XOAUTH2 LOGIN", "LOGIN")],
)
def test_the_first_way_to_log_in_that_is_known_is_used(offered: str, used: str) -> None:
    server = mailed(MailServer(mechanisms=offered), f"{BASIC}\n{PLAIN_SERVER}\n{LOGIN}")
    assert server.logins == [used]
    assert len(server.mails) == 1


def test_a_way_without_its_secret_is_passed_over() -> None:
    section = f"{BASIC}\n{PLAIN_SERVER}\nauth_username: me\nauth_password: pw\nauth_identity: identity"
    assert mailed(MailServer(mechanisms="CRAM-MD5 PLAIN"), section).logins == ["PLAIN"]
    error = refused(MailServer(mechanisms="CRAM-MD5"), section)
    assert (error.message, error.reason) == ("no secret for any auth mechanism of CRAM-MD5", "authError")


def test_plain_is_not_spoken_over_a_plain_connection_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", frozenset())
    section = f"{BASIC}\n{PLAIN_SERVER}\n{LOGIN}"
    server = MailServer(mechanisms="PLAIN")
    assert refused(server, section).message == "unencrypted connection: no password is sent"
    assert server.logins == []
    assert mailed(MailServer(mechanisms="CRAM-MD5"), section).logins == ["CRAM-MD5"]
    assert mailed(MailServer(mechanisms="LOGIN"), section).logins == ["LOGIN"]


def test_nobody_logs_in_without_a_user_name() -> None:
    assert mailed(MailServer(mechanisms="PLAIN"), f"{BASIC}\n{PLAIN_SERVER}").logins == []


def test_a_wrong_password_is_final_and_not_said() -> None:
    section = f"{BASIC}\n{PLAIN_SERVER}\nauth_username: me\nauth_password: hidden"
    error = refused(MailServer(mechanisms="PLAIN"), section)
    assert (error.retry, error.message) == (False, "smtp: 535 who are you")
    assert "hidden" not in str(error)


@pytest.mark.parametrize(
    ("command", "answer", "retry"),
    [
        ("MAIL", "451 later", True),
        ("RCPT", "550 nobody here", False),
        ("RCPT", "450 busy", True),
        ("DATA", "421 closing", True),
        (".", "554 spam", False),
        (".", "452 full", True),
    ],
)
def test_a_refusal_is_final_where_the_server_says_so(command: str, answer: str, retry: bool) -> None:
    error = refused(MailServer(refuse={command: answer}), f"{BASIC}\n{PLAIN_SERVER}")
    assert (error.message, error.retry) == (f"smtp: {answer}", retry)


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "DATA"])
def test_a_server_that_hangs_is_given_up(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "LIMITS", NotificationLimits(request_timeout_s=0.2))
    error = refused(MailServer(hang_at=command), f"{BASIC}\n{PLAIN_SERVER}")
    assert (error.retry, error.reason) == (True, "contextDeadlineExceeded")


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(NotSent, match="refused") as caught:
        asyncio.run(send(integration("email", f"{BASIC}\nsmarthost: 'localhost:1'")))
    assert caught.value.retry


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("to: nobody\nfrom: a@b", "parse 'to' addresses: no mail address in 'nobody'"),
        ("to: x@y\nfrom: 'a@b, c@d'", "must be exactly one 'from' address (got: 2)"),
        ("to: '{{ .Nope }}'\nfrom: a@b", "can't evaluate field Nope"),
    ],
)
def test_addresses_that_are_none_are_final(section: str, message: str) -> None:
    error = refused(MailServer(), f"{section}\n{PLAIN_SERVER}")
    assert message in error.message
    assert not error.retry
