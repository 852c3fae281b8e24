"""Targets from an HTTP endpoint that answers a JSON list of groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from yarl import URL

from vedette.intake import metrics
from vedette.intake.bodies import inflate
from vedette.intake.config.discovery import HttpDiscovery
from vedette.intake.discovery.group_lists import LIST_BYTES_MAX, groups_from_json
from vedette.intake.http1 import FetchFailed
from vedette.intake.http_client import USER_AGENT, HttpClient
from vedette.intake.target import TargetGroup
from vedette.model.errors import VedetteError
from vedette.model.quoting import quote

_JSON_TYPE: Final = re.compile(r'application/json(;\s*charset=("utf-8"|utf-8))?', re.IGNORECASE)


class HttpProvider:
    kind = "http"

    def __init__(self, config: HttpDiscovery) -> None:
        self.interval_s = config.refresh_interval / 1000
        self._url = config.url
        self._client = HttpClient(config.http)
        self._headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "X-Prometheus-Refresh-Interval-Seconds": f"{self.interval_s:g}",
        }

    async def refresh(self) -> Sequence[TargetGroup]:
        try:
            return await self._fetch()
        except VedetteError:
            metrics.SD_HTTP_FAILURES.inc()
            raise

    async def _fetch(self) -> Sequence[TargetGroup]:
        response = await self._client.get(
            URL(self._url), self._headers, timeout_s=self.interval_s, bytes_max=LIST_BYTES_MAX
        )
        if response.status != 200:
            raise FetchFailed(f"server returned HTTP status {response.status} {response.reason}")
        content_type = response.headers.get("content-type", "")
        if not _JSON_TYPE.fullmatch(content_type.strip()):
            raise FetchFailed(f"unsupported content type {quote(content_type)}")
        body = inflate(response.body, response.headers.get("content-encoding", ""), LIST_BYTES_MAX)
        return groups_from_json(bytes(body), self._url, {"__meta_url": self._url})

    async def close(self) -> None:
        await self._client.close()
