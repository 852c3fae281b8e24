"""`vedette alerts KIND`: one request, and its answer for people or as JSON; `template render` asks nobody."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from vedette.app.alert_commands.rendering import run_render
from vedette.app.alert_commands.telling import tell_dry_run, tell_history, tell_list, tell_notes, tell_why
from vedette.app.language import Say, choose_language, speaker
from vedette.app.querying.remote import Remote
from vedette.app.querying.running import open_remote
from vedette.model.errors import BadInput
from vedette.model.time import parse_duration_ms


def run_alerts(arguments: argparse.Namespace) -> int:
    if arguments.kind == "template":
        return run_render(arguments)
    language = choose_language(["--lang", arguments.lang] if arguments.lang else [])
    data, tell = ASK[arguments.kind](open_remote(arguments), arguments, language.value)
    if arguments.output == "json":
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print("\n".join(tell(data, speaker(language))))
    return 0


Tell = Callable[[Any, Say], list[str]]
Asked = tuple[Any, Tell]


def _list(remote: Remote, arguments: argparse.Namespace, language: str) -> Asked:
    notes = remote.call("GET", "alerts/notes").data["notes"]
    found = [{**alert, "notes": notes.get(alert["fingerprint"])} for alert in remote.alerts(arguments.matchers)]
    return found, tell_list


def _why(remote: Remote, arguments: argparse.Namespace, language: str) -> Asked:
    return remote.call("GET", f"alerts/{_path(arguments)}/why", {"lang": language}).data, tell_why


def _acknowledge(remote: Remote, arguments: argparse.Namespace, language: str) -> Asked:
    path = f"alerts/{_path(arguments)}/acknowledgement"
    body = {"by": arguments.by}
    if not arguments.undo:
        lasts_ms = parse_duration_ms(arguments.lasts) if arguments.lasts else 0
        body |= {"comment": arguments.comment, "seconds": lasts_ms / 1000}
    method = "DELETE" if arguments.undo else "POST"
    return remote.call(method, path, None, json.dumps(body).encode()).data, tell_notes


def _history(remote: Remote, arguments: argparse.Namespace, language: str) -> Asked:
    parameters = {
        "start": time.time() - parse_duration_ms(arguments.since) / 1000,
        "limit": arguments.limit,
        "match[]": arguments.selectors,
    }
    if arguments.fingerprint:
        parameters["fingerprint"] = arguments.fingerprint
    return remote.call("GET", "alerts/history", parameters).data, tell_history


def _dry_run(remote: Remote, arguments: argparse.Namespace, language: str) -> Asked:
    try:
        body = Path(arguments.file).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {arguments.file}: {error.strerror}") from None
    return remote.call("POST", "alerts/dry-run", {"since": arguments.since}, body).data, tell_dry_run


def _path(arguments: argparse.Namespace) -> str:
    return quote(arguments.fingerprint, safe="")


ASK: Final[dict[str, Callable[[Remote, argparse.Namespace, str], Asked]]] = {
    "list": _list,
    "why": _why,
    "ack": _acknowledge,
    "history": _history,
    "dry-run": _dry_run,
}
