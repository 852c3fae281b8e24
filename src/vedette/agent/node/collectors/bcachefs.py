"""bcachefs: /sys/fs/bcachefs, one folder a filesystem, with its counters, its compression and its devices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, NoData, key_values, read_or

DEVICE = (
    Attribute("nbuckets", gauge, "device_buckets", "Buckets of the device."),
    Attribute("durability", gauge, "device_durability", "As how many replicas one on this device counts."),
)
SINCE_CREATION = "since filesystem creation"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kMGTPE]?)\Z")


def bcachefs(host: Host) -> Iterator[Family]:
    filesystems = [folder for folder in host.sys_folders("fs/bcachefs") if folder.is_dir()]
    if not filesystems:
        raise NoData("fs/bcachefs")
    families = FamilySet("bcachefs")
    for folder in filesystems:
        uuid = folder.name
        families.get(gauge, "info", "The filesystem; always 1.").add(1, uuid=uuid)
        families.get(gauge, "btree_cache_size_bytes", "Memory that the btree's cache uses.").add(
            parse_size(read_or(folder / "btree_cache_size", "0")), uuid=uuid
        )
        add_tables(families, folder, uuid)
        add_counters(families, folder / "counters", uuid)
        for device in sorted(folder.glob("dev-*")):
            add_device(families, device, uuid)
    yield from families


def add_tables(families: FamilySet, folder: Path, uuid: str) -> None:
    for algorithm, compressed, uncompressed, *_ in rows(folder / "compression_stats", skip=1):
        for name, value in (("compressed", compressed), ("uncompressed", uncompressed)):
            families.get(gauge, f"compression_{name}_bytes", f"Bytes {name}, by algorithm.").add(
                parse_size(value), uuid=uuid, algorithm=algorithm
            )
    for error, count, *_ in rows(folder / "errors", skip=0):
        families.get(counter, "errors_total", "Errors that were found, by kind.").add(
            int(count), uuid=uuid, error_type=error
        )
    for kind, count, size, *_ in rows(folder / "btree_write_stats", skip=1):
        labels = {"uuid": uuid, "type": kind.rstrip(":")}
        families.get(counter, "btree_writes_total", "Writes of btree nodes, by kind.").add(parse_size(count), **labels)
        families.get(gauge, "btree_write_average_size_bytes", "Average size of such a write.").add(
            parse_size(size), **labels
        )


def add_counters(families: FamilySet, folder: Path, uuid: str) -> None:
    """One file a counter; the kernel adds some with every release, so their names are not listed here."""
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        value = dict(key_values(read_or(file))).get(SINCE_CREATION)
        if value is not None:
            name = re.sub(r"[^a-zA-Z0-9_]", "_", file.name)
            families.get(counter, f"{name}_total", f"bcachefs counter {file.name}, since the filesystem was made.").add(
                parse_size(value), uuid=uuid
            )


def add_device(families: FamilySet, device: Path, uuid: str) -> None:
    labels = {"uuid": uuid, "device": device.name.removeprefix("dev-")}
    families.get(gauge, "device_info", "The device; always 1.").add(
        1, **labels, label=read_or(device / "label"), state=read_or(device / "state")
    )
    families.get(gauge, "device_bucket_size_bytes", "Size of a bucket of the device.").add(
        parse_size(read_or(device / "bucket_size", "0")), **labels
    )
    add_attributes(families, DEVICE, device, **labels)
    operation = ""
    for key, value in key_values(read_or(device / "io_done")):
        if not value:  # `read:` and `write:` head the lines that follow
            operation = key
            continue
        families.get(counter, "device_io_done_bytes_total", "Bytes moved, by direction and kind of data.").add(
            int(value), **labels, operation=operation, data_type=key
        )
    # The file has two sections; the second, after a line without colon, counts since the last reset.
    for line in read_or(device / "io_errors").splitlines()[1:]:
        kind, found, value = line.partition(":")
        if not found:
            break
        families.get(counter, "device_io_errors_total", "I/O errors, by kind.").add(
            int(value), **labels, type=kind.strip()
        )


def rows(file: Path, skip: int) -> list[list[str]]:
    """The lines of a table below its headings; those with fewer than two columns left out."""
    lines = [line.split() for line in read_or(file).splitlines()[skip:]]
    return [line for line in lines if len(line) >= 2]


def parse_size(text: str) -> int:
    """`28.2k` is 28.2 * 1024, cut off."""
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(f"not a size: {text}")
    return int(float(match[1]) * 1024 ** " kMGTPE".index(match[2] or " "))
