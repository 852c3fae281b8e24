"""The groups in the data directory: one file a group, replaced as a whole, durable before the push is answered.

    DATA/pushed/<hash of tenant and labels>.json   {"tenant": ..., "labels": {...}, "families": [...]}

Why not a table: docs/adr/0050-pushed-groups-are-files.md. A file that cannot be read is set aside under `.broken`, with a
warning: one bad file must not keep the others from being served.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.intake.receiving.pushgateway.groups import Family, Group, PushedSample
from vedette.model.errors import StoreUnavailable
from vedette.model.labels import Labels, series_id

_log: Final = logging.getLogger(__name__)


class StoredSample(msgspec.Struct, array_like=True):
    name: str
    labels: dict[str, str]
    value: str


class StoredFamily(msgspec.Struct):
    name: str
    type: str
    help: str
    pushed_ms: int
    samples: list[StoredSample]


class StoredGroup(msgspec.Struct):
    tenant: str
    labels: dict[str, str]
    families: list[StoredFamily]


class GroupFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> Iterator[tuple[str, Group]]:
        """(tenant, group) of every readable file."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                stored = msgspec.json.decode(path.read_bytes(), type=StoredGroup)
            except (OSError, msgspec.MsgspecError) as error:
                _log.warning("a pushed group cannot be read and is set aside: %s: %s", path, error)
                with suppress(OSError):
                    path.rename(path.with_suffix(".broken"))
                continue
            yield stored.tenant, _loaded(stored)

    def write(self, tenant: str, group: Group) -> None:
        """Raises StoreUnavailable; then the file before stays."""
        families = [
            StoredFamily(
                family.name,
                family.type,
                family.help,
                family.pushed_ms,
                [StoredSample(one.name, dict(one.labels), one.value) for one in family.samples],
            )
            for family in group.families.values()
        ]
        data = msgspec.json.encode(StoredGroup(tenant, dict(group.labels), families))
        path = self._path(tenant, group.labels)
        draft = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            self._sync_folder()
        except OSError as error:
            raise StoreUnavailable(f"the pushed group cannot be written: {error.strerror}: {path}") from None

    def remove(self, tenant: str, labels: Labels) -> None:
        path = self._path(tenant, labels)
        try:
            path.unlink(missing_ok=True)
            if self._folder.exists():
                self._sync_folder()
        except OSError as error:
            raise StoreUnavailable(f"the pushed group cannot be removed: {error.strerror}: {path}") from None

    def _path(self, tenant: str, labels: Labels) -> Path:
        return self._folder / f"{series_id(tenant, labels):016x}.json"

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _loaded(stored: StoredGroup) -> Group:
    families: dict[str, Any] = {}
    for one in stored.families:
        samples = (PushedSample(each.name, Labels(each.labels.items()), each.value) for each in one.samples)
        families[one.name] = Family(one.name, one.type, one.help, tuple(samples), one.pushed_ms)
    return Group(Labels(stored.labels.items()), families)
