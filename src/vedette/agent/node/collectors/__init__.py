"""The collectors, in the order in which they run: node_exporter 1.12's default set for Linux. One small function each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vedette.agent.node.collectors import (
    cpu,
    disk,
    filesystem,
    kernel,
    memory,
    netclass,
    network,
    release,
    textfile,
    timing,
)
from vedette.agent.node.families import Family
from vedette.agent.node.host import Host

Collector = Callable[[Host], Iterable[Family]]

COLLECTORS: tuple[tuple[str, Collector], ...] = (
    ("arp", network.arp),
    ("conntrack", network.conntrack),
    ("cpu", cpu.cpu),
    ("diskstats", disk.diskstats),
    ("entropy", kernel.entropy),
    ("filefd", kernel.filefd),
    ("filesystem", filesystem.filesystem),
    ("kernel_hung", kernel.kernel_hung),
    ("loadavg", kernel.loadavg),
    ("meminfo", memory.meminfo),
    ("netclass", netclass.netclass),
    ("netdev", network.netdev),
    ("netstat", network.netstat),
    ("os", release.os_release),
    ("pressure", kernel.pressure),
    ("selinux", kernel.selinux),
    ("sockstat", network.sockstat),
    ("softnet", network.softnet),
    ("stat", kernel.stat),
    ("textfile", textfile.textfile),
    ("time", timing.wall_time),
    ("timex", timing.timex),
    ("udp_queues", network.udp_queues),
    ("uname", release.uname),
    ("vmstat", memory.vmstat),
)
