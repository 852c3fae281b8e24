"""Targets from DNS: the records of a name, SRV with their own port, the other types with the configured one.

A name that does not exist has no targets; a name whose servers all fail keeps its last ones. Source: Prometheus
discovery/dns, whose search path and retries over TCP are dnspython's here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.rdata
import dns.resolver

from vedette.intake import metrics
from vedette.intake.config.discovery import DnsDiscovery
from vedette.intake.target import TargetGroup

_LOG = logging.getLogger(__name__)

LOOKUP_TIMEOUT_S: Final = 10.0
_NO_ANSWER: Final = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class DnsProvider:
    """`resolver` is dnspython's; by default the one of /etc/resolv.conf."""

    kind = "dns"

    def __init__(self, config: DnsDiscovery, resolver: Any = None) -> None:
        self.interval_s = config.refresh_interval / 1000
        self._names = config.names
        self._type = config.type.upper()
        self._port = config.port
        self._resolver = resolver
        self._last: dict[str, TargetGroup] = {}

    async def refresh(self) -> Sequence[TargetGroup]:
        if self._resolver is None:
            self._resolver = await asyncio.to_thread(dns.asyncresolver.Resolver)
        groups = await asyncio.gather(*(self._look_up(name) for name in self._names))
        self._last = {name: group for name, group in zip(self._names, groups, strict=True) if group is not None}
        return list(self._last.values())

    async def close(self) -> None:
        return None

    async def _look_up(self, name: str) -> TargetGroup | None:
        metrics.SD_DNS_LOOKUPS.inc()
        try:
            answer = await self._resolver.resolve(name, self._type, lifetime=LOOKUP_TIMEOUT_S, search=True)
        except _NO_ANSWER:
            return TargetGroup(name)
        except dns.exception.DNSException as error:
            metrics.SD_DNS_FAILURES.inc()
            _LOG.error("error refreshing DNS targets of %s: %s", name, str(error).lower())
            return self._last.get(name)
        return TargetGroup(name, tuple(self._target(name, record) for record in answer))

    def _target(self, name: str, record: dns.rdata.Rdata) -> dict[str, str]:
        return {"__meta_dns_name": name, **_TARGETS[self._type](record, self._port)}


def _srv(record: Any, _: int) -> dict[str, str]:
    return {
        "__address__": join_host_port(_bare(record.target), record.port),
        "__meta_dns_srv_record_target": str(record.target),
        "__meta_dns_srv_record_port": str(record.port),
    }


def _mx(record: Any, port: int) -> dict[str, str]:
    return {
        "__address__": join_host_port(_bare(record.exchange), port),
        "__meta_dns_mx_record_target": str(record.exchange),
    }


def _ns(record: Any, port: int) -> dict[str, str]:
    return {
        "__address__": join_host_port(_bare(record.target), port),
        "__meta_dns_ns_record_target": str(record.target),
    }


def _address(record: Any, port: int) -> dict[str, str]:
    return {"__address__": join_host_port(record.address, port)}


_TARGETS: Final[dict[str, Callable[[Any, int], dict[str, str]]]] = {
    "SRV": _srv,
    "MX": _mx,
    "NS": _ns,
    "A": _address,
    "AAAA": _address,
}


def _bare(name: Any) -> str:
    """Without the final dot of a rooted name."""
    return str(name).rstrip(".")


def join_host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
