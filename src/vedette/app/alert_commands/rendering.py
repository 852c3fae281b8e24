"""`vedette alerts template render`: a notification's text before anybody is notified."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from vedette.alerting.templates import Data, Templates, data_from_json
from vedette.app.checks import failed
from vedette.app.language import choose_language, speaker
from vedette.model.errors import BadInput

_SAMPLE_URL: Final = "http://127.0.0.1:7567"


def run_render(arguments: argparse.Namespace) -> int:
    language = choose_language(["--lang", arguments.lang] if arguments.lang else [])
    say = speaker(language)
    templates = Templates(_SAMPLE_URL, language.value)
    try:
        templates.add_files(arguments.globs)
        data = read_data(arguments.data)
        expand = templates.html if arguments.type == "html" else templates.text
        sys.stdout.write(expand(arguments.text, data) + "\n")
    except BadInput as error:
        return failed(say, str(error))
    return 0


def read_data(file: str | None) -> Data:
    """Raises BadInput."""
    now_ms = int(time.time() * 1000)
    if file is None:
        return data_from_json(_SAMPLE, now_ms)
    try:
        return data_from_json(json.loads(Path(file).read_text(encoding="utf-8")), now_ms)
    except OSError as error:
        raise BadInput(f"{file}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise BadInput(f"{file}: not JSON: {error}") from None


def _alert(status: str, pod: str, ends_at: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "HighLatency", "severity": "critical", "namespace": "shop", "pod": pod},
        "annotations": {"summary": "p99 > 2 s", "runbook_url": "https://runbooks.example/latency"},
        "startsAt": "2026-01-05T01:00:00Z",
        "endsAt": ends_at,
        "generatorURL": f"{_SAMPLE_URL}/query?expr=up",
        "fingerprint": "9266ef3da838ad95",
    }


_SAMPLE: Final[dict[str, Any]] = {
    "receiver": "team",
    "status": "firing",
    "notification_reason": "first notification",
    "alerts": [
        _alert("firing", "api-1", "0001-01-01T00:00:00Z"),
        _alert("resolved", "api-2", "2026-01-05T01:05:00Z"),
    ],
    "groupLabels": {"alertname": "HighLatency"},
    "commonLabels": {"alertname": "HighLatency", "severity": "critical", "namespace": "shop"},
    "commonAnnotations": {"summary": "p99 > 2 s", "runbook_url": "https://runbooks.example/latency"},
    "routeLabels": {},
    "externalURL": _SAMPLE_URL,
}
