"""Block caches: /sys/fs/bcache, one folder a cache set, with a link for each backing device and each cache device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.attributes import Attribute, add_attributes
from vedette.agent.node.families import Family, FamilySet, counter, gauge
from vedette.agent.node.host import Host, key_values, read_int, read_or

SET = (
    Attribute("average_key_size", gauge, "average_key_size_sectors", "Average data of a key in the btree, in sectors."),
    Attribute("cache_available_percent", gauge, "cache_available_percent", "Share of the cache without dirty data."),
    Attribute("congested", gauge, "congested", "How congested the cache is."),
    Attribute("root_usage_percent", gauge, "root_usage_percent", "Share of the btree's root node in use."),
    Attribute("tree_depth", gauge, "tree_depth", "Depth of the btree."),
    Attribute(
        "internal/active_journal_entries", gauge, "active_journal_entries", "Journal entries not yet in the btree."
    ),
    Attribute("internal/btree_nodes", gauge, "btree_nodes", "Nodes of the btree."),
    Attribute(
        "internal/btree_read_average_duration_us",
        gauge,
        "btree_read_average_duration_seconds",
        "Average time to read a btree node, in seconds.",
        per=1e6,
    ),
    Attribute(
        "internal/cache_read_races", counter, "cache_read_races_total", "Reads whose bucket was reused meanwhile."
    ),
)
TOTALS = (
    Attribute("cache_hits", counter, "cache_hits_total", "Requests that the cache answered."),
    Attribute("cache_misses", counter, "cache_misses_total", "Requests that the cache could not answer."),
    Attribute("cache_bypass_hits", counter, "cache_bypass_hits_total", "Hits of requests that were to skip the cache."),
    Attribute("cache_bypass_misses", counter, "cache_bypass_misses_total", "Misses of requests that were to skip it."),
    Attribute("cache_miss_collisions", counter, "cache_miss_collisions_total", "Misses that raced with a write."),
)
WRITEBACK = (
    ("target", "dirty_target_bytes", "Dirty data that writeback aims at."),
    ("rate", "writeback_rate", "Speed of writeback, in bytes a second."),
    ("proportional", "writeback_rate_proportional_term", "The controller's proportional term."),
    ("integral", "writeback_rate_integral_term", "The controller's integral term."),
    ("change", "writeback_change", "Last change of the rate of writeback."),
)
_SIZE = re.compile(r"(-?\d+)(?:\.(\d))?([kMGTPEZY]?)")


def bcache(host: Host) -> Iterator[Family]:
    families = FamilySet("bcache")
    for folder in host.sys_folders("fs/bcache"):
        if not folder.is_dir():
            continue
        uuid = folder.name
        add_attributes(families, SET, folder, uuid=uuid)
        families.get(gauge, "btree_cache_size_bytes", "Memory that the btree's cache uses.").add(
            parse_size(read_or(folder / "btree_cache_size", "0")), uuid=uuid
        )
        for device in sorted(folder.glob("bdev[0-9]*")):
            add_backing_device(families, device, uuid=uuid, backing_device=device.name)
        for device in sorted(folder.glob("cache[0-9]*")):
            add_cache_device(families, device, uuid=uuid, cache_device=device.name)
    yield from families


def add_backing_device(families: FamilySet, device: Path, **labels: str) -> None:
    dirty = parse_size(read_or(device / "dirty_data", "0"))
    families.get(gauge, "dirty_data_bytes", "Data in the cache that this device does not have yet.").add(
        dirty, **labels
    )
    writeback = dict(key_values(read_or(device / "writeback_rate_debug")))
    for key, name, text in WRITEBACK:
        families.get(gauge, name, text).add(parse_size(writeback.get(key, "0")), **labels)
    bypassed = parse_size(read_or(device / "stats_total/bypassed", "0"))
    families.get(counter, "bypassed_bytes_total", "Bytes that went past the cache.").add(bypassed, **labels)
    add_attributes(families, TOTALS, device / "stats_total", **labels)
    readaheads = read_int(device / "stats_total/cache_readaheads")
    if readaheads:  # Newer kernels always say 0: they no longer count it.
        families.get(counter, "cache_readaheads_total", "Times that data was read ahead.").add(readaheads, **labels)


def add_cache_device(families: FamilySet, device: Path, **labels: str) -> None:
    for file, make, name, text in (
        ("io_errors", gauge, "io_errors", "Errors, halved after every io_error_halflife requests."),
        ("metadata_written", counter, "metadata_written_bytes_total", "Bytes written that are not data."),
        ("written", counter, "written_bytes_total", "Bytes of data written to the cache."),
    ):
        families.get(make, name, text).add(parse_size(read_or(device / file, "0")), **labels)


def parse_size(text: str) -> int:
    """The kernel's bch_hprint: `1.1M/sec`. Its one decimal is the remainder of 1024, divided by 100 and cut off."""
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(f"not a size: {text}")
    whole, decimal, unit = match.groups()
    shift = 10 * " kMGTPEZY".index(unit or " ")
    sign = -1 if whole.startswith("-") else 1
    return sign * ((abs(int(whole)) << shift) + ((int(decimal or 0) * 100 << shift) >> 10))
