"""One mail, delivered: TLS from the first byte or by STARTTLS, and three ways to log in. RFC 5321, RFC 4954.

Blocking, bounded by the socket's timeout. Unlike Alertmanager a server's 5xx is final, as RFC 5321 4.2.1 has it. PLAIN is used over
a plain connection to this machine only, as Go's library has it; LOGIN is not held to that, there and here.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from typing import Final

from vedette.alerting.config.messages import EmailConfig
from vedette.alerting.receivers.http import LIMITS, secret_text
from vedette.intake.config.http import NO_TLS
from vedette.intake.tls import build_context, default_context
from vedette.model.errors import NotSent

_IMPLICIT_TLS_PORT: Final = "465"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PERMANENT: Final = 500


def deliver(section: EmailConfig, sender: str, recipients: Sequence[str], message: bytes) -> None:
    """Raises NotSent."""
    try:
        with _connect(section) as server:
            _log_in(section, server)
            _expect(server.mail(sender))
            for recipient in recipients:
                _expect(server.rcpt(recipient))
            _expect(server.data(message))
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        timed_out = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        reason = "contextDeadlineExceeded" if timed_out else "other"
        raise NotSent(f"smtp: {str(error).lower() or type(error).__name__}", retry=True, reason=reason) from None


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] // 100 != 2:
        raise _refused(*answer)


def _refused(code: int, text: bytes | str) -> NotSent:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    permanent = code >= _PERMANENT
    return NotSent(f"smtp: {code} {said}", retry=not permanent, reason="clientError" if permanent else "serverError")


def _connect(section: EmailConfig) -> smtplib.SMTP:
    """Greeted, and encrypted where that is asked for."""
    implicit = section.force_implicit_tls
    if implicit is None:
        implicit = section.smarthost.port == _IMPLICIT_TLS_PORT
    hello, timeout_s = section.hello or None, LIMITS.request_timeout_s
    server = (
        smtplib.SMTP_SSL(local_hostname=hello, timeout=timeout_s, context=_context(section))
        if implicit
        else smtplib.SMTP(local_hostname=hello, timeout=timeout_s)
    )
    host = section.smarthost.host
    # the name that the certificate is held against; smtplib has no other place to say it
    server._host = (section.tls_config or NO_TLS).server_name or host  # type: ignore[attr-defined]
    try:
        _expect(server.connect(host, int(section.smarthost.port)))
        server.ehlo_or_helo_if_needed()
        if section.require_tls and not implicit:
            _start_tls(section, server)
    except BaseException:
        server.close()
        raise
    return server


def _context(section: EmailConfig) -> ssl.SSLContext:
    config = section.tls_config or NO_TLS
    return default_context(config) if config == NO_TLS else build_context(config)


def _start_tls(section: EmailConfig, server: smtplib.SMTP) -> None:
    if not server.has_extn("starttls"):
        raise NotSent(
            f"'require_tls' is true (default) but \"{section.smarthost}\" does not advertise the STARTTLS extension",
            retry=True,
        )
    _expect(server.starttls(context=_context(section)))
    server.ehlo_or_helo_if_needed()


def _log_in(section: EmailConfig, server: smtplib.SMTP) -> None:
    """By the first way that the server offers and for which there is a secret; not at all without a user name."""
    if not section.auth_username or not server.has_extn("auth"):
        return
    missing = []
    for way in server.esmtp_features["auth"].upper().split():
        if _tried(way, section, server):
            return
        missing.append(way)
    raise NotSent(f"no secret for any auth mechanism of {' '.join(missing)}", retry=True, reason="authError")


def _tried(way: str, section: EmailConfig, server: smtplib.SMTP) -> bool:
    """False where this way is not known, or has no secret."""
    if way == "CRAM-MD5" and (section.auth_secret or section.auth_secret_file):
        server.user, server.password = section.auth_username, secret_text(section.auth_secret, section.auth_secret_file)
        server.auth(way, server.auth_cram_md5)
    elif way in ("PLAIN", "LOGIN") and (section.auth_password or section.auth_password_file):
        encrypted = isinstance(server.sock, ssl.SSLSocket) or section.smarthost.host in _LOOPBACK
        if way == "PLAIN" and not encrypted:
            raise NotSent("unencrypted connection: no password is sent", retry=False, reason="authError")
        password = secret_text(section.auth_password, section.auth_password_file)
        server.user, server.password = section.auth_username, password
        plain = f"{section.auth_identity}\0{section.auth_username}\0{password}"
        server.auth(way, (lambda challenge=None: plain) if way == "PLAIN" else server.auth_login)
    else:
        return False
    return True
