"""Block devices: /proc/diskstats in sectors of 512 bytes and milliseconds, with what udev knows of each device."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.agent.node.families import Family, Make, counter, gauge
from vedette.agent.node.host import Host, read_or

IGNORED = re.compile(r"(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+\Z")
"""Partitions, loops and RAM disks: node_exporter's default (--collector.diskstats.device-exclude)."""
SECTOR_BYTES = 512

COLUMNS: tuple[tuple[str, Make, float, str], ...] = (
    ("reads_completed_total", counter, 1, "Reads that succeeded."),
    ("reads_merged_total", counter, 1, "Reads merged with a neighbour."),
    ("read_bytes_total", counter, SECTOR_BYTES, "Bytes read."),
    ("read_time_seconds_total", counter, 1e-3, "Time spent reading, over all requests, in seconds."),
    ("writes_completed_total", counter, 1, "Writes that succeeded."),
    ("writes_merged_total", counter, 1, "Writes merged with a neighbour."),
    ("written_bytes_total", counter, SECTOR_BYTES, "Bytes written."),
    ("write_time_seconds_total", counter, 1e-3, "Time spent writing, over all requests, in seconds."),
    ("io_now", gauge, 1, "Requests in flight."),
    ("io_time_seconds_total", counter, 1e-3, "Time in which at least one request was in flight, in seconds."),
    ("io_time_weighted_seconds_total", counter, 1e-3, "Time spent over all requests, in seconds."),
    ("discards_completed_total", counter, 1, "Discards that succeeded."),
    ("discards_merged_total", counter, 1, "Discards merged with a neighbour."),
    ("discarded_sectors_total", counter, 1, "Sectors discarded."),
    ("discard_time_seconds_total", counter, 1e-3, "Time spent discarding, over all requests, in seconds."),
    ("flush_requests_total", counter, 1, "Flush requests that succeeded."),
    ("flush_requests_time_seconds_total", counter, 1e-3, "Time spent flushing, over all requests, in seconds."),
)
UDEV_INFO = (("path", "ID_PATH"), ("wwn", "ID_WWN"), ("model", "ID_MODEL"), ("revision", "ID_REVISION"))
UDEV_FILESYSTEM = (
    ("type", "ID_FS_TYPE"),
    ("usage", "ID_FS_USAGE"),
    ("uuid", "ID_FS_UUID"),
    ("version", "ID_FS_VERSION"),
)
UDEV_MAPPER = (
    ("name", "DM_NAME"),
    ("uuid", "DM_UUID"),
    ("vg_name", "DM_VG_NAME"),
    ("lv_name", "DM_LV_NAME"),
    ("lv_layer", "DM_LV_LAYER"),
)
UDEV_ATA = (
    ("ID_ATA_WRITE_CACHE", "ata_write_cache", "1 if the ATA disk has a write cache."),
    ("ID_ATA_WRITE_CACHE_ENABLED", "ata_write_cache_enabled", "1 if the ATA disk's write cache is on."),
    ("ID_ATA_ROTATION_RATE_RPM", "ata_rotation_rate_rpm", "Rotations a minute; 0 for a solid-state disk."),
)


def diskstats(host: Host) -> Iterator[Family]:
    info = gauge("disk_info", "What the device is; always 1.")
    filesystem = gauge("disk_filesystem_info", "The filesystem on the device; always 1.")
    mapper = gauge("disk_device_mapper_info", "The device-mapper volume behind the device; always 1.")
    ata = {key: gauge(f"disk_{name}", text) for key, name, text in UDEV_ATA}
    families = [make(f"disk_{name}", text) for name, make, _, text in COLUMNS]
    for line in host.read_proc("diskstats").splitlines():
        major, minor, device, *fields = line.split()
        if IGNORED.match(device):
            continue
        for family, (_, _, unit, _), field in zip(families, COLUMNS, fields, strict=False):
            family.add(int(field) * unit if unit >= 1 else int(field) / round(1 / unit), device=device)
        udev = udev_properties(host, major, minor)
        rotational = read_or(host.sys / "block" / device / "queue/rotational", "0")
        serial = udev.get("SCSI_IDENT_SERIAL") or udev.get("ID_SERIAL_SHORT") or udev.get("ID_SERIAL", "")
        info.add(
            1,
            device=device,
            major=major,
            minor=minor,
            rotational=rotational,
            serial=serial,
            **{label: udev.get(key, "") for label, key in UDEV_INFO},
        )
        if udev.get("ID_FS_TYPE"):
            filesystem.add(1, device=device, **{label: udev.get(key, "") for label, key in UDEV_FILESYSTEM})
        if udev.get("DM_NAME"):
            mapper.add(1, device=device, **{label: udev.get(key, "") for label, key in UDEV_MAPPER})
        if udev.get("ID_ATA"):
            for key, family in ata.items():
                if key in udev:
                    family.add(float(udev[key]), device=device)
    yield from (info, *families, filesystem, mapper, *ata.values())


def udev_properties(host: Host, major: str, minor: str) -> dict[str, str]:
    """udev's own record of the device: lines `E:KEY=value` in /run/udev/data."""
    text = read_or(host.root / f"run/udev/data/b{major}:{minor}")
    properties = (line[2:].partition("=") for line in text.splitlines() if line.startswith("E:"))
    return {key: value for key, _, value in properties}
