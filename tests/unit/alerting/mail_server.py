"""A mail server as tests script it: what it offers, what it refuses, and what it was told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

USER, PASSWORD, SECRET = "me", "pw", "shared"
CHALLENGE = b"<1.2@mail>"


@dataclass
class MailServer:
    """`refuse`: a command's first word -> the answer instead of success. `hang_at`: the command that is not answered."""

    tls: ssl.SSLContext | None = None
    starttls: bool = False
    mechanisms: str = ""
    refuse: dict[str, str] = field(default_factory=dict)
    hang_at: str = ""
    port: int = 0
    commands: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    encrypted: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = _Talk(self, reader, writer)
        try:
            await talk.say("220 mail ready")
            while await talk.next():
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()


@dataclass
class _Talk:
    server: MailServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def line(self) -> str:
        return (await self.reader.readuntil(b"\r\n")).decode().strip()

    async def next(self) -> bool:
        line = await self.line()
        self.server.commands.append(line)
        word = line.split()[0].upper()
        if word == self.server.hang_at:
            await self.reader.read()
            return False
        if word in self.server.refuse:
            await self.say(self.server.refuse[word])
            return True
        handler = {"EHLO": self.ehlo, "STARTTLS": self.start_tls, "DATA": self.data}.get(word)
        if handler is not None:
            await handler()
        elif word == "AUTH":
            await self.auth(*line.split()[1:])
        else:
            await self.say("221 bye" if word == "QUIT" else "250 ok")
        return word != "QUIT"

    async def ehlo(self) -> None:
        offered = ["mail"]
        if self.server.starttls and not self.server.encrypted:
            offered.append("STARTTLS")
        if self.server.mechanisms:
            offered.append(f"AUTH {self.server.mechanisms}")
        for place, each in enumerate(offered):
            await self.say(f"250{' ' if place == len(offered) - 1 else '-'}{each}")

    async def start_tls(self) -> None:
        assert self.server.tls is not None
        await self.say("220 go ahead")
        await self.writer.start_tls(self.server.tls)
        self.server.encrypted = True

    async def auth(self, way: str, first: str = "") -> None:
        given = {"PLAIN": self.plain, "LOGIN": self.login, "CRAM-MD5": self.cram}[way]
        accepted = await given(first)
        self.server.logins.append(way)
        await self.say("235 welcome" if accepted else "535 who are you")

    async def plain(self, first: str) -> bool:
        return base64.b64decode(first) in (f"\0{USER}\0{PASSWORD}".encode(), f"identity\0{USER}\0{PASSWORD}".encode())

    async def login(self, first: str) -> bool:
        name = base64.b64decode(first) if first else await self.ask(b"Username:")
        return (name, await self.ask(b"Password:")) == (USER.encode(), PASSWORD.encode())

    async def cram(self, first: str) -> bool:
        answer = await self.ask(CHALLENGE)
        return answer.decode() == f"{USER} {hmac.new(SECRET.encode(), CHALLENGE, hashlib.md5).hexdigest()}"

    async def ask(self, question: bytes) -> bytes:
        await self.say(f"334 {base64.b64encode(question).decode()}")
        return base64.b64decode(await self.line())

    async def data(self) -> None:
        await self.say("354 go on")
        raw = (await self.reader.readuntil(b"\r\n.\r\n"))[:-5]
        if "." in self.server.refuse:
            await self.say(self.server.refuse["."])
            return
        self.server.raw.append(raw)
        parsed = message_from_bytes(raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.server.mails.append(parsed)
        await self.say("250 queued")


@asynccontextmanager
async def mail_server(server: MailServer, *, implicit_tls: bool = False) -> AsyncIterator[MailServer]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=server.tls if implicit_tls else None)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
