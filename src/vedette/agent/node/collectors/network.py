"""The network below the interfaces' own attributes: /proc/net, connection tracking, sockets, neighbours."""

from __future__ import annotations

import re
import resource
from collections import Counter
from collections.abc import Iterator

from vedette.agent.node.families import Family, counter, gauge, untyped
from vedette.agent.node.host import Host, NoData, read_int, read_or

NETSTAT_FIELDS = re.compile(
    r"(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))\Z"
)
"""The fields that node_exporter shows by default (--collector.netstat.fields)."""

RECEIVE = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
TRANSMIT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")

SOFTNET_COUNTERS = (
    (0, "processed_total", "Packets that the CPU processed."),
    (1, "dropped_total", "Packets dropped because the CPU's queue was full."),
    (2, "times_squeezed_total", "Times that packet processing ran out of its quota."),
    (8, "cpu_collision_total", "Collisions while taking a device's transmit lock."),
    (9, "received_rps_total", "Times that another CPU woke this one for packets."),
    (10, "flow_limit_count_total", "Times that the flow limit was reached."),
)
SOFTNET_BACKLOG = 11

CONNTRACK_STATS = {
    "found": "Look-ups that found an entry.",
    "invalid": "Packets that cannot be tracked.",
    "ignore": "Packets that already belong to a tracked connection.",
    "insert": "Entries inserted.",
    "insert_failed": "Entries that could not be inserted.",
    "drop": "Packets dropped because tracking failed.",
    "early_drop": "Entries dropped to make room for new ones.",
    "search_restart": "Look-ups restarted because the table was resized.",
}


def netdev(host: Host) -> Iterator[Family]:
    """/proc/net/dev, plus `nohandler` which only sysfs has."""
    families: dict[str, Family] = {}

    def add(direction: str, field: str, device: str, value: float) -> None:
        name = f"network_{direction}_{field}_total"
        families.setdefault(name, counter(name, f"Network device statistic {direction}_{field}.")).add(
            value, device=device
        )

    for line in host.read_proc("net/dev").splitlines()[2:]:
        device, _, numbers = line.partition(":")
        values = [float(value) for value in numbers.split()]
        for field, value in zip(RECEIVE, values[:8], strict=True):
            add("receive", field, device.strip(), value)
        for field, value in zip(TRANSMIT, values[8:16], strict=True):
            add("transmit", field, device.strip(), value)
        nohandler = read_int(host.sys / "class/net" / device.strip() / "statistics/rx_nohandler")
        add("receive", "nohandler", device.strip(), nohandler or 0)
    yield from families.values()


def netstat(host: Host) -> Iterator[Family]:
    values: dict[str, float] = {}
    for path in ("net/netstat", "net/snmp"):
        lines = host.read_proc(path).splitlines()
        for names, numbers in zip(lines[::2], lines[1::2], strict=False):
            protocol, *fields = names.split()
            values |= {
                f"{protocol[:-1]}_{field}": float(value)
                for field, value in zip(fields, numbers.split()[1:], strict=False)
            }
    for line in read_or(host.proc / "net/snmp6").splitlines():
        key, value = line.split()
        match = re.match(r"(\w*6)(.+)", key)
        if match:
            values[f"{match.group(1)}_{match.group(2)}"] = float(value)
    for name, number in values.items():
        if NETSTAT_FIELDS.match(name):
            yield untyped(f"netstat_{name}", f"Protocol counter {name.replace('_', ' ', 1)}.").add(number)


def sockstat(host: Host) -> Iterator[Family]:
    """Pages of socket memory are shown in bytes as well."""
    text = read_or(host.proc / "net/sockstat") + "\n" + read_or(host.proc / "net/sockstat6")
    if not text.strip():
        raise NoData("net/sockstat")
    for line in filter(None, text.splitlines()):
        protocol, *pairs = line.split()
        protocol = protocol.rstrip(":")
        for field, value in zip(pairs[::2], pairs[1::2], strict=False):
            name = f"sockstat_{protocol}_{field}"
            yield gauge(name, f"Sockets: {protocol} {field}.").add(float(value))
            if field == "mem":
                yield gauge(f"{name}_bytes", f"Memory of {protocol} sockets, in bytes.").add(
                    float(value) * resource.getpagesize()
                )


def softnet(host: Host) -> Iterator[Family]:
    families = {column: counter(f"softnet_{name}", text) for column, name, text in SOFTNET_COUNTERS}
    backlog = gauge("softnet_backlog_len", "Packets that wait in the CPU's queue.")
    for row, line in enumerate(host.read_proc("net/softnet_stat").splitlines()):
        columns = [int(field, 16) for field in line.split()]
        number = str(columns[12]) if len(columns) > 12 else str(row)
        for column, family in families.items():
            family.add(columns[column] if column < len(columns) else 0, cpu=number)
        backlog.add(columns[SOFTNET_BACKLOG] if len(columns) > SOFTNET_BACKLOG else 0, cpu=number)
    yield from families.values()
    yield backlog


def conntrack(host: Host) -> Iterator[Family]:
    folder = "sys/net/netfilter"
    entries, limit = host.read_proc(f"{folder}/nf_conntrack_count"), host.read_proc(f"{folder}/nf_conntrack_max")
    yield gauge("nf_conntrack_entries", "Connections being tracked.").add(float(entries))
    yield gauge("nf_conntrack_entries_limit", "Connections that can be tracked at most.").add(float(limit))
    header, *rows = host.read_proc("net/stat/nf_conntrack").splitlines()
    names = header.split()
    totals = Counter(dict.fromkeys(names, 0))
    for row in rows:
        totals.update({name: int(value, 16) for name, value in zip(names, row.split(), strict=False)})
    for name, text in CONNTRACK_STATS.items():
        yield gauge(f"nf_conntrack_stat_{name}", text).add(totals[name])


def arp(host: Host) -> Iterator[Family]:
    devices = Counter(line.split()[5] for line in host.read_proc("net/arp").splitlines()[1:])
    entries = gauge("arp_entries", "Neighbours in the ARP table, by device.")
    for device, count in sorted(devices.items()):
        entries.add(count, device=device)
    yield entries


def udp_queues(host: Host) -> Iterator[Family]:
    queues = gauge("udp_queues", "Bytes in the queues of UDP sockets.")
    for version, path in (("v4", "net/udp"), ("v6", "net/udp6")):
        text = read_or(host.proc / path)
        if not text:
            continue
        totals = {"tx": 0, "rx": 0}
        for line in text.splitlines()[1:]:
            tx, _, rx = line.split()[4].partition(":")
            totals["tx"] += int(tx, 16)
            totals["rx"] += int(rx, 16)
        for queue, total in totals.items():
            queues.add(total, ip=version, queue=queue)
    if not queues.samples:
        raise NoData("net/udp")
    yield queues
