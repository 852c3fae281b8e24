"""Processors: time by mode (/proc/stat), run queues (/proc/schedstat), throttling, isolation and frequency (/sys)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, read_int, read_or

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def cpu(host: Host) -> Iterator[Family]:
    yield from times(host)
    yield from throttles(host)
    isolated = gauge("cpu_isolated", "1 for a CPU that the scheduler leaves alone.")
    for number in cpu_list(read_or(host.sys / "devices/system/cpu/isolated")):
        isolated.add(1, cpu=str(number))
    online = gauge("cpu_online", "1 if the CPU is online.")
    cpus = cpu_folders(host)
    if cpus and (cpus[0] / "online").exists():
        for folder in cpus:
            online.add(read_int(folder / "online") or 0, cpu=number_of(folder))
    yield from (isolated, online)


def times(host: Host) -> Iterator[Family]:
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


def throttles(host: Host) -> Iterator[Family]:
    """Hyperthreads of one core and cores of one package share a counter: the first one is read."""
    packages = counter("cpu_package_throttles_total", "Times that heat throttled the package.")
    cores = counter("cpu_core_throttles_total", "Times that heat throttled the core.")
    seen: set[tuple[int, int | None]] = set()
    for folder in cpu_folders(host):
        package, core = (read_int(folder / "topology" / name) for name in ("physical_package_id", "core_id"))
        if package is None or core is None:
            continue
        for family, file, key, labels in (
            (packages, "package_throttle_count", (package, None), {"package": str(package)}),
            (cores, "core_throttle_count", (package, core), {"package": str(package), "core": str(core)}),
        ):
            count = read_int(folder / "thermal_throttle" / file)
            if key not in seen and count is not None:
                seen.add(key)
                family.add(count, **labels)
    yield packages
    yield cores


def cpu_folders(host: Host) -> list[Path]:
    folders = (folder for folder in host.sys_folders("devices/system/cpu") if re.fullmatch(r"cpu\d+", folder.name))
    return sorted(folders, key=lambda folder: int(number_of(folder)))


def number_of(folder: Path) -> str:
    return folder.name.removeprefix("cpu")


def cpu_list(text: str) -> list[int]:
    """`1,3-5,9`."""
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


FREQUENCIES = tuple(
    Attribute(file, gauge, name, text, times=1000)
    for file, name, text in (
        ("cpuinfo_cur_freq", "frequency_hertz", "Frequency of the CPU."),
        ("cpuinfo_avg_freq", "frequency_avg_hertz", "Average frequency of the CPU."),
        ("cpuinfo_min_freq", "frequency_min_hertz", "Lowest frequency that the CPU can run at."),
        ("cpuinfo_max_freq", "frequency_max_hertz", "Highest frequency that the CPU can run at."),
        ("scaling_cur_freq", "scaling_frequency_hertz", "Frequency that the kernel asked for."),
        ("scaling_min_freq", "scaling_frequency_min_hertz", "Lowest frequency that the kernel may ask for."),
        ("scaling_max_freq", "scaling_frequency_max_hertz", "Highest frequency that the kernel may ask for."),
    )
)


def cpufreq(host: Host) -> Iterator[Family]:
    families = FamilySet("cpu")
    for folder in cpu_folders(host):
        number = number_of(folder)
        add_attributes(families, FREQUENCIES, folder / "cpufreq", cpu=number)
        governor = read_or(folder / "cpufreq/scaling_governor")
        if governor:
            for name in read_or(folder / "cpufreq/scaling_available_governors").split():
                families.get(gauge, "scaling_governor", "1 for the governor in use.").add(
                    1 if name == governor else 0, cpu=number, governor=name
                )
    yield from families


def schedstat(host: Host) -> Iterator[Family]:
    running = counter("schedstat_running_seconds_total", "Time in which the CPU ran a process, in seconds.")
    waiting = counter("schedstat_waiting_seconds_total", "Time that processes waited for the CPU, in seconds.")
    slices = counter("schedstat_timeslices_total", "Time slices that the CPU ran.")
    for line in host.read_proc("schedstat").splitlines():
        match = re.match(r"cpu(\d+)\s(?:\d+\s){6}(\d+) (\d+) (\d+)", line)
        if match:
            number, ran, waited, count = match.groups()
            running.add(int(ran) / 1e9, cpu=number)
            waiting.add(int(waited) / 1e9, cpu=number)
            slices.add(int(count), cpu=number)
    yield from (running, waiting, slices)
