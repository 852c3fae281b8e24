"""The kernel's load balancer: /proc/net/ip_vs_stats, totals in hexadecimal, and /proc/net/ip_vs, services and backends."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from vedette.agent.node.families import Family, counter, gauge
from vedette.agent.node.host import Host

TOTALS = (
    ("connections_total", "Connections made."),
    ("incoming_packets_total", "Packets that came in."),
    ("outgoing_packets_total", "Packets that went out."),
    ("incoming_bytes_total", "Bytes that came in."),
    ("outgoing_bytes_total", "Bytes that went out."),
)
BACKEND_COLUMNS = (
    (3, "weight", "Weight of the backend."),
    (4, "connections_active", "Active connections of the backend."),
    (5, "connections_inactive", "Inactive connections of the backend."),
)
PROTOCOLS = ("TCP", "UDP", "SCTP")


def ipvs(host: Host) -> Iterator[Family]:
    totals = host.read_proc("net/ip_vs_stats").splitlines()[2].split()
    for (name, text), value in zip(TOTALS, totals, strict=True):
        yield counter(f"ipvs_{name}", text).add(int(value, 16))
    families = [gauge(f"ipvs_backend_{name}", text) for _, name, text in BACKEND_COLUMNS]
    service: dict[str, str] = {}
    for line in host.read_proc("net/ip_vs").splitlines():
        words = line.split()
        if words and words[0] in PROTOCOLS:
            address, port = parse_address(words[1])
            service = {"local_address": address, "local_port": port, "proto": words[0], "local_mark": ""}
        elif words and words[0] == "FWM":
            service = {"local_address": "", "local_port": "0", "proto": "FWM", "local_mark": words[1]}
        elif len(words) >= 6 and words[0] == "->" and service:
            address, port = parse_address(words[1])
            for family, (column, _, _) in zip(families, BACKEND_COLUMNS, strict=True):
                family.add(int(words[column]), **service, remote_address=address, remote_port=port)
    yield from families


def parse_address(text: str) -> tuple[str, str]:
    """`C0A80016:0CEA` or `[2620:0000:...:0001]:0CEA` to address and port. Raises ValueError."""
    address, _, port = text.rpartition(":")
    if address.startswith("["):
        return str(ipaddress.IPv6Address(address[1:-1])), str(int(port, 16))
    return str(ipaddress.IPv4Address(int(address, 16))), str(int(port, 16))
