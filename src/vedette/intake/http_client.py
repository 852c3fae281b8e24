"""GET and POST as the configuration says: pooled connections, authentication, TLS, proxy, redirects, and a bounded raw body.

One client per scrape job (and per http discovery). Bodies stay compressed: whoever reads them inflates them in a worker
thread (`bodies.inflate`). Redirects are followed here, so that credentials and configured headers never leave for another
origin. The caller's timeout covers everything from the connect to the last byte.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from yarl import URL

from vedette import __version__
from vedette.intake.config.http import NO_TLS, HttpClientConfig
from vedette.intake.http1 import Call, Connections, FetchFailed, Origin, Response, TimedOut
from vedette.intake.proxies import proxy_for
from vedette.intake.tls import build_context, default_context, file_stamp

if TYPE_CHECKING:  # they load aiohttp, a tenth of a start, and few configurations need them
    from vedette.intake.oauth2 import TokenSource
    from vedette.intake.proxied import ProxiedRequests

USER_AGENT: Final = f"Vedette/{__version__}"
REDIRECTS_MAX: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_WITH_BODY: Final = frozenset({307, 308})

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """`direct`, where not None: to whom, and the whole head, every time."""

    call: Call
    headers: Mapping[str, str]
    direct: tuple[Origin, bytes] | None = None


class HttpClient:
    """Not thread-safe: belongs to one event loop. `unix_socket` sends every request there instead of over TCP."""

    def __init__(self, config: HttpClientConfig, *, unix_socket: str = "") -> None:
        self._config = config
        self._unix_socket = unix_socket
        self._connections = Connections()
        self._proxied: ProxiedRequests | None = None
        self._tls: ssl.SSLContext | None = None
        self._stamp: object = None
        self._static_headers = _configured_headers(config)
        self._tokens: TokenSource | None = None
        if config.oauth2:
            from vedette.intake.oauth2 import TokenSource

            self._tokens = TokenSource(config.oauth2)
        self._reads_files = _reads_files(config)

    def prepare(self, url: URL, headers: Mapping[str, str]) -> Prepared:
        """For any number of `get_prepared`."""
        return Prepared(Call("GET", url), headers, self._direct(url, headers))

    async def get_prepared(self, prepared: Prepared, *, timeout_s: float, bytes_max: int) -> Response:
        """As `get`."""
        return await self._ask(prepared, timeout_s, bytes_max)

    async def get(self, url: URL, headers: Mapping[str, str], *, timeout_s: float, bytes_max: int) -> Response:
        """Raises FetchFailed, or AnswerTooLarge when the body reaches `bytes_max`."""
        return await self._ask(Prepared(Call("GET", url), headers), timeout_s, bytes_max)

    async def post(
        self, url: URL, headers: Mapping[str, str], body: bytes, *, timeout_s: float, bytes_max: int
    ) -> Response:
        """As `get`; a redirect is followed with the body where its status keeps the method (307, 308)."""
        return await self.send(Call("POST", url, body), headers, timeout_s=timeout_s, bytes_max=bytes_max)

    async def send(self, call: Call, headers: Mapping[str, str], *, timeout_s: float, bytes_max: int) -> Response:
        """As `post`, by any method."""
        return await self._ask(Prepared(call, headers), timeout_s, bytes_max)

    async def _ask(self, request: Prepared, timeout_s: float, bytes_max: int) -> Response:
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        try:
            response = None
            if request.direct is not None:
                response = await self._connections.ask(*request.direct, bytes_max, deadline_s)
                if response.status not in _REDIRECTS:
                    return response
            async with asyncio.timeout_at(deadline_s):
                return await self._follow(request, bytes_max, deadline_s, response)
        except TimeoutError:
            raise _failed(TimedOut, request.call, "context deadline exceeded") from None
        except FetchFailed as error:
            raise _failed(FetchFailed, request.call, error.message, error.status) from None
        except _failures() as error:
            raise _failed(FetchFailed, request.call, _reason(error)) from None

    async def _follow(
        self, request: Prepared, bytes_max: int, deadline_s: float, response: Response | None
    ) -> Response:
        """`response`: what the first request was answered, where it was asked already."""
        call = request.call
        own = [*request.headers.items(), *self._static_headers]
        if self._reads_files or self._tokens:
            own += await self._credentials()
        if response is None:
            response = await self._request(call, own, bytes_max, deadline_s)
        url, origin = call.url, call.url.origin()
        redirects = _REDIRECTS if call.method == "GET" else _REDIRECTS_WITH_BODY
        for _ in range(REDIRECTS_MAX):
            if response.status not in redirects or not self._config.follow_redirects:
                return response
            location = response.headers.get("location", "")
            if not location:
                raise FetchFailed(f"{response.status} response missing Location header")
            url = url.join(URL(location))
            if url.scheme not in ("http", "https"):
                raise FetchFailed(f'unsupported protocol scheme "{url.scheme}"')
            if url.origin() != origin:
                own = list(request.headers.items())
            response = await self._request(replace(call, url=url), own, bytes_max, deadline_s)
        raise FetchFailed(f"stopped after {REDIRECTS_MAX} redirects")

    async def _request(self, call: Call, headers: Headers, bytes_max: int, deadline_s: float) -> Response:
        url = call.url
        proxy = proxy_for(self._config.proxy, url)
        tls = await self._context() if url.scheme == "https" else None
        if proxy is not None:
            return await self._request_by(proxy, call, headers, bytes_max)
        head = request_head(call.method, url, headers, len(call.body))
        return await self._connections.ask(self._origin(url, tls), head + call.body, bytes_max, deadline_s)

    def _direct(self, url: URL, headers: Mapping[str, str]) -> tuple[Origin, bytes] | None:
        """Of a GET that is the same each time; not where files, tokens or certificates may have changed."""
        if self._reads_files or self._tokens or url.scheme == "https" or proxy_for(self._config.proxy, url) is not None:
            return None
        try:
            return self._origin(url, None), request_head("GET", url, [*headers.items(), *self._static_headers], 0)
        except (FetchFailed, ValueError):
            return None  # who asks hears what is wrong

    def _origin(self, url: URL, tls: ssl.SSLContext | None) -> Origin:
        host, port = url.host, url.port
        if not host or not port:
            raise FetchFailed("no Host in request URL")
        return Origin(host, port, tls, self._config.tls_config.server_name, self._unix_socket)

    async def _request_by(self, proxy: str, call: Call, headers: Headers, bytes_max: int) -> Response:
        if not proxy.startswith(("http://", "https://")):
            raise FetchFailed(f"unsupported proxy scheme: {URL(proxy).scheme}")
        if self._proxied is None:
            from vedette.intake.proxied import ProxiedRequests

            self._proxied = ProxiedRequests(self._tls, self._config.tls_config.server_name)
        connect = {name: values[0].reveal() for name, values in self._config.proxy.proxy_connect_header.items()}
        return await self._proxied.ask(call, headers, proxy, connect, bytes_max)

    async def _context(self) -> ssl.SSLContext:
        """Made anew, and with it every connection, when a certificate file has changed."""
        config = self._config.tls_config
        stamp = file_stamp(config)
        if self._tls is None or stamp != self._stamp:
            build = default_context if config == NO_TLS else build_context
            self._tls = await asyncio.to_thread(build, config)
            self._stamp = stamp
            await self._close_connections()
        return self._tls

    async def _credentials(self) -> Headers:
        """Headers whose values live in files or come from a token endpoint: read for every request."""
        found = await asyncio.to_thread(_file_headers, self._config) if self._reads_files else []
        if self._tokens is not None:
            found.append(("Authorization", await self._tokens.header()))
        return found

    async def close(self) -> None:
        if self._tokens is not None:
            await self._tokens.close()
        await self._close_connections()

    async def _close_connections(self) -> None:
        self._connections.close()
        if self._proxied is not None:
            await self._proxied.close()
            self._proxied = None


def request_head(method: str, url: URL, headers: Iterable[tuple[str, str]], body_bytes: int = 0) -> bytes:
    """Everything before the body. Raises ValueError where a value would break out of its line."""
    lines = [f"{method} {url.raw_path_qs or '/'} HTTP/1.1", f"Host: {host_header(url)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if method != "GET":
        lines.append(f"Content-Length: {body_bytes}")
    text = "\r\n".join([*lines, "", ""])
    if text.count("\n") != len(lines) + 1 or text.count("\r") != len(lines) + 1:
        raise ValueError("a header holds a line break")
    return text.encode()


def host_header(url: URL) -> str:
    host = url.host_subcomponent or ""
    return host if url.is_default_port() else f"{host}:{url.port}"


def request_headers(config: HttpClientConfig) -> Headers:
    """Those that the configuration asks for, files read; without OAuth2. Raises FetchFailed."""
    return _configured_headers(config) + (_file_headers(config) if _reads_files(config) else [])


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


def _failed(kind: type[FetchFailed], call: Call, reason: str, status: int = 0) -> FetchFailed:
    return kind(f"{_shown(call)}: {reason}", reason=reason, status=status)


def _shown(call: Call) -> str:
    url = call.url.with_password("xxxxx") if call.url.password else call.url
    return f'{call.method.capitalize()} "{url}"'


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: {error.verify_message}"
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return str(error) or type(error).__name__


def _failures() -> tuple[type[Exception], ...]:
    """What a request may raise; aiohttp's errors once it is loaded."""
    aiohttp = sys.modules.get("aiohttp")
    return (OSError, ValueError) if aiohttp is None else (OSError, ValueError, aiohttp.ClientError)
