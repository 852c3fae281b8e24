"""Basic authentication against bcrypt hashes, as Prometheus' web config file lists them.

One bcrypt check takes 50 ms and more, so an accepted pair of user and password is remembered as a keyed hash, in a
bounded table; a refused pair never is, or guesses would push out the accepted ones. An unknown user costs a check
too, against a hash that nothing matches: the time of an answer does not tell which users exist.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import bcrypt

from vedette.model.errors import QueueFull, Unauthenticated
from vedette.model.telemetry import LIMIT_HITS

ACCEPTED_MAX: Final = 1_024
CHECKS_WAITING_MAX: Final = 64
CHECK_THREADS: Final = 2
PASSWORD_BYTES_MAX: Final = 72
"""bcrypt reads no further, and its library refuses more."""

_NOBODY: Final = b"$2b$10$uPaWVRA16GdslRnQRtgh5ur7dT.xY7DPRulVXs1..bAZYDrJ2s6xO"


class Passwords:
    """`users`: name -> bcrypt hash. Without users every caller is let in, as the empty user."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = {name: text.encode() for name, text in users.items()}
        self._key = secrets.token_bytes(32)
        self._accepted: OrderedDict[bytes, None] = OrderedDict()
        self._checks = ThreadPoolExecutor(CHECK_THREADS, thread_name_prefix="vedette-bcrypt")
        self._waiting = 0

    def __bool__(self) -> bool:
        return bool(self._users)

    async def authenticate(self, authorization: str) -> str:
        """The user of an `Authorization` header. Raises Unauthenticated, QueueFull."""
        if not self._users:
            return ""
        name, password = _read_basic(authorization)
        stored = self._users.get(name, _NOBODY)
        digest = hashlib.blake2b(b"\0".join((name.encode(), stored, password)), key=self._key).digest()
        if digest in self._accepted:
            self._accepted.move_to_end(digest)
            return name
        if not await self._check(password, stored) or name not in self._users:
            raise Unauthenticated("Unauthorized")
        self._accepted[digest] = None
        if len(self._accepted) > ACCEPTED_MAX:
            self._accepted.popitem(last=False)
        return name

    async def _check(self, password: bytes, stored: bytes) -> bool:
        if self._waiting >= CHECKS_WAITING_MAX:
            LIMIT_HITS.labels("password_checks_waiting_max").inc()
            raise QueueFull(f"too many password checks wait: the limit is {CHECKS_WAITING_MAX}")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._checks, check_password, password, stored)
        finally:
            self._waiting -= 1


def check_password(password: bytes, stored: bytes) -> bool:
    return len(password) <= PASSWORD_BYTES_MAX and bcrypt.checkpw(password, stored)


def _read_basic(authorization: str) -> tuple[str, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated("Unauthorized")
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        if not colon:
            raise Unauthenticated("Unauthorized")
        return name.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("Unauthorized") from None
