"""Which proxy a request takes. Source: golang.org/x/net/http/httpproxy for the meaning of `no_proxy`."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping

from yarl import URL

from vedette.intake.config.http import ProxyConfig


def proxy_for(config: ProxyConfig, url: URL, environment: Mapping[str, str] | None = None) -> str | None:
    """The proxy's URL, or None for a direct connection."""
    if config.proxy_url:
        return None if bypasses(config.no_proxy, url) else str(config.proxy_url)
    if not config.proxy_from_environment:
        return None
    environment = os.environ if environment is None else environment
    no_proxy = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if bypasses(no_proxy, url) or url.host in ("localhost", "127.0.0.1", "::1"):
        return None
    name = f"{url.scheme}_proxy"
    return environment.get(name.upper()) or environment.get(name) or None


def bypasses(no_proxy: str, url: URL) -> bool:
    """Whether a comma-separated list of hosts, `.domains`, `host:port`, addresses and networks names this URL."""
    return any(_matches(entry.strip().lower(), url) for entry in no_proxy.split(",") if entry.strip())


def _matches(entry: str, url: URL) -> bool:
    host = (url.host or "").lower()
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(host, entry)
    name, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and int(port) != url.port:
        return False
    name = name.removeprefix("*")
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
