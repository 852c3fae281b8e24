"""A Prometheus (or whatever answers remote read) as a source of history: what it is asked, and its answer as it arrives.

Synchronous, on the standard library's HTTP client: an import reads one long stream and has nothing else to do meanwhile.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from vedette.intake.config.codec import read_section
from vedette.intake.config.http import PLAIN_HTTP, HttpClientConfig
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.intake.http_client import USER_AGENT, request_headers
from vedette.intake.tls import build_context
from vedette.model.errors import BadInput, NotFound, VedetteError
from vedette.model.matchers import Matcher
from vedette.model.time import parse_duration_ms
from vedette.wire.remote_read.frames import FramePart, FrameReader, decode_frame
from vedette.wire.remote_read.requests import ReadQuery, ReadRequest, ResponseType, encode_request
from vedette.wire.snappy import compress

READ_BYTES: Final = 1 << 20
TIMEOUT_S: Final = 300.0
"""Without a byte."""
_ERROR_BYTES_MAX: Final = 500
_READ_HEADERS: Final = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "Accept-Encoding": "identity",
    "X-Prometheus-Remote-Read-Version": "0.1.0",
}


class SourceFailed(VedetteError):
    """The source did not answer, or not as one should."""

    code = "source_failed"


@dataclass(frozen=True, slots=True)
class RemoteSource:
    """`url` without a slash at its end, and without a user."""

    url: str
    headers: Mapping[str, str]
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str, http_config: str = "") -> RemoteSource:
        """`url` may carry a user; `http_config` names a file in the format of Prometheus' HTTP client settings."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"not a URL of a Prometheus: {url}", hint="write for example http://127.0.0.1:9090")
        config = _load_http_config(Path(http_config)) if http_config else PLAIN_HTTP
        headers = {"User-Agent": USER_AGENT, **dict(request_headers(config))}
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
        tls = build_context(config.tls_config) if parts.scheme == "https" else None
        return cls(bare, headers, tls)

    def oldest_ms(self, now_ms: int) -> int:
        """When its history begins: by its blocks and its head, else by how long it keeps samples, else 15 days ago."""
        times = []
        for ask in (self._oldest_block_ms, self._head_ms):
            try:
                times += ask()
            except (SourceFailed, NotFound, KeyError, TypeError, ValueError):
                continue
        return min(times, default=now_ms - self._kept_ms())

    def read(self, matchers: Sequence[Matcher], min_time_ms: int, max_time_ms: int) -> Iterator[FramePart]:
        """Series after series, sorted by labels. Raises SourceFailed, BadInput where the stream is broken."""
        query = ReadQuery(tuple(matchers), min_time_ms, max_time_ms)
        body = compress(encode_request(ReadRequest((query,), ResponseType.STREAMED_XOR_CHUNKS)))
        frames = FrameReader()
        with self.open("/api/v1/read", body, _READ_HEADERS) as answer:
            kind = answer.headers.get("Content-Type", "")
            if not kind.startswith("application/x-streamed-protobuf"):
                raise SourceFailed(f"the source does not stream chunks, it answered {kind or 'nothing'}: {self.url}")
            while data := _read_some(answer, self.url):
                for payload in frames.feed(data):
                    yield from decode_frame(payload)
        frames.end()

    def _oldest_block_ms(self) -> list[int]:
        return [int(block["minTime"]) for block in self._api("status/tsdb/blocks")["blocks"]]

    def _head_ms(self) -> list[int]:
        return [int(self._api("status/tsdb")["headStats"]["minTime"])]

    def _kept_ms(self) -> int:
        try:
            return parse_duration_ms(str(self._api("status/runtimeinfo")["storageRetention"]).split(" ")[0])
        except (VedetteError, KeyError, TypeError):
            return parse_duration_ms("15d")

    def _api(self, path: str) -> Any:
        with self.open(f"/api/v1/{path}", None, {}) as answer:
            return json.load(answer)["data"]

    def open(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """GET, or POST with a body. Raises SourceFailed."""
        request = urllib.request.Request(self.url + path, body, {**self.headers, **headers})
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self.tls)
            return answer
        except urllib.error.HTTPError as error:
            text = error.read(_ERROR_BYTES_MAX).decode(errors="replace").strip()
            raise SourceFailed(f"the source answered {error.code} {_words_of(text)}: {self.url}{path}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise SourceFailed(f"the source does not answer: {reason}: {self.url}") from None


def _words_of(text: str) -> str:
    """What an error of Prometheus' API says; any other text as it is."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text


def _read_some(answer: http.client.HTTPResponse, url: str) -> bytes:
    try:
        return answer.read1(READ_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise SourceFailed(f"the source broke off: {error or type(error).__name__}: {url}") from None


def _load_http_config(file: Path) -> HttpClientConfig:
    try:
        root = parse_yaml(file.read_text(), Document(str(file), file.parent))
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from None
    config = PLAIN_HTTP if root is None else read_section(HttpClientConfig, root)
    if config.oauth2 or config.proxy.proxy_url:
        raise BadInput(f"an import takes neither oauth2 nor a proxy: {file}")
    return config
