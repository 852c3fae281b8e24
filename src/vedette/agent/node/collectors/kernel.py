"""The kernel as a whole: /proc/stat, load, pressure, file handles, entropy, hung tasks, SELinux."""

from __future__ import annotations

from collections.abc import Iterator

from vedette.agent.node.families import Family, counter, gauge
from vedette.agent.node.host import Host, NoData, key_values, read_int, read_or

STAT_FIELDS = {
    "intr": (counter, "intr_total", "Interrupts serviced since boot."),
    "ctxt": (counter, "context_switches_total", "Context switches since boot."),
    "processes": (counter, "forks_total", "Processes and threads started since boot."),
    "btime": (gauge, "boot_time_seconds", "When the machine booted, in seconds since 1970."),
    "procs_running": (gauge, "procs_running", "Processes that are runnable."),
    "procs_blocked": (gauge, "procs_blocked", "Processes that wait for I/O."),
}

PRESSURE_FIELDS = (
    ("cpu", "some", "cpu_waiting", "Time in which at least one task waited for a CPU, in seconds."),
    ("io", "some", "io_waiting", "Time in which at least one task waited for I/O, in seconds."),
    ("io", "full", "io_stalled", "Time in which every task waited for I/O, in seconds."),
    ("memory", "some", "memory_waiting", "Time in which at least one task waited for memory, in seconds."),
    ("memory", "full", "memory_stalled", "Time in which every task waited for memory, in seconds."),
    ("irq", "full", "irq_stalled", "Time in which tasks waited because of interrupts, in seconds."),
)


def stat(host: Host) -> Iterator[Family]:
    for line in host.read_proc("stat").splitlines():
        key, _, rest = line.partition(" ")
        if key in STAT_FIELDS:
            make, name, text = STAT_FIELDS[key]
            yield make(name, text).add(float(rest.split()[0]))


def loadavg(host: Host) -> Iterator[Family]:
    loads = host.read_proc("loadavg").split()
    for minutes, load in zip((1, 5, 15), loads, strict=False):
        yield gauge(f"load{minutes}", f"Load average over {minutes} min.").add(float(load))


def pressure(host: Host) -> Iterator[Family]:
    """Pressure stall information; the kernel counts microseconds. Kernels without it: NoData."""
    pages: dict[str, dict[str, float]] = {}
    for resource in ("cpu", "io", "memory", "irq"):
        text = read_or(host.proc / "pressure" / resource)
        pages[resource] = {line.split()[0]: float(line.rpartition("total=")[2]) / 1e6 for line in text.splitlines()}
    if not any(pages.values()):
        raise NoData("no pressure stall information")
    for resource, share, name, text in PRESSURE_FIELDS:
        if share in pages[resource]:
            yield counter(f"pressure_{name}_seconds_total", text).add(pages[resource][share])


def filefd(host: Host) -> Iterator[Family]:
    allocated, _, maximum = host.read_proc("sys/fs/file-nr").split()
    yield gauge("filefd_allocated", "File handles in use.").add(float(allocated))
    yield gauge("filefd_maximum", "File handles that may be in use at most.").add(float(maximum))


def entropy(host: Host) -> Iterator[Family]:
    available = host.read_proc("sys/kernel/random/entropy_avail")
    yield gauge("entropy_available_bits", "Entropy in the pool, in bits.").add(float(available))
    yield gauge("entropy_pool_size_bits", "Size of the entropy pool, in bits.").add(
        float(host.read_proc("sys/kernel/random/poolsize"))
    )


def kernel_hung(host: Host) -> Iterator[Family]:
    count = host.read_proc("sys/kernel/hung_task_detect_count")
    yield counter("kernel_hung_tasks_total", "Tasks that the kernel found hanging since boot.").add(float(count))


def selinux(host: Host) -> Iterator[Family]:
    enabled = gauge("selinux_enabled", "1 if SELinux is on.")
    enforcing = read_int(host.sys / "fs/selinux/enforce")
    yield enabled.add(0 if enforcing is None else 1)
    if enforcing is not None:
        configured = dict(key_values(read_or(host.root / "etc/selinux/config"), "=")).get("SELINUX", "")
        mode = {"enforcing": 1, "permissive": 0}.get(configured, -1)
        yield gauge("selinux_config_mode", "Configured mode: 1 enforcing, 0 permissive, -1 off.").add(mode)
        yield gauge("selinux_current_mode", "Mode in force: 1 enforcing, 0 permissive.").add(enforcing)
