"""Memory: /proc/meminfo and the few counters of /proc/vmstat that are worth a series."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.agent.node.families import Family, counter, gauge, untyped
from vedette.agent.node.host import Host, key_values

VMSTAT_FIELDS = re.compile(r"oom_kill|pgpg|pswp|pg.*fault")


def meminfo(host: Host) -> Iterator[Family]:
    """`Active(anon):  12 kB` becomes `node_memory_Active_anon_bytes`; counts without a unit keep their name."""
    for key, value in key_values(host.read_proc("meminfo")):
        amount, _, unit = value.partition(" ")
        name = re.sub(r"\((.*)\)", r"_\1", key)
        size = float(amount)
        if unit == "kB":
            name, size = f"{name}_bytes", size * 1024
        make = counter if name.endswith("_total") else gauge
        yield make(f"memory_{name}", f"Field {key} of /proc/meminfo{', in bytes' if unit else ''}.").add(size)


def vmstat(host: Host) -> Iterator[Family]:
    for line in host.read_proc("vmstat").splitlines():
        key, _, value = line.partition(" ")
        if VMSTAT_FIELDS.match(key):
            yield untyped(f"vmstat_{key}", f"Field {key} of /proc/vmstat.").add(float(value))
