"""Btrfs: /sys/fs/btrfs, one folder a filesystem.

What only an ioctl as root tells (errors and unused bytes of a device, its UUID) is not read: docs/node_metrics.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, key_values, read_int, read_or

SECTOR_BYTES = 512

RESERVE = Attribute("allocation/global_rsv_size", gauge, "global_rsv_size_bytes", "Size of the global reserve.")
RESERVED = Attribute("bytes_reserved", gauge, "reserved_bytes", "Bytes reserved, by kind of block group.")
DEVICE_SIZE = Attribute("size", gauge, "device_size_bytes", "Size of a device of the filesystem.", times=SECTOR_BYTES)
LAYOUT = (
    Attribute("used_bytes", gauge, "used_bytes", "Bytes used, by kind of block group and layout."),
    Attribute("total_bytes", gauge, "size_bytes", "Bytes allocated, by kind of block group and layout."),
)
COMMITS = (
    ("commits", counter, "commits_total", "Commits.", 1),
    ("last_commit_ms", gauge, "last_commit_seconds", "How long the last commit took, in seconds.", 1000),
    ("max_commit_ms", gauge, "max_commit_seconds", "How long the longest commit took, in seconds.", 1000),
    ("total_commit_ms", counter, "commit_seconds_total", "Time spent in commits, in seconds.", 1000),
)
COPIES = {"single": 1, "raid0": 1, "dup": 2, "raid1": 2, "raid10": 2, "raid1c3": 3, "raid1c4": 4}
PARITY_DISKS = {"raid5": 1, "raid6": 2}


def btrfs(host: Host) -> Iterator[Family]:
    families = FamilySet("btrfs")
    for folder in host.sys_folders("fs/btrfs"):
        if not (folder / "allocation").is_dir():
            continue
        uuid = folder.name
        families.get(gauge, "info", "The filesystem; always 1.").add(1, uuid=uuid, label=read_or(folder / "label"))
        add_attributes(families, (RESERVE,), folder, uuid=uuid)
        statistics = dict(key_values(read_or(folder / "commit_stats"), " "))
        for key, make, name, text, per in COMMITS:
            families.get(make, name, text).add(int(statistics.get(key, 0)) / per, uuid=uuid)
        devices = sorted((folder / "devices").iterdir())
        for device in devices:
            add_attributes(families, (DEVICE_SIZE,), device, uuid=uuid, device=device.name)
        for kind in ("data", "metadata", "system"):
            add_block_groups(families, folder / "allocation" / kind, len(devices), uuid=uuid, block_group_type=kind)
    yield from families


def add_block_groups(families: FamilySet, folder: Path, devices: int, **labels: str) -> None:
    """The folder has a folder of its own for every layout in use (single, raid1 ...)."""
    add_attributes(families, (RESERVED,), folder, **labels)
    for layout in sorted(path for path in folder.iterdir() if path.is_dir()):
        if read_int(layout / "total_bytes") is not None:
            add_attributes(families, LAYOUT, layout, **labels, mode=layout.name)
            families.get(gauge, "allocation_ratio", "Bytes on the disks for one byte of data, by layout.").add(
                allocation_ratio(layout.name, devices), **labels, mode=layout.name
            )


def allocation_ratio(layout: str, devices: int) -> float:
    """0 for a layout that is not known, or one with parity on too few devices."""
    if layout in PARITY_DISKS:
        data_disks = devices - PARITY_DISKS[layout]
        return devices / data_disks if data_disks > 0 else 0
    return COPIES.get(layout, 0)
