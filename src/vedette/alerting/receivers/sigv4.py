"""Requests to Amazon, signed (Signature Version 4), and the keys to sign with.

Keys come from the section, else the environment, else a profile of ~/.aws/credentials; the metadata services of Amazon's own
machines are not asked. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import configparser
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from vedette.alerting.config.messages import SigV4Config
from vedette.model.errors import NotSent

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def find_keys(config: SigV4Config, environment: Mapping[str, str] = os.environ) -> AwsKeys:
    """Raises NotSent where there are none."""
    if config.access_key:
        return AwsKeys(config.access_key, config.secret_key.reveal())
    if not config.profile and environment.get("AWS_ACCESS_KEY_ID"):
        return AwsKeys(
            environment["AWS_ACCESS_KEY_ID"],
            environment.get("AWS_SECRET_ACCESS_KEY", ""),
            environment.get("AWS_SESSION_TOKEN", ""),
        )
    file = environment.get("AWS_SHARED_CREDENTIALS_FILE") or str(Path.home() / ".aws" / "credentials")
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        profile = parser[config.profile or environment.get("AWS_PROFILE") or "default"]
        return AwsKeys(
            profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token", "")
        )
    except (configparser.Error, KeyError, OSError, UnicodeDecodeError):
        raise NotSent(
            f"no AWS keys in sigv4, in the environment or in {file}", retry=True, reason="authError"
        ) from None


def find_region(config: SigV4Config, environment: Mapping[str, str] = os.environ) -> str:
    """Raises NotSent where nobody says one."""
    region = config.region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise NotSent("region not configured in sns.sigv4.region or in default credentials chain", retry=True)
    return region


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
