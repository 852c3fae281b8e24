"""Requests through a proxy, by aiohttp: plain requests go to the proxy, TLS ones through its CONNECT."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp

from vedette.intake.http1 import AnswerTooLarge, Call, Response

_OWN_HEADERS: Final = ("User-Agent", "Accept-Encoding", "Accept")


class ProxiedRequests:
    """Belongs to one event loop."""

    def __init__(self, tls: ssl.SSLContext | None, server_name: str) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls or True, keepalive_timeout=300.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        self._server_name = server_name or None

    async def ask(
        self, call: Call, headers: list[tuple[str, str]], proxy: str, proxy_headers: Mapping[str, str], bytes_max: int
    ) -> Response:
        """Raises aiohttp.ClientError, OSError, AnswerTooLarge."""
        async with self._session.request(
            call.method,
            call.url,
            data=call.body or None,
            headers=headers,
            allow_redirects=False,
            proxy=proxy,
            proxy_headers=dict(proxy_headers),
            server_hostname=self._server_name,
        ) as answer:
            body = bytearray()
            while chunk := await answer.content.readany():
                body += chunk
                if len(body) >= bytes_max:
                    answer.close()
                    raise AnswerTooLarge(answer.status)
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, answer.reason or "", found, bytes(body))

    async def close(self) -> None:
        await self._session.close()
