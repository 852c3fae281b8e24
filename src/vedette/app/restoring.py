"""`vedette restore SNAPSHOT --data DIR`: a data directory from a snapshot, ready for `vedette up --data DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from vedette.app.language import choose_language, speaker
from vedette.store.snapshots import restore_snapshot


def run_restore(arguments: argparse.Namespace) -> int:
    """Raises StoreError."""
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    data = Path(arguments.data)
    megabytes = restore_snapshot(Path(arguments.snapshot), data) / 1e6
    print(
        say(
            f"restored {megabytes:.1f} MB to {data}; start on it with: vedette up --data {data}",
            f"已还原 {megabytes:.1f} MB 至 {data}；启动方法：vedette up --data {data}",
        )
    )
    return 0
