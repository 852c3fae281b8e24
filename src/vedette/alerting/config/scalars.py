"""Scalar types of alertmanager.yml that prometheus.yml does not have: URLs, secret URLs, Go durations, host and port.

Source: Alertmanager config/common/url.go, config/config.go (HostPort), Go time.ParseDuration; messages included.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NewType
from urllib.parse import urlsplit

from vedette.intake.config.codec import SCALARS, Scalar
from vedette.intake.config.values import HIDDEN, Secret
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.quoting import quote
from vedette.signals.template import TemplateError, TemplateSet
from vedette.signals.template.times import GoDuration

PlainYaml = NewType("PlainYaml", object)
"""Any YAML value, as dicts, lists and scalars."""

GoDurationMs = NewType("GoDurationMs", int)
"""A duration in Go's grammar (`1m30s`, `1.5s`), which knows no days; 0: none given."""

Count = NewType("Count", int)
"""Not negative."""


class HttpUrl(str):
    """An absolute http or https URL; empty: none given."""


class SecretUrl(Secret):
    """A URL that holds a token, so that it is never shown."""

    __slots__ = ()


class SecretTemplateUrl(Secret):
    """A secret URL that may be a template."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class HostPort:
    host: str = ""
    port: str = ""

    def __bool__(self) -> bool:
        return bool(self.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else ""


NO_URL: Final = HttpUrl()
SLACK_POST_MESSAGE: Final = HttpUrl("https://slack.com/api/chat.postMessage")
NO_SECRET_URL: Final = SecretUrl()
NO_TEMPLATE_URL: Final = SecretTemplateUrl()
NO_HOST: Final = HostPort()
NO_GO_DURATION: Final = GoDurationMs(0)
NO_COUNT: Final = Count(0)


def parse_url(text: str) -> HttpUrl:
    """Raises BadInput, which does not repeat the URL: it may be a secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadInput(f"not a URL: {str(error).lower()}") from None
    if parts.scheme not in ("http", "https"):
        raise BadInput(f"unsupported scheme {quote(parts.scheme)} for URL")
    if not parts.netloc:
        raise BadInput("missing host for URL")
    return HttpUrl(text)


def with_final_slash(url: HttpUrl) -> HttpUrl:
    parts = urlsplit(url)
    return url if parts.path.endswith("/") else HttpUrl(parts._replace(path=parts.path + "/").geturl())


def is_template(text: str) -> bool:
    """Raises BadInput where it is one that does not parse."""
    if "{{" not in text:
        return False
    try:
        TemplateSet().add("", text)
    except TemplateError as error:
        raise BadInput(f"invalid template syntax: {error}") from None
    return True


def _read_secret_url(node: Node) -> SecretUrl:
    text = node.text()
    return SecretUrl(text if text == HIDDEN else parse_url(text))


def _read_template_url(node: Node) -> SecretTemplateUrl:
    text = node.text()
    if text and text != HIDDEN and not is_template(text):
        try:
            parse_url(text)
        except BadInput as error:
            raise BadInput(f"invalid URL: {error.message}") from None
    return SecretTemplateUrl(text)


def _read_host_port(node: Node) -> HostPort:
    text = node.text()
    if not text:
        return NO_HOST
    host, colon, port = text.rpartition(":")
    if not colon or (host.startswith("[") and not host.endswith("]")):
        raise BadInput(f"address {text}: missing port in address")
    if host.startswith("["):
        host = host[1:-1]
    elif ":" in host:
        raise BadInput(f"address {text}: too many colons in address", hint="write IPv6 addresses in brackets")
    if not port:
        raise BadInput(f"address {quote(text)}: port cannot be empty")
    return HostPort(host, port)


_MICRO: Final = {"us": 10**3, "\u00b5s": 10**3, "\u03bcs": 10**3}
_NS: Final = {"ns": 1, **_MICRO, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)")


def parse_go_duration(text: str) -> GoDurationMs:
    """Rounded up to a millisecond. Raises BadInput."""
    unsigned = text[1:] if text[:1] in "+-" else text
    if unsigned == "0":
        return NO_GO_DURATION
    total_ns, at = Decimal(0), 0
    while at < len(unsigned) or not unsigned:
        part = _DURATION_PART.match(unsigned, at)
        if part is None:
            raise BadInput(f"time: invalid duration {quote(text)}", hint="write for example 30s or 1m30s")
        if part[2] not in _NS:
            problem = f"unknown unit {quote(part[2])}" if part[2] else "missing unit"
            raise BadInput(f"time: {problem} in duration {quote(text)}", hint="units are ms, s, m and h")
        total_ns += Decimal(part[1]) * _NS[part[2]]
        at = part.end()
    milliseconds = math.ceil(total_ns / 10**6)
    return GoDurationMs(-milliseconds if text.startswith("-") else milliseconds)


def format_go_duration(duration: GoDurationMs) -> str:
    return str(GoDuration(duration * 10**6))


def _read_go_duration(node: Node) -> GoDurationMs:
    """A number without a unit is nanoseconds."""
    is_number = node.raw.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    return parse_go_duration(f"{node.text()}ns" if is_number else node.text())


def _read_count(node: Node) -> Count:
    number = node.integer()
    if number < 0:
        raise node.mismatch("uint64")
    return Count(number)


def _hide(secret: Secret) -> str:
    """Everybody knows Slack's own endpoint, and a configuration that names it twice must load again."""
    return str(secret.reveal()) if secret.reveal() in ("", SLACK_POST_MESSAGE) else HIDDEN


SCALARS.update(
    {
        PlainYaml: Scalar(Node.plain, None, lambda value: value),
        GoDurationMs: Scalar(_read_go_duration, NO_GO_DURATION, format_go_duration),
        Count: Scalar(_read_count, NO_COUNT, int),
        HttpUrl: Scalar(lambda node: parse_url(node.text()), NO_URL, str),
        SecretUrl: Scalar(_read_secret_url, NO_SECRET_URL, _hide),
        SecretTemplateUrl: Scalar(_read_template_url, NO_TEMPLATE_URL, _hide),
        HostPort: Scalar(_read_host_port, NO_HOST, str),
    }
)
