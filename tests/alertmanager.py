"""Alertmanager itself and its amtool, and what tests say to either side over API v2."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.asking import Service
from tests.peers import Peer
from tests.settings import peer

_JSON: Final = {"content-type": "application/json"}


class Alertmanager(Peer):
    """Alone, without gossip; its config and log stand beside the data directory."""

    def __init__(self, data: Path, config: str, *arguments: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        file = data.parent / f"{data.name}.yml"
        file.write_text(config)
        own = (f"--config.file={file}", f"--storage.path={data}", "--web.listen-address={listen}")
        super().__init__(
            "alertmanager", (*own, "--cluster.listen-address=", *arguments), data.parent / f"{data.name}.log"
        )


def ask(service: Service, path: str, **parameters: str | Sequence[str]) -> Any:
    """A GET of API v2. Raises AssertionError with the answer when it is an error."""
    status, body = service.get(f"/api/v2{path}?{urlencode(parameters, doseq=True)}")
    assert status == 200, f"{path}: {status} {body[:500]!r}"
    return json.loads(body)


def send(service: Service, method: str, path: str, document: Any = None) -> tuple[int, Any]:
    """Status and document, whatever the status is."""
    body = b"" if document is None else json.dumps(document).encode()
    status, answer = service.get(f"/api/v2{path}", _JSON, method=method, body=body)
    return status, json.loads(answer) if answer.strip() else None


def post_alerts(service: Service, alerts: Sequence[Mapping[str, Any]]) -> None:
    status, answer = send(service, "POST", "/alerts", alerts)
    assert status == 200, answer


def run_amtool(*arguments: str, server: Service | None = None, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(peer("amtool")), *arguments, *([f"--alertmanager.url={server.url}"] if server else [])]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, env={"HOME": "/nonexistent"}
    )
