"""The keys for requests to Amazon, found where Amazon's own clients look, in their order.

    section | profile of the section | environment | web identity (service accounts of EKS) | profile | container (ECS, Pod Identity
    of EKS) | the machine (EC2, IMDSv2)     with `role_arn`: those of the role, asked of STS with the keys found

The first place that says anything counts. Keys that expire are used until shortly before they do; others are looked up each time,
so that a changed file counts. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import configparser
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from yarl import URL

from vedette.alerting.config.messages import SigV4Config
from vedette.alerting.receivers.composing import composed
from vedette.alerting.receivers.http import Request
from vedette.alerting.receivers.sigv4 import FORM, AwsKeys, signed_headers
from vedette.intake.config.http import HttpClientConfig
from vedette.intake.http1 import AnswerTooLarge, Call, FetchFailed, Response
from vedette.intake.http_client import HttpClient
from vedette.model.errors import NotSent

STS_URL: Final = "https://sts{fips}.{region}.amazonaws.com/"
CONTAINER_URL: Final = "http://169.254.170.2"
MACHINE_URL: Final = "http://169.254.169.254"
_PLAIN_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "127.0.0.1", "::1", "localhost"})
"""Those that may be asked for keys without TLS."""
_METADATA_TIMEOUT_S: Final = 2.0
_METADATA_BYTES_MAX: Final = 64 << 10
_TOKEN_TTL_S: Final = 60
_ROLE_S: Final = 3600
_REFRESH_BEFORE_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Found:
    keys: AwsKeys
    until_s: float = 0.0
    """When to ask again, of time.time()."""


class KeySource:
    """Of one integration. `ask`: a request to STS; answers with 2xx, or raises NotSent."""

    def __init__(
        self,
        config: SigV4Config,
        ask: Callable[[Request], Awaitable[Response]],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._config = config
        self._ask = ask
        self._environment = environment
        self._found: _Found | None = None
        self._metadata = HttpClient(HttpClientConfig())

    async def keys(self) -> AwsKeys:
        """Raises NotSent where there are none."""
        if self._found is None or time.time() >= self._found.until_s:
            self._found = await self._find()
            if self._config.role_arn:
                self._found = await self._assume_role(self._found.keys)
        return self._found.keys

    async def close(self) -> None:
        await self._metadata.close()

    async def _find(self) -> _Found:
        config, environment = self._config, self._environment
        if keys := own_keys(config, environment):
            return _Found(keys)
        if not config.profile and environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return await self._assume_role_by_token()
        if keys := await composed(lambda: profile_keys(config, environment)):
            return _Found(keys)
        if config.profile:
            raise _no_keys(f"profile {config.profile} is not in {_credentials_file(environment)}, or has no keys")
        if environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") or environment.get(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        ):
            return await self._ask_container()
        if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            raise _no_keys("not in sigv4, the environment or a profile, and the machine must not be asked")
        return await self._ask_machine()

    async def _assume_role(self, keys: AwsKeys) -> _Found:
        config = self._config
        form = {"RoleArn": config.role_arn, "RoleSessionName": "vedette"}
        if config.external_id:
            form["ExternalId"] = config.external_id
        url, region = self._sts_url()
        body = _sts_form("AssumeRole", form)
        headers = signed_headers(
            keys, url=url, body=body, service="sts", region=region, now=datetime.now(UTC), content_type=FORM
        )
        return _of_sts(await self._ask(Request(url, body, headers)))

    async def _assume_role_by_token(self) -> _Found:
        environment = self._environment
        form = {
            "RoleArn": environment.get("AWS_ROLE_ARN", ""),
            "RoleSessionName": environment.get("AWS_ROLE_SESSION_NAME") or "vedette",
            "WebIdentityToken": await _read(environment["AWS_WEB_IDENTITY_TOKEN_FILE"]),
        }
        body = _sts_form("AssumeRoleWithWebIdentity", form)
        return _of_sts(await self._ask(Request(self._sts_url()[0], body, {"Content-Type": FORM})))

    def _sts_url(self) -> tuple[str, str]:
        """And its region."""
        region = find_region(self._config, self._environment)
        fips = "-fips" if self._config.use_fips_sts_endpoint else ""
        own = self._environment.get("AWS_ENDPOINT_URL_STS", "")
        return own or STS_URL.format(fips=fips, region=region), region

    async def _ask_container(self) -> _Found:
        environment = self._environment
        path = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
        url = f"{CONTAINER_URL}{path}" if path else environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _PLAIN_HOSTS:
            raise _no_keys(f"AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor this machine: {parts.hostname}")
        token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        if file := environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            token = await _read(file)
        return _of_metadata(await self._look(Call("GET", URL(url)), {"Authorization": token} if token else {}))

    async def _ask_machine(self) -> _Found:
        """IMDSv2: a token first, then which role, then its keys."""
        base = self._environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "").rstrip("/") or MACHINE_URL
        ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_TTL_S)}
        token = await self._look(Call("PUT", URL(f"{base}/latest/api/token"), b""), ttl)
        headers = {"X-aws-ec2-metadata-token": token.decode(errors="replace")}
        roles = URL(f"{base}/latest/meta-data/iam/security-credentials/")
        role = (await self._look(Call("GET", roles), headers)).decode(errors="replace").split("\n")[0].strip()
        return _of_metadata(await self._look(Call("GET", roles / role), headers))

    async def _look(self, call: Call, headers: Mapping[str, str]) -> bytes:
        try:
            answer = await self._metadata.send(
                call, headers, timeout_s=_METADATA_TIMEOUT_S, bytes_max=_METADATA_BYTES_MAX
            )
        except FetchFailed as error:
            raise _no_keys(f"not in sigv4, the environment or a profile; {call.url}: {error.reason}") from None
        except AnswerTooLarge:
            raise _no_keys(f"{call.url} answers more than {_METADATA_BYTES_MAX} bytes") from None
        if answer.status != 200:
            raise _no_keys(f"{call.url} answers {answer.status}")
        return answer.body


def own_keys(config: SigV4Config, environment: Mapping[str, str]) -> AwsKeys | None:
    """Of the section, else of the environment."""
    if config.access_key:
        return AwsKeys(config.access_key, config.secret_key.reveal())
    if config.profile or not environment.get("AWS_ACCESS_KEY_ID"):
        return None
    return AwsKeys(
        environment["AWS_ACCESS_KEY_ID"],
        environment.get("AWS_SECRET_ACCESS_KEY", ""),
        environment.get("AWS_SESSION_TOKEN", ""),
    )


def profile_keys(config: SigV4Config, environment: Mapping[str, str]) -> AwsKeys | None:
    """Of a profile of the credentials file."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(_credentials_file(environment), encoding="utf-8")
        profile = parser[config.profile or environment.get("AWS_PROFILE") or "default"]
        return AwsKeys(
            profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token", "")
        )
    except (configparser.Error, KeyError, OSError, UnicodeDecodeError):
        return None


def find_region(config: SigV4Config, environment: Mapping[str, str] = os.environ) -> str:
    """Raises NotSent where nobody says one."""
    region = config.region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise NotSent("region not configured in sns.sigv4.region or in default credentials chain", retry=True)
    return region


def xml_text(response: Response, name: str) -> str:
    """The text of the first such element: these answers are flat, and no XML parser need see what a stranger sent."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", response.body.decode(errors="replace"))
    return found[1].strip() if found else ""


def _credentials_file(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_SHARED_CREDENTIALS_FILE") or str(Path.home() / ".aws" / "credentials")


def _sts_form(action: str, form: Mapping[str, str]) -> bytes:
    return urlencode({"Action": action, "Version": "2011-06-15", "DurationSeconds": str(_ROLE_S), **form}).encode()


def _of_sts(answer: Response) -> _Found:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    return _expiring("STS", *(xml_text(answer, name) for name in names))


def _of_metadata(body: bytes) -> _Found:
    try:
        answer = json.loads(body)
        names = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")
        return _expiring("the metadata service", *(str(answer.get(name) or "") for name in names))
    except (ValueError, AttributeError):
        raise _no_keys("the metadata service's answer is not a JSON object") from None


def _expiring(whose: str, access_key: str, secret_key: str, token: str, expiration: str) -> _Found:
    if not access_key or not secret_key:
        raise _no_keys(f"none in the answer of {whose}")
    try:
        until_s = datetime.fromisoformat(expiration).timestamp() - _REFRESH_BEFORE_S if expiration else 0.0
    except ValueError:
        until_s = 0.0  # asked for each time
    return _Found(AwsKeys(access_key, secret_key, token), until_s)


async def _read(file: str) -> str:
    try:
        return await composed(lambda: Path(file).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise _no_keys(f"the token of {file} cannot be read: {error}") from None


def _no_keys(why: str) -> NotSent:
    return NotSent(f"no AWS keys: {why}", retry=True, reason="authError")
