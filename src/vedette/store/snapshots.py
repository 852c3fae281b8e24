"""Snapshots: a copy of the data directory as it is at one moment, which costs no space until the original changes.

    DATA/snapshots/NAME/          a data directory of its own: `vedette restore` copies it, a server may be started on it
        schema_version
        engine/metadata/          the tables' definitions, copied
        engine/store/.../PART/    the tables' parts, hard links (ALTER TABLE FREEZE): parts never change
        pushed/                   what was pushed and stays until it is pushed again (Pushgateway's groups), copied

Recent samples are frozen first and series last: every sample finds its series' row. Chores and imports wait, so that no row moves
from one table to another meanwhile. The directory gets its name when it is complete and on disk.

Not BACKUP: it copies every byte, and reads it back through the engine to restore.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vedette.model.errors import StoreError
from vedette.store.directory import DataDirectory, sync_folder
from vedette.store.engine import DATABASE, Engine, Lane
from vedette.store.sql import literal

_LOG = logging.getLogger(__name__)

FOLDER: Final = "snapshots"
RECENT: Final = "samples_recent"
PUSHED: Final = "pushed"
LAST: Final = ("deletions", "series")
"""Frozen behind all others, in this order."""


def take_snapshot(engine: Engine, directory: DataDirectory, now_ms: int, *, skip_recent: bool) -> str:
    """Returns its name. The caller has committed what waits and keeps others from moving rows. Raises StoreError."""
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{moment}-{secrets.token_hex(8)}"
    draft = directory.path / FOLDER / f"{name}.new"
    frozen = name.replace("-", "_")  # the engine escapes other characters in file names
    shadow = directory.engine_path / "shadow" / frozen
    tables = [table for table in tables_to_freeze(engine) if not (skip_recent and table == RECENT)]
    with _removed_on_failure(draft):
        try:
            for table in tables:
                engine.execute(f"alter table {table} freeze with name '{frozen}'")
            _gather(directory, draft, shadow)
        except OSError as error:
            raise StoreError(f"the snapshot cannot be written: {error.strerror}: {draft}") from None
        finally:
            shutil.rmtree(shadow, ignore_errors=True)
    _LOG.info("snapshot %s taken", draft.with_suffix(""))
    return name


def tables_to_freeze(engine: Engine) -> list[str]:
    """Recent samples first, because they move on to the others; drafts are empty."""
    rows = engine.query(f"select name from system.tables where database = {literal(DATABASE)}", lane=Lane.CONTROL)
    names = sorted(name for name in rows["name"].to_pylist() if not name.endswith("_draft"))
    return [RECENT, *(name for name in names if name != RECENT and name not in LAST), *LAST]


def restore_snapshot(snapshot: Path, data: Path) -> int:
    """Copies a snapshot to a data directory that is not there yet, or empty; the bytes copied. Raises StoreError.

    Not links: the copy must outlive whatever happens to the snapshot's files.
    """
    if not (snapshot / "schema_version").is_file() or not (snapshot / "engine" / "metadata").is_dir():
        raise StoreError(f"not a snapshot: {snapshot}", hint=f"name a directory below DATA/{FOLDER}")
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise StoreError(f"the data directory is not empty: {data}", hint="choose another one with --data")
    draft = data.with_name(f"{data.name}.restoring")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(snapshot, draft, symlinks=True)
        copied = _sync_tree(draft)
        if data.exists():
            data.rmdir()
        draft.rename(data)
        sync_folder(data.parent)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StoreError(f"the snapshot cannot be copied to {data}: {error}") from None
    return copied


@contextmanager
def _removed_on_failure(draft: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _gather(directory: DataDirectory, draft: Path, shadow: Path) -> None:
    """Moves the frozen parts to their place below the draft, adds definitions, and gives the whole its name."""
    engine = directory.engine_path
    (draft / "engine").mkdir(parents=True)
    if (shadow / "store").exists():
        (shadow / "store").rename(draft / "engine" / "store")
    shutil.copytree(engine / "metadata", draft / "engine" / "metadata", symlinks=True)
    definitions = [*(engine / "metadata" / DATABASE).resolve().glob("*.sql")]
    definitions += engine.glob("store/*/*/format_version.txt")
    for file in definitions:
        copy = draft / "engine" / file.relative_to(engine.resolve())
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    shutil.copyfile(directory.path / "schema_version", draft / "schema_version")
    _copy_pushed(directory.path / PUSHED, draft / PUSHED)
    _sync_tree(draft)
    draft.rename(draft.with_suffix(""))
    sync_folder(draft.parent)


def _copy_pushed(source: Path, copy: Path) -> None:
    """Files are replaced whole, so each is one that was acknowledged; one that is removed meanwhile is left out."""
    copy.mkdir()
    for file in sorted(source.glob("*.json")):
        with suppress(FileNotFoundError):
            shutil.copyfile(file, copy / file.name)


def _sync_tree(root: Path) -> int:
    """Everything below is on disk when it returns; the bytes of its files."""
    total = 0
    for folder, _, files in os.walk(root):
        for file in files:
            path = Path(folder) / file
            with path.open("rb") as opened:
                os.fsync(opened.fileno())
            total += path.stat().st_size
        sync_folder(Path(folder))
    return total
