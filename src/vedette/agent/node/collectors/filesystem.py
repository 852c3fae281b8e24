"""Space and inodes of mounted filesystems: /proc/1/mountinfo and statvfs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.agent.node.families import Family, gauge
from vedette.agent.node.host import Host, NoData

IGNORED_MOUNT_POINTS = re.compile(
    r"/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
)
IGNORED_TYPES = re.compile(
    r"(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|erofs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc"
    r"|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)\Z"
)
"""node_exporter's defaults (--collector.filesystem.mount-points-exclude and fs-types-exclude)."""


@dataclass(frozen=True, slots=True)
class Mount:
    device: str
    mount_point: str
    type: str
    major: str
    minor: str
    read_only: bool


def filesystem(host: Host) -> Iterator[Family]:
    size = gauge("filesystem_size_bytes", "Size of the filesystem, in bytes.")
    free = gauge("filesystem_free_bytes", "Free space, in bytes.")
    available = gauge("filesystem_avail_bytes", "Space that ordinary users can still fill, in bytes.")
    purgeable = gauge("filesystem_purgeable_bytes", "Space that the system could reclaim; always 0 on Linux.")
    files = gauge("filesystem_files", "Inodes in all.")
    files_free = gauge("filesystem_files_free", "Inodes still free.")
    read_only = gauge("filesystem_readonly", "1 if mounted read-only.")
    failed = gauge("filesystem_device_error", "1 if the filesystem's figures cannot be read.")
    info = gauge("filesystem_mount_info", "Where the device is mounted; always 1.")
    for mount in mounts(host):
        labels = {"device": mount.device, "mountpoint": mount.mount_point, "fstype": mount.type, "device_error": ""}
        try:
            figures = os.statvfs(str(host.root) + mount.mount_point if str(host.root) != "/" else mount.mount_point)
        except OSError as error:
            failed.add(1, **{**labels, "device_error": (error.strerror or "").lower()})
            read_only.add(mount.read_only, **{**labels, "device_error": (error.strerror or "").lower()})
            continue
        failed.add(0, **labels)
        read_only.add(mount.read_only, **labels)
        size.add(figures.f_blocks * figures.f_frsize, **labels)
        free.add(figures.f_bfree * figures.f_frsize, **labels)
        available.add(figures.f_bavail * figures.f_frsize, **labels)
        purgeable.add(0, **labels)
        files.add(figures.f_files, **labels)
        files_free.add(figures.f_ffree, **labels)
        info.add(1, device=mount.device, major=mount.major, minor=mount.minor, mountpoint=mount.mount_point)
    yield from (size, free, available, purgeable, files, files_free, read_only, failed, info)


def mounts(host: Host) -> list[Mount]:
    """Each (device, mount point, type) once, without what holds no data. Source: proc(5), mountinfo."""
    try:
        text = host.read_proc("1/mountinfo")
    except NoData:  # another user's process: fall back to our own view
        text = host.read_proc("self/mountinfo")
    seen: dict[tuple[str, str, str], Mount] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        _, _, numbers, _, mount_point, options, *_ = before.split()
        kind, device, super_options = [*after.split(), "", ""][:3]
        mount_point = unescape(mount_point)
        if IGNORED_MOUNT_POINTS.match(mount_point) or IGNORED_TYPES.match(kind):
            continue
        major, _, minor = numbers.partition(":")
        read_only = "ro" in options.split(",") or "ro" in super_options.split(",")
        seen.setdefault(
            (device, mount_point, kind), Mount(unescape(device), mount_point, kind, major, minor, read_only)
        )
    return list(seen.values())


def unescape(text: str) -> str:
    """The kernel writes space, tab, newline and backslash as octal."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)
