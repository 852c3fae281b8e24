"""Disks joined into one: Linux software RAID (/proc/mdstat, /sys/block/md*) and device-mapper multipath."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, gauge
from vedette.agent.node.host import Host, read_int, read_or

SECTOR_BYTES = 512

STATES = ("active", "inactive", "recovering", "resync", "check")
SYNC_STATES = {"recovery": "recovering", "resync": "resync", "check": "check", "reshape": "reshaping"}
"""What /proc/mdstat calls the work in progress, and the state that it shows. `reshaping` has no series of its own."""

_ARRAY = re.compile(r"(\S+) : (active|inactive)\b(.*)")
_BLOCKS = re.compile(r"\s+(\d+) blocks\b.*?(?:\[(\d+)/(\d+)\]|$)")
_SYNC = re.compile(r"\b(recovery|resync|check|reshape)\s*=\s*(?:\S*%\s*\((\d+)/\d+\)|\w+)")
_MEMBER = re.compile(r"\w+\[\d+\]")


@dataclass(slots=True)
class Array:
    name: str
    state: str
    members: str
    blocks: int = 0
    synced: int = 0
    required: int = 0
    active: int = 0


def mdadm(host: Host) -> Iterator[Family]:
    required = gauge("md_disks_required", "Disks that the array should have.")
    disks = gauge("md_disks", "Disks of the array by state.")
    state = gauge("md_state", "1 for the state that the array is in.")
    blocks = gauge("md_blocks", "Blocks of the array.")
    synced = gauge("md_blocks_synced", "Blocks of the array that are in sync.")
    for array in parse_mdstat(host.read_proc("mdstat")):
        required.add(array.required, device=array.name)
        counts = {"active": array.active, "failed": array.members.count("(F)"), "spare": array.members.count("(S)")}
        for kind, count in counts.items():
            disks.add(count, device=array.name, state=kind)
        for name in STATES:
            state.add(1 if name == array.state else 0, device=array.name, state=name)
        blocks.add(array.blocks, device=array.name)
        synced.add(array.synced, device=array.name)
    raid_disks = gauge("md_raid_disks", "Disks that the array was made for.")
    degraded = gauge("md_degraded", "Disks that the array lacks.")
    for folder in host.sys_folders("block"):
        if folder.name.startswith("md") and (folder / "md").is_dir():
            expected = read_int(folder / "md/raid_disks")
            if expected is not None:
                raid_disks.add(expected, device=folder.name)
            degraded.add(read_int(folder / "md/degraded") or 0, device=folder.name)
    yield from (required, disks, state, blocks, synced, raid_disks, degraded)


def parse_mdstat(text: str) -> list[Array]:
    """An array is a line with its members, one with its size and, while disks are being synced, one with the progress."""
    arrays: list[Array] = []
    for line in text.splitlines():
        if match := _ARRAY.match(line):
            arrays.append(Array(match[1], match[2], match[3]))
        elif arrays and (match := _BLOCKS.match(line)):
            array = arrays[-1]
            array.blocks = array.synced = int(match[1])
            if array.state == "active":
                # Striped and linear arrays have no [needed/present]: all their members are needed.
                members = len(_MEMBER.findall(array.members))
                array.required = int(match[2]) if match[2] else members
                array.active = int(match[3]) if match[3] else members
        elif arrays and (match := _SYNC.search(line)):
            arrays[-1].state = SYNC_STATES[match[1]]
            arrays[-1].synced = int(match[2] or 0)
    return arrays


PATH_IS_ACTIVE = ("running", "live")
"""The states of a healthy SCSI and of a healthy NVMe path."""
MULTIPATH_SIZE = Attribute("size", gauge, "device_size_bytes", "Size of the multipath device.", times=SECTOR_BYTES)


def dmmultipath(host: Host) -> Iterator[Family]:
    families = FamilySet("dmmultipath")
    for folder in host.sys_folders("block"):
        uuid = read_or(folder / "dm/uuid")
        if not uuid.startswith("mpath-"):
            continue
        name = read_or(folder / "dm/name")
        device = {"device": name, "sysfs_name": folder.name}
        families.get(gauge, "device_info", "The multipath device; always 1.").add(1, **device, uuid=uuid)
        families.get(gauge, "device_active", "1 if the device is active, 0 if it is suspended.").add(
            1 if read_or(folder / "dm/suspended") == "0" else 0, **device
        )
        add_attributes(families, (MULTIPATH_SIZE,), folder, **device)
        paths = sorted(path.name for path in (folder / "slaves").iterdir())
        states = {path: read_or(host.sys / "block" / path / "device/state", "unknown") for path in paths}
        for path, state in states.items():
            families.get(gauge, "path_state", "The state of one path of the device; always 1.").add(
                1, device=name, path=path, state=state
            )
        active = sum(state in PATH_IS_ACTIVE for state in states.values())
        families.get(gauge, "device_paths", "Paths of the device.").add(len(states), **device)
        families.get(gauge, "device_paths_active", "Paths that can be used.").add(active, **device)
        families.get(gauge, "device_paths_failed", "Paths that cannot be used.").add(len(states) - active, **device)
    yield from families
