"""Drives with a class of their own in /sys/class: NVMe controllers with their namespaces, and SCSI tapes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, read_int, read_or

SECTOR_BYTES = 512

NVME_LABELS = (
    ("firmware_revision", "firmware_rev"),
    ("model", "model"),
    ("serial", "serial"),
    ("state", "state"),
    ("cntlid", "cntlid"),
)
_NAMESPACE = re.compile(r"nvme\d+(?:c\d+)?n(\d+)\Z")


def nvme(host: Host) -> Iterator[Family]:
    """`size` counts sectors of 512 bytes whatever the drive's block size is; `nuse` counts blocks."""
    families = FamilySet("nvme")
    for device in host.class_folders("nvme"):
        labels = {label: read_or(device / file) for label, file in NVME_LABELS}
        families.get(gauge, "info", "The NVMe controller; always 1.").add(1, device=device.name, **labels)
        for folder in sorted(device.iterdir()):
            match = _NAMESPACE.match(folder.name)
            block_bytes = read_int(folder / "queue/logical_block_size")
            if match is None or block_bytes is None:
                continue
            namespace = {"device": device.name, "nsid": match[1]}
            families.get(gauge, "namespace_info", "The namespace; always 1.").add(
                1, **namespace, ana_state=read_or(folder / "ana_state", "unknown")
            )
            size = (read_int(folder / "size") or 0) * SECTOR_BYTES
            for name, value, text in (
                ("capacity_bytes", size, "Capacity of the namespace."),
                ("size_bytes", size, "Size of the namespace."),
                ("used_bytes", (read_int(folder / "nuse") or 0) * block_bytes, "Bytes of the namespace in use."),
                ("logical_block_size_bytes", block_bytes, "Size of the namespace's blocks."),
            ):
                families.get(gauge, f"namespace_{name}", text).add(value, **namespace)
    yield from families


TAPE_STATISTICS = (
    Attribute("in_flight", gauge, "io_now", "Requests in flight."),
    Attribute("io_ns", counter, "io_time_seconds_total", "Time spent on all requests, tape movements too.", per=1e9),
    Attribute("other_cnt", counter, "io_others_total", "Requests that are neither reads nor writes."),
    Attribute("read_byte_cnt", counter, "read_bytes_total", "Bytes read."),
    Attribute("read_cnt", counter, "reads_completed_total", "Reads."),
    Attribute("read_ns", counter, "read_time_seconds_total", "Time spent reading, in seconds.", per=1e9),
    Attribute("resid_cnt", counter, "residual_total", "Requests that did not move all of their data."),
    Attribute("write_byte_cnt", counter, "written_bytes_total", "Bytes written."),
    Attribute("write_cnt", counter, "writes_completed_total", "Writes."),
    Attribute("write_ns", counter, "write_time_seconds_total", "Time spent writing, in seconds.", per=1e9),
)


def tapestats(host: Host) -> Iterator[Family]:
    """A drive stands there once for each of its modes (st0, st0l, nst0 ...), all with the same numbers: st0 is enough."""
    families = FamilySet("tape")
    for device in host.class_folders("scsi_tape"):
        if re.fullmatch(r"st\d+", device.name):
            add_attributes(families, TAPE_STATISTICS, device / "stats", device=device.name)
    yield from families
