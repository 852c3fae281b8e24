"""A vendor's server as tests script it: what it answers, request by request, and what it was asked; and notifications to send it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vedette.alerting.alerts import Alert
from vedette.alerting.config import load_config
from vedette.alerting.notification import Integration, Notification
from vedette.alerting.receivers import build_integrations
from vedette.alerting.templates import Templates
from vedette.model.labels import Labels

NOW_MS = 1_767_575_000_000
GROUP_KEY = '{}:{alertname="Slow"}'
GROUP_HASH = "cad65463d11e13d83ed22ad561d73269e67fe33734367787065cd4e397bf771c"


@dataclass
class Answer:
    """`cut`: so much of the body is sent before the connection is closed; `hang`: nothing is sent at all."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: int | None = None
    hang: bool = False


def json_says(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


@dataclass
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Vendor:
    """The last answer is given again and again."""

    answers: list[Answer]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.asked.append(await _read(reader))
                answer = self.answer(self.asked[-1])
                if answer.hang:
                    await reader.read()
                    return
                headers = {**answer.headers, "Content-Length": str(len(answer.body))}
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                head = f"HTTP/1.1 {answer.status} x\r\n{lines}\r\n".encode()
                writer.write(head + answer.body[: answer.cut])
                await writer.drain()
                if answer.cut is not None:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def vendor(*answers: Answer) -> AsyncIterator[Vendor]:
    one = Vendor(list(answers) or [Answer()])
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield one


def alert(*, resolved: bool = False, text: str = "it is slow", **labels: str) -> Alert:
    return Alert(
        Labels.of({"alertname": "Slow", "severity": "critical", **labels}),
        NOW_MS - 60_000,
        NOW_MS - 1 if resolved else NOW_MS + 60_000,
        Labels.of({"summary": text}),
        "http://prom/graph",
    )


def notification(*alerts: Alert, kept: Mapping[str, str] | None = None, reason: str = "") -> Notification:
    return Notification(
        "team",
        GROUP_KEY,
        Labels.of({"alertname": "Slow"}),
        alerts or (alert(),),
        NOW_MS,
        3_600_000,
        reason=reason,
        kept=kept or {},
    )


def integration(kind: str, section: str, common: str = "") -> Integration:
    """`section`: the YAML of one entry."""
    lines = "".join(f"      {line}\n" for line in section.splitlines())
    text = f"global: {{{common}}}\nroute: {{receiver: r}}\nreceivers:\n- name: r\n  {kind}_configs:\n    -\n{lines}"
    (built,) = build_integrations(load_config("f", text=text).ready_receivers[0], Templates("http://am", "en"))
    return built


async def send(one: Integration, what: Notification | None = None) -> Mapping[str, str]:
    try:
        return await one.notify(what or notification())
    finally:
        await one.close()
