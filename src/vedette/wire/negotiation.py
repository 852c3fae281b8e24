"""Which format a page is in, and which formats we ask for: `Accept` and `Content-Type` as Prometheus 3.14 handles them.

Source: Prometheus scrape.acceptHeader, config.ScrapeProtocolsHeaders, textparse.extractMediaType. The texts of errors are
what the reference shows as a target's last error. It stands outside the package `exposition`, whose import compiles
kernels: configuration files name protocols too, and the light agent reads one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from vedette.model.errors import MalformedPage


class Format(Enum):
    """Text 0.0.4 and 1.0.0; OpenMetrics 0.0.1 and 1.0.0; delimited io.prometheus.client.MetricFamily."""

    TEXT = "text/plain"
    OPENMETRICS = "application/openmetrics-text"
    PROTOBUF = "application/vnd.google.protobuf"


SCRAPE_PROTOCOLS: Final = {
    "PrometheusProto": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    "PrometheusText0.0.4": "text/plain;version=0.0.4",
    "PrometheusText1.0.0": "text/plain;version=1.0.0",
    "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
    "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0",
}
"""Names that `scrape_protocols` and `fallback_scrape_protocol` take, and the media type each stands for."""

DEFAULT_SCRAPE_PROTOCOLS: Final = (
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
)
PROTO_FIRST_SCRAPE_PROTOCOLS: Final = ("PrometheusProto", *DEFAULT_SCRAPE_PROTOCOLS)
"""The default where native histograms are scraped."""

_CONTENT_TYPES_KEPT: Final = 64
"""Every scrape asks again; targets say the same few things."""

_ESCAPED_PROTOCOLS: Final = frozenset({"PrometheusText1.0.0", "OpenMetricsText1.0.0"})
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"\s*({_TOKEN}(?:/{_TOKEN})?)\s*(?:;|$)")
_PARAMETER = re.compile(rf'\s*;\s*({_TOKEN})\s*=\s*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")\s*')


@dataclass(frozen=True, slots=True)
class Negotiated:
    """`escaping` is the scheme that the target says it used, empty where it says none. `warning`: why the fallback was taken."""

    format: Format
    escaping: str = ""
    warning: str = ""


def accept_header(protocols: Sequence[str] = DEFAULT_SCRAPE_PROTOCOLS, escaping: str = "allow-utf-8") -> str:
    """The `Accept` header for these scrape protocols, most wanted first."""
    weight = len(SCRAPE_PROTOCOLS) + 1
    parts = []
    for protocol in protocols:
        suffix = f";escaping={escaping}" if protocol in _ESCAPED_PROTOCOLS else ""
        parts.append(f"{SCRAPE_PROTOCOLS[protocol]}{suffix};q=0.{weight}")
        weight -= 1
    return ",".join([*parts, f"*/*;q=0.{weight}"])


def fallback_format(protocol: str) -> Format | None:
    """The format that `fallback_scrape_protocol` names; None for the empty string."""
    return Format(SCRAPE_PROTOCOLS[protocol].split(";")[0]) if protocol else None


@lru_cache(maxsize=_CONTENT_TYPES_KEPT)
def format_of(content_type: str, fallback: Format | None = None) -> Negotiated:
    """The format of a response by its Content-Type. Raises MalformedPage where it names none and there is no fallback."""
    media_type, parameters = _parse_media_type(content_type)
    if media_type in _KNOWN:
        return Negotiated(Format(media_type), parameters.get("escaping", ""))
    if fallback is None:
        raise MalformedPage(_refusal(content_type, media_type))
    return Negotiated(fallback, warning=_fallback_warning(content_type, media_type, fallback))


_KNOWN: Final = frozenset(known.value for known in Format)


def _parse_media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """("", {}) where the header is not a media type. Source: Go mime.ParseMediaType."""
    match = _MEDIA_TYPE.match(content_type)
    if match is None:
        return "", {}
    parameters: dict[str, str] = {}
    at = match.end(1)
    while found := _PARAMETER.match(content_type, at):
        name = found[1].lower()
        if name in parameters:
            return "", {}
        parameters[name] = found[2] if found[3] is None else re.sub(r"\\(.)", r"\1", found[3])
        at = found.end()
    rest = content_type[at:].strip()
    return (match[1].lower(), parameters) if rest in ("", ";") else ("", {})


def _refusal(content_type: str, media_type: str) -> str:
    if not content_type:
        return "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
    if not media_type:
        return f'cannot parse Content-Type "{content_type}" and no fallback_scrape_protocol for target'
    return f'received unsupported Content-Type "{content_type}" and no fallback_scrape_protocol specified for target'


def _fallback_warning(content_type: str, media_type: str, fallback: Format) -> str:
    taken = f'using fallback_scrape_protocol "{fallback.value}"'
    if not content_type:
        return f"non-compliant scrape target sending blank Content-Type, {taken}"
    if not media_type:
        return f'could not parse received Content-Type "{content_type}", {taken}'
    return f'received unsupported Content-Type "{content_type}", {taken}'
