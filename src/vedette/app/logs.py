"""Structured logs on stderr: `ts=... level=... logger=... msg="..." key=value`, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


class Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={quoted(value)}" for key, value in fields_of(self, record).items())


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields_of(self, record), ensure_ascii=False, default=str)


def fields_of(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {
        "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name.removeprefix("vedette."),
        "msg": record.getMessage(),
    }
    fields |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
    if record.exc_info:
        fields["trace"] = formatter.formatException(record.exc_info)
    return fields


def quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or any(char in text for char in ' "=\n\t') else text


def set_up_logs(level: str, style: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "aiohttp.access", "numba", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
