"""ZFS on Linux: /proc/spl/kstat/zfs, tables of named numbers for the whole module, for each pool and each dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vedette.agent.node.families import Family, FamilySet, gauge, untyped
from vedette.agent.node.host import Host, NoData, read_or

TABLES = {
    "abdstats": "abd",
    "arcstats": "arc",
    "dbufstats": "dbuf",
    "dmu_tx": "dmu_tx",
    "dnodestats": "dnode",
    "fm": "fm",
    "vdev_cache_stats": "vdev_cache",
    "vdev_mirror_stats": "vdev_mirror",
    "xuio_stats": "xuio",
    "zfetchstats": "zfetch",
    "zil": "zil",
}
"""The file and the part of the name that its numbers share. Which exist depends on the version of ZFS."""
POOL_STATES = ("online", "degraded", "faulted", "offline", "removed", "unavail", "suspended")
NUMBERS = ("3", "4")
"""KSTAT_DATA_INT64 and KSTAT_DATA_UINT64, in the tables' second column."""


def zfs(host: Host) -> Iterator[Family]:
    base = host.proc / "spl/kstat/zfs"
    if not base.is_dir():
        raise NoData("spl/kstat/zfs")
    families = FamilySet("zfs")
    for file, subject in TABLES.items():
        for key, kind, value in table(read_or(base / file)):
            if kind in NUMBERS:
                add(families, f"{subject}_{key}", f"kstat.zfs.misc.{file}.{key}", int(value))
    for pool in sorted(path for path in base.iterdir() if path.is_dir()):
        add_pool(families, pool)
    yield from families


def add(families: FamilySet, name: str, text: str, value: float, **labels: str) -> None:
    families.get(untyped, name.replace("-", "_"), text).add(value, **labels)


def add_pool(families: FamilySet, pool: Path) -> None:
    keys: list[str] = []
    for line in read_or(pool / "io").splitlines():
        words = line.split()
        if keys:
            for key, value in zip(keys, words, strict=False):
                add(families, f"zpool_{key}", f"kstat.zfs.misc.io.{key}", int(value), zpool=pool.name)
        elif words and words[0] == "nread":
            keys = words
    for file in sorted(pool.glob("objset-*")):
        rows = table(read_or(file))
        dataset = next((value for key, _, value in rows if key == "dataset_name"), "")
        for key, kind, value in rows:
            if kind == "4":
                text = f"kstat.zfs.misc.objset.{key}"
                add(families, f"zpool_dataset_{key}", text, int(value), zpool=pool.name, dataset=dataset)
    state = read_or(pool / "state").lower()
    if state:
        for name in POOL_STATES:
            families.get(gauge, "zpool_state", "1 for the state that the pool is in.").add(
                1 if name == state else 0, zpool=pool.name, state=name
            )


def table(text: str) -> list[tuple[str, str, str]]:
    """The rows below the heading `name type data`; a value, being the last column, may contain spaces."""
    rows = [line.split(None, 2) for line in text.splitlines()]
    heading = rows.index(["name", "type", "data"]) if ["name", "type", "data"] in rows else len(rows)
    return [(row[0], row[1], row[2].rstrip()) for row in rows[heading + 1 :] if len(row) == 3]
