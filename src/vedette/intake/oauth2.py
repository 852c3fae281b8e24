"""OAuth2 client credentials: one token, fetched when it is first needed and again shortly before it ends (RFC 6749, 4.4)."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from vedette.intake.config.http import OAuth2
from vedette.intake.proxies import proxy_for
from vedette.intake.tls import build_context

EXPIRY_MARGIN_S: Final = 10.0
TOKEN_BYTES_MAX: Final = 1 << 20
TOKEN_TIMEOUT_S: Final = 30.0


class TokenSource:
    """Requests that need a token at the same time wait for one fetch."""

    def __init__(self, config: OAuth2) -> None:
        self._config = config
        self._lock = asyncio.Lock()
        self._header = ""
        self._expires_s = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def header(self) -> str:
        """The Authorization header. Raises aiohttp.ClientError when the token endpoint refuses."""
        async with self._lock:
            if not self._header or time.monotonic() > self._expires_s - EXPIRY_MARGIN_S:
                await self._fetch()
            return self._header

    async def _fetch(self) -> None:
        """Credentials in the Authorization header first, as the RFC wants; in the body where the server refuses that."""
        config = self._config
        secret = await asyncio.to_thread(_secret, config)
        form = {"grant_type": "client_credentials", **config.endpoint_params}
        if config.scopes:
            form["scope"] = " ".join(config.scopes)
        pair = f"{quote(config.client_id, safe='')}:{quote(secret, safe='')}"
        basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        status, answer = await self._post(form, basic)
        if status != 200:
            status, answer = await self._post({**form, "client_id": config.client_id, "client_secret": secret}, {})
        token = answer.get("access_token")
        if status != 200 or not isinstance(token, str) or not token:
            raise aiohttp.ClientError(f"oauth2: cannot fetch token: {status}")
        kind = str(answer.get("token_type") or "Bearer")
        self._header = f"{'Bearer' if kind.lower() == 'bearer' else kind} {token}"
        lifetime = answer.get("expires_in")
        self._expires_s = time.monotonic() + float(lifetime) if lifetime else float("inf")

    async def _post(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self._session is None:
            context = await asyncio.to_thread(build_context, self._config.tls_config)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TOKEN_TIMEOUT_S),
            )
        url = URL(self._config.token_url)
        proxy = proxy_for(self._config.proxy, url)
        async with self._session.post(url, data=form, headers=headers, proxy=proxy) as answer:
            body = await answer.content.read(TOKEN_BYTES_MAX)
            if answer.status != 200:
                return answer.status, {}
            return answer.status, _decoded(body)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _secret(config: OAuth2) -> str:
    if not config.client_secret_file:
        return config.client_secret.reveal()
    with open(config.client_secret_file, encoding="utf-8") as file:
        return file.read().strip()


def _decoded(body: bytes) -> dict[str, Any]:
    import msgspec

    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise aiohttp.ClientError("oauth2: the token endpoint did not answer with a JSON object") from None
