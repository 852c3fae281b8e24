"""The gate every request passes: Host, cross-site signs, authentication. Closed by default (DESIGN P6, D13).

A page on the web can make a browser send requests to loopback. So a Host we do not know is refused (DNS rebinding), and
so is what a browser marks as coming from another site; clients that are no browsers send no such marks and pass.
Health checks pass everything: they tell nothing, and a kubelet knows neither names nor passwords.

Addresses off loopback are refused at start unless there are TLS and users.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vedette.api.asgi import Headers, Scope
from vedette.api.passwords import Passwords
from vedette.api.principals import Tenants
from vedette.api.requests import header
from vedette.model.errors import ConfigError, Forbidden
from vedette.model.quoting import quote
from vedette.ports.principal import Principal

OPEN_PATHS: Final = frozenset({"/-/healthy", "/-/ready"})
_SAME_SITE: Final = frozenset({"", "same-origin", "none"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})

SECURITY_HEADERS: Final[Headers] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
PAGE_HEADERS: Final[Headers] = (
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_CORS_HEADERS: Final[Headers] = (
    (b"access-control-allow-headers", b"Accept, Authorization, Content-Type, Origin"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-expose-headers", b"Date"),
    (b"vary", b"Origin"),
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in. `cors_origin` is a regular expression for whole origins (--cors-origin); empty: none."""

    passwords: Passwords = field(default_factory=lambda: Passwords({}))
    tenants: Tenants = field(default_factory=Tenants)
    allowed_hosts: frozenset[str] = frozenset()
    """Names besides loopback's and the address a connection came in at; without ports, lower case."""
    cors_origin: str = ""
    lifecycle_enabled: bool = False
    admin_enabled: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """http_server_config.headers of the web config file."""


class Gate:
    def __init__(self, access: Access) -> None:
        self._access = access
        self._cors = re.compile(rf"(?s:{access.cors_origin})\Z") if access.cors_origin else None
        configured = tuple((name.lower().encode(), value.encode()) for name, value in access.headers.items())
        names = {name for name, _ in configured}
        self._headers = configured + tuple(pair for pair in SECURITY_HEADERS if pair[0] not in names)

    async def admit(self, scope: Scope, *, is_page: bool) -> Principal:
        """Raises Forbidden, Unauthenticated, QueueFull, BadInput."""
        self._check_host(scope)
        self._check_site(scope, is_page)
        user = await self._access.passwords.authenticate(header(scope, b"authorization"))
        return self._access.tenants.principal(scope, user)

    def answer_headers(self, scope: Scope) -> Headers:
        origin = header(scope, b"origin")
        if not origin or self._cors is None or not self._cors.match(origin):
            return self._headers
        kept = tuple(pair for pair in self._headers if pair[0] != b"cross-origin-resource-policy")
        allowed = b"*" if self._access.cors_origin in (".*", "^(?:.*)$") else origin.encode("latin-1")
        return (*kept, (b"access-control-allow-origin", allowed), *_CORS_HEADERS)

    def _check_host(self, scope: Scope) -> None:
        host = header(scope, b"host")
        if not host:
            return
        name = host_name(host)
        if is_loopback(name) or name in self._access.allowed_hosts or name == _local_address(scope) != "":
            return
        raise Forbidden(f"host is not allowed: {quote(host)}", hint=f"start with --allowed-host={name} to serve it")

    def _check_site(self, scope: Scope, is_page: bool) -> None:
        origin = header(scope, b"origin")
        if origin and self._cors is not None and self._cors.match(origin):
            return
        if origin and _origin_host(origin) != header(scope, b"host").lower():
            raise Forbidden(
                f"cross-site request refused: origin {quote(origin)}", hint="start with --cors-origin to allow it"
            )
        site = header(scope, b"sec-fetch-site").lower()
        if site not in _SAME_SITE and not (is_page and _is_navigation(scope)):
            raise Forbidden(f"cross-site request refused: sec-fetch-site {quote(site)}")


def check_listen_address(address: str, *, has_tls: bool, has_users: bool) -> None:
    """`HOST:PORT`. Raises ConfigError for an address off loopback without both TLS and users."""
    name = host_name(address)
    if is_loopback(name) or (has_tls and has_users):
        return
    missing = " and ".join(word for word, there in (("TLS", has_tls), ("users", has_users)) if not there)
    raise ConfigError(
        f"refusing to listen off loopback without {missing}: {address}",
        key="--listen",
        hint="give --web-config=FILE with tls_server_config and basic_auth_users, or listen on 127.0.0.1",
    )


def host_name(host: str) -> str:
    """The name or address of `HOST[:PORT]` or `[V6][:PORT]`, lower case, without brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() and ":" not in name else host).lower().rstrip(".")


def is_loopback(name: str) -> bool:
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _local_address(scope: Scope) -> str:
    """The address this connection came in at: naming it by number cannot be a rebound name."""
    server = scope.get("server")
    return str(server[0]).lower() if server else ""


def _origin_host(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _is_navigation(scope: Scope) -> bool:
    return (
        scope["method"] in ("GET", "HEAD")
        and header(scope, b"sec-fetch-mode") == "navigate"
        and header(scope, b"sec-fetch-dest") in ("document", "")
    )
