"""GET as the configuration says: pooled connections, authentication, TLS, proxy, redirects, and a bounded raw body.

One client per scrape job (and per http discovery). Bodies stay compressed: whoever reads them inflates them in a worker
thread (`bodies.inflate`). Redirects are followed here and not by aiohttp, so that credentials and configured headers
never leave for another origin. The caller's timeout covers everything from the connect to the last byte.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from vedette import __version__
from vedette.intake.config.http import NO_TLS, HttpClientConfig
from vedette.intake.oauth2 import TokenSource
from vedette.intake.proxies import proxy_for
from vedette.intake.tls import build_context, file_stamp
from vedette.model.errors import BodyTooLarge, VedetteError

USER_AGENT: Final = f"Vedette/{__version__}"
REDIRECTS_MAX: Final = 10
KEEPALIVE_S: Final = 300.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OWN_HEADERS: Final = ("User-Agent", "Accept-Encoding", "Accept")


class FetchFailed(VedetteError):
    """The request got no usable answer; the text says why, as the target page shows it."""

    code = "fetch_failed"


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is as it came over the wire: see `encoding`."""

    status: int
    reason: str
    content_type: str
    encoding: str
    body: bytes


class HttpClient:
    """Not thread-safe: belongs to one event loop. `unix_socket` sends every request there instead of over TCP."""

    def __init__(self, config: HttpClientConfig, *, unix_socket: str = "") -> None:
        self._config = config
        self._unix_socket = unix_socket
        self._session: aiohttp.ClientSession | None = None
        self._stamp: object = None
        self._static_headers = CIMultiDict(_configured_headers(config))
        self._tokens = TokenSource(config.oauth2) if config.oauth2 else None
        self._reads_files = _reads_files(config)

    async def get(self, url: URL, headers: Mapping[str, str], *, timeout_s: float, bytes_max: int) -> Response:
        """Raises FetchFailed, or BodyTooLarge when the body reaches `bytes_max`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(url, headers, bytes_max)
        except TimeoutError:
            raise FetchFailed(f'Get "{_shown(url)}": context deadline exceeded') from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f'Get "{_shown(url)}": {_reason(error)}') from None

    async def _follow(self, url: URL, headers: Mapping[str, str], bytes_max: int) -> Response:
        session = await self._ready_session()
        own = CIMultiDict(headers)
        own.extend(self._static_headers)
        if self._reads_files or self._tokens:
            own.extend(await self._credentials())
        origin = url.origin()
        for _ in range(REDIRECTS_MAX + 1):
            async with session.get(
                url,
                headers=own,
                allow_redirects=False,
                proxy=proxy_for(self._config.proxy, url),
                server_hostname=self._config.tls_config.server_name or None,
            ) as answer:
                if answer.status not in _REDIRECTS or not self._config.follow_redirects:
                    return await _read(answer, bytes_max)
                location = answer.headers.get("Location", "")
            if not location:
                raise FetchFailed(f'Get "{_shown(url)}": {answer.status} response missing Location header')
            url = url.join(URL(location))
            if url.origin() != origin:
                own = CIMultiDict(headers)
        raise FetchFailed(f'Get "{_shown(url)}": stopped after {REDIRECTS_MAX} redirects')

    async def _ready_session(self) -> aiohttp.ClientSession:
        """The session, made anew when a certificate file has changed."""
        stamp = file_stamp(self._config.tls_config)
        if self._session is not None and stamp == self._stamp:
            return self._session
        tls = self._config.tls_config
        # reading the machine's certificates costs 40 ms: the plain case shares aiohttp's context
        context = True if tls == NO_TLS else await asyncio.to_thread(build_context, tls)
        if self._session is not None:
            await self._session.close()
        connector: aiohttp.BaseConnector
        if self._unix_socket:
            connector = aiohttp.UnixConnector(self._unix_socket, limit=0, keepalive_timeout=KEEPALIVE_S)
        else:
            connector = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=KEEPALIVE_S)
        self._stamp = stamp
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=65_536,
            max_field_size=65_536,
            read_bufsize=1 << 18,
        )
        return self._session

    async def _credentials(self) -> list[tuple[str, str]]:
        """Headers whose values live in files or come from a token endpoint: read for every request."""
        found = await asyncio.to_thread(_file_headers, self._config) if self._reads_files else []
        if self._tokens is not None:
            found.append(("Authorization", await self._tokens.header()))
        return found

    async def close(self) -> None:
        if self._tokens is not None:
            await self._tokens.close()
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(answer: aiohttp.ClientResponse, bytes_max: int) -> Response:
    if answer.content_length is not None and answer.content_length >= bytes_max:
        answer.close()
        raise BodyTooLarge("body size limit exceeded")
    chunks: list[bytes] = []
    size = 0
    while chunk := await answer.content.readany():
        chunks.append(chunk)
        size += len(chunk)
        if size >= bytes_max:
            answer.close()
            raise BodyTooLarge("body size limit exceeded")
    headers = answer.headers
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    encoding = headers.get("Content-Encoding", "")
    return Response(answer.status, answer.reason or "", headers.get("Content-Type", ""), encoding, body)


def _configured_headers(config: HttpClientConfig) -> list[tuple[str, str]]:
    """Those that need no file and no token."""
    found = []
    basic = config.basic_auth
    if basic and not (basic.username_file or basic.password_file):
        found.append(("Authorization", _basic(basic.username, basic.password.reveal())))
    bearer = config.authorization
    if bearer and not bearer.credentials_file:
        found.append(("Authorization", f"{bearer.type} {bearer.credentials.reveal()}"))
    for name, header in config.http_headers.items():
        found += [(name, value) for value in header.values]
        found += [(name, secret.reveal()) for secret in header.secrets]
    return found


def _reads_files(config: HttpClientConfig) -> bool:
    basic, bearer = config.basic_auth, config.authorization
    return bool(
        (basic and (basic.username_file or basic.password_file))
        or (bearer and bearer.credentials_file)
        or any(header.files for header in config.http_headers.values())
    )


def _file_headers(config: HttpClientConfig) -> list[tuple[str, str]]:
    found = []
    basic = config.basic_auth
    if basic and (basic.username_file or basic.password_file):
        name = read_secret(basic.username_file) if basic.username_file else basic.username
        password = read_secret(basic.password_file) if basic.password_file else basic.password.reveal()
        found.append(("Authorization", _basic(name, password)))
    bearer = config.authorization
    if bearer and bearer.credentials_file:
        found.append(("Authorization", f"{bearer.type} {read_secret(bearer.credentials_file)}"))
    for name, header in config.http_headers.items():
        found += [(name, read_secret(path)) for path in header.files]
    return found


def read_secret(path: str) -> str:
    """A file's text without the white space around it. Raises FetchFailed naming the file, never its content."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FetchFailed(f"unable to read file {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _shown(url: URL) -> URL:
    return url.with_password("xxxxx") if url.password else url


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"dial {error.host}:{error.port}: {error.os_error.strerror or error.os_error}".lower()
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "EOF"
    return str(error) or type(error).__name__
