"""`scrape_failure_log_file`: one JSON line for each failed scrape, appended to the job's file.

Opened for each line, in the worker thread that already failed: failures are rare, and a file that was rotated away is
made anew without being told. A file that cannot be written costs a counter, never a scrape.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from vedette.intake import metrics


def log_failure(path: str, time_ms: int, job: str, target: str, error: str) -> None:
    entry = {
        "time": format_time(time_ms),
        "level": "ERROR",
        "msg": error,
        "job_name": job,
        "target": target,
    }
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    except OSError:
        metrics.FAILURE_LOG_ERRORS.inc()


def format_time(time_ms: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
