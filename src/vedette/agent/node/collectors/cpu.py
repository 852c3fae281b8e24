"""CPU time by mode: /proc/stat, in USER_HZ ticks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from vedette.agent.node.families import Family, counter
from vedette.agent.node.host import Host

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def cpu(host: Host) -> Iterator[Family]:
    """Guest time is also contained in user and nice; it stands in a family of its own so that sums stay right."""
    ticks_per_second = os.sysconf("SC_CLK_TCK")
    seconds = counter("cpu_seconds_total", "CPU time by mode, in seconds.")
    guest = counter(
        "cpu_guest_seconds_total", "CPU time that virtual machines used, in seconds; also part of user and nice."
    )
    for line in host.read_proc("stat").splitlines():
        match = re.match(r"cpu(\d+) (.*)", line)
        if match:
            number, ticks = match.group(1), [int(field) / ticks_per_second for field in match.group(2).split()]
            for mode, value in zip(MODES, ticks, strict=False):
                seconds.add(value, cpu=number, mode=mode)
            for mode, value in zip(("user", "nice"), ticks[len(MODES) :], strict=False):
                guest.add(value, cpu=number, mode=mode)
    yield seconds
    yield guest
