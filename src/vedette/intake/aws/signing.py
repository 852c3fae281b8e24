"""Requests to Amazon, signed (Signature Version 4).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from yarl import URL

from vedette.intake.http_client import host_header

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def signed_headers(
    keys: AwsKeys, *, url: URL, body: bytes, service: str, region: str, now: datetime, content_type: str
) -> dict[str, str]:
    """Headers of a POST, Authorization and Content-Type among them; the client adds Host."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {"content-type": content_type, "host": host_header(url), "x-amz-date": stamp}
    if keys.session_token:
        signed["x-amz-security-token"] = keys.session_token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    path = quote(url.raw_path or "/", safe="/-_.~")  # escapes are escaped once more
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in url.query.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    canonical = "\n".join(("POST", path, query, lines, names, hashlib.sha256(body).hexdigest()))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = _chain(f"AWS4{keys.secret_key}", stamp[:8], region, service, "aws4_request", to_sign).hex()
    headers = {"Content-Type": content_type, "X-Amz-Date": stamp}
    if keys.session_token:
        headers["X-Amz-Security-Token"] = keys.session_token
    credential = f"Credential={keys.access_key}/{scope}"
    headers["Authorization"] = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _chain(first: str, *messages: str) -> bytes:
    """Each message signed with what came out of the one before."""
    key = first.encode()
    for message in messages:
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return key
