"""XFS: /sys/fs/xfs/DEVICE/stats/stats, lines of counters; https://xfs.org/index.php/Runtime_Stats says what they count."""

from __future__ import annotations

from collections.abc import Iterator

from vedette.agent.node.families import Family, FamilySet, counter
from vedette.agent.node.host import Host, read_or

LINES: dict[str, tuple[str, tuple[str, ...]]] = {
    "extent_alloc": (
        "extent_allocation",
        ("extents_allocated", "blocks_allocated", "extents_freed", "blocks_freed"),
    ),
    "abt": ("allocation_btree", ("lookups", "compares", "records_inserted", "records_deleted")),
    "blk_map": (
        "block_mapping",
        (
            "reads",
            "writes",
            "unmaps",
            "extent_list_insertions",
            "extent_list_deletions",
            "extent_list_lookups",
            "extent_list_compares",
        ),
    ),
    "bmbt": ("block_map_btree", ("lookups", "compares", "records_inserted", "records_deleted")),
    "dir": ("directory_operation", ("lookup", "create", "remove", "getdents")),
    "ig": (
        "inode_operation",
        ("attempts", "found", "recycled", "missed", "duplicates", "reclaims", "attribute_changes"),
    ),
    "rw": ("", ("write_calls", "read_calls")),
    "vnodes": ("vnode", ("active", "allocate", "get", "hold", "release", "reclaim", "remove")),
}
"""A line's first word, the part of the name that its counters share, and the counters in their order in the line."""


def xfs(host: Host) -> Iterator[Family]:
    families = FamilySet("xfs")
    for folder in host.sys_folders("fs/xfs"):
        for line in read_or(folder / "stats/stats").splitlines():
            key, *numbers = line.split()
            subject, counters = LINES.get(key, ("", ()))
            for field, value in zip(counters, numbers, strict=False):
                name = f"{subject}_{field}" if subject else field
                families.get(counter, f"{name}_total", f"XFS counter {name.replace('_', ' ')}.").add(
                    int(value), device=folder.name
                )
    yield from families
