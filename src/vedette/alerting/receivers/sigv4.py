"""Requests to Amazon, signed (Signature Version 4).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def signed_headers(
    keys: AwsKeys, *, url: str, body: bytes, service: str, region: str, now: datetime, content_type: str
) -> dict[str, str]:
    """Headers of a POST, Authorization among them; the client adds Host."""
    parts = urlsplit(url)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": content_type, "host": parts.netloc, "x-amz-date": stamp}
    if keys.session_token:
        headers["x-amz-security-token"] = keys.session_token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = quote(parts.path or "/", safe="/-_.~%")
    canonical = "\n".join(("POST", path, parts.query, lines, names, hashlib.sha256(body).hexdigest()))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = _chain(f"AWS4{keys.secret_key}", stamp[:8], region, service, "aws4_request", to_sign).hex()
    del headers["host"]
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _chain(first: str, *messages: str) -> bytes:
    """Each message signed with what came out of the one before."""
    key = first.encode()
    for message in messages:
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return key
