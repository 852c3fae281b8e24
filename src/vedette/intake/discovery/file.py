"""Targets from files, JSON or YAML by their extension; a star may stand in the last part of a path.

Watched by looking: every LOOK_EVERY_S the paths are listed, and a file whose size or time has changed is read again.
Not by inotify: it does not see changes on network file systems, nor the symbolic links that a Kubernetes ConfigMap
swaps. At `refresh_interval` every file is read anyway. A file that cannot be read keeps its last groups.
"""

from __future__ import annotations

import asyncio
import glob
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vedette.intake import metrics
from vedette.intake.config.discovery import FileDiscovery
from vedette.intake.discovery.group_lists import LIST_BYTES_MAX, groups_from_json, groups_from_yaml
from vedette.intake.target import TargetGroup
from vedette.model.errors import BadInput

_LOG = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: tuple[int, int, int]
    groups: Sequence[TargetGroup]


class FileProvider:
    kind = "file"

    def __init__(self, config: FileDiscovery) -> None:
        self.interval_s = min(LOOK_EVERY_S, config.refresh_interval / 1000)
        self._patterns = config.files
        self._looks_per_read = max(1, round(config.refresh_interval / 1000 / self.interval_s))
        self._looks = 0
        self._known: dict[str, _Known] = {}

    async def refresh(self) -> Sequence[TargetGroup]:
        return await asyncio.to_thread(self._look)

    async def close(self) -> None:
        return None

    def _look(self) -> list[TargetGroup]:
        read_all = self._looks % self._looks_per_read == 0
        self._looks += 1
        paths = sorted({path for pattern in self._patterns for path in glob.glob(pattern)})
        self._known = {path: known for path in paths if (known := self._read_changed(path, read_all)) is not None}
        return [group for known in self._known.values() for group in known.groups]

    def _read_changed(self, path: str, read_all: bool) -> _Known | None:
        """What is known of the file now; None when it has never been readable."""
        known = self._known.get(path)
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if known is not None and known.stamp == stamp and not read_all:
                return known
            return _Known(stamp, read_groups(path))
        except (OSError, UnicodeDecodeError, BadInput) as error:
            metrics.SD_FILE_ERRORS.inc()
            _LOG.error("error reading discovery file %s: %s", path, error)
            return known


def read_groups(path: str) -> list[TargetGroup]:
    """Raises OSError, UnicodeDecodeError, or BadInput where the content is not a list of groups."""
    with open(path, "rb") as file:
        content = file.read(LIST_BYTES_MAX + 1)
    if len(content) > LIST_BYTES_MAX:
        raise BadInput(f"{path}: larger than {LIST_BYTES_MAX} bytes")
    extra = {"__meta_filepath": path}
    if path.lower().endswith(".json"):
        return groups_from_json(content, path, extra)
    return groups_from_yaml(content.decode(), path, extra)
