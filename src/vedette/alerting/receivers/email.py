"""E-mail: headers and two bodies from templates, in one thread a group where that is asked for. RFC 5322.

Composed and sent (`smtp.py`) in worker threads of its own: a mail server that hangs takes no thread that others need.
Source: Alertmanager notify/email/email.go.
"""

from __future__ import annotations

import asyncio
import email.policy
import email.utils
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final

from vedette.alerting.config.messages import EmailConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.smtp import deliver
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.templates import Templates
from vedette.model.errors import NotSent

SENDS_MAX: Final = 4
"""Mails that one section sends at the same time."""
_SUBJECT: Final = '{{ template "email.default.subject" . }}'


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Email:
    kind = "email"

    def __init__(self, section: EmailConfig, index: int, templates: Templates) -> None:
        self.index = index
        self.send_resolved = section.send_resolved
        self._section = section
        self._templates = templates
        self._threads = ThreadPoolExecutor(SENDS_MAX, thread_name_prefix="mail")

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._send, notification)
        return {}

    async def close(self) -> None:
        """Each mail has a connection of its own; one under way ends within its timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, notification: Notification) -> None:
        mail = self.compose(Texts(notification, self._templates))
        deliver(self._section, mail.sender, mail.recipients, mail.message.as_bytes())

    def compose(self, texts: Texts) -> Mail:
        """Raises NotSent where templates fail or give no addresses."""
        section = self._section
        senders = _addresses("from", texts.text(section.from_))
        if len(senders) != 1:
            raise NotSent(f"must be exactly one 'from' address (got: {len(senders)})", retry=False)
        message = EmailMessage(policy=email.policy.SMTP)
        headers = {"Subject": _SUBJECT, "To": section.to, "From": section.from_, **section.headers}
        for name, template in headers.items():
            message[name] = " ".join(texts.text(template).split())
        self._add_identity(message, texts)
        message.make_alternative()
        bodies = {"plain": texts.text(section.text), "html": texts.html(section.html) if section.html else ""}
        for subtype, body in bodies.items():  # the one that is preferred comes last: RFC 2046 5.1.4
            if body:
                message.add_alternative(body, subtype=subtype, cte="quoted-printable")
        return Mail(senders[0], _addresses("to", texts.text(section.to)), message)

    def _add_identity(self, message: EmailMessage, texts: Texts) -> None:
        """Its own id, its date, and the thread: an id that no mail has, under which programs gather those that refer to it."""
        if "Message-Id" not in message:
            message["Message-Id"] = email.utils.make_msgid(domain=socket.gethostname())
        now = datetime.fromtimestamp(texts.notification.now_ms / 1000).astimezone()
        if "Date" not in message:
            message["Date"] = email.utils.format_datetime(now)
        threading = self._section.threading
        if threading.enabled:
            day = now.strftime("%Y-%m-%d") if threading.thread_by_date == "daily" else ""
            root = f"<alert-{texts.group_hash[:16]}-{day}@alertmanager>"
            message["References"] = root
            message["In-Reply-To"] = root


def _addresses(header: str, text: str) -> tuple[str, ...]:
    found = tuple(address for _, address in email.utils.getaddresses([text]))
    if not found or not all("@" in address for address in found):
        raise NotSent(f"parse '{header}' addresses: no mail address in {text!r}", retry=False)
    return found
