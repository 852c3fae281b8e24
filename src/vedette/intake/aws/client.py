"""A client whose posts are signed where the configuration says so. Source: prometheus/sigv4 NewSigV4RoundTripper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from yarl import URL

from vedette.intake.aws.keys import KeySource, find_region
from vedette.intake.aws.signing import signed_headers
from vedette.intake.config.http import HttpClientConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.http1 import Response
from vedette.intake.http_client import HttpClient

DEFAULT_SERVICE: Final = "aps"
"""Amazon Managed Service for Prometheus."""


class Poster(Protocol):
    async def post(
        self, url: URL, headers: Mapping[str, str], body: bytes, *, timeout_s: float, bytes_max: int
    ) -> Response:
        """As HttpClient.post."""
        ...

    async def close(self) -> None: ...


def open_poster(http: HttpClientConfig, signing: SigV4Config | None = None) -> Poster:
    client = HttpClient(http)
    return client if signing is None else SigningClient(client, signing)


class SigningClient:
    """Over a client that it closes with itself."""

    def __init__(self, client: HttpClient, config: SigV4Config) -> None:
        self._client = client
        self._config = config
        self._keys = KeySource(config, client)

    async def post(
        self, url: URL, headers: Mapping[str, str], body: bytes, *, timeout_s: float, bytes_max: int
    ) -> Response:
        """Raises FetchFailed (NoKeys where there are none), AnswerTooLarge."""
        signature = signed_headers(
            await self._keys.keys(),
            url=url,
            body=body,
            service=self._config.service_name or DEFAULT_SERVICE,
            region=find_region(self._config),
            now=datetime.now(UTC),
            content_type=headers["Content-Type"],
        )
        return await self._client.post(url, {**headers, **signature}, body, timeout_s=timeout_s, bytes_max=bytes_max)

    async def close(self) -> None:
        await self._keys.close()
        await self._client.close()
