"""One generated configuration and stream of alerts goes to Alertmanager and to us, both with a webhook sink.

A round agrees when for each receiver and group key the same notifications came in the same order, with the same alerts in the same
order, each within a second of its counterpart.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from tests.alertmanager import Alertmanager, post_alerts, send
from tests.asking import Service
from tests.differential.alerting_rounds import LASTS_S, RECEIVERS, Event, Quiet, Round, new_round
from tests.harness import Options, Outcome
from tests.server import Vedette
from tests.webhook_sink import NEVER, Received, WebhookSink

AT_ONCE: Final = 50
"""Rounds that share a configuration."""
LATE_S: Final = 1.0
SHORT: Final = 10

Heard = dict[tuple[str, str], list[tuple[float, Mapping[str, Any]]]]
"""By receiver and group key: when, and what."""


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(SHORT)
    outcome = Outcome("alerting", 0, rounds)
    for start in range(0, rounds, AT_ONCE):
        batch = [new_round(number, options.seed) for number in range(start, min(start + AT_ONCE, rounds))]
        ours, theirs = _play(batch)
        for one in batch:
            wrong = _differences(_of_round(theirs, one.number), _of_round(ours, one.number))
            outcome.passed += not wrong
            outcome.failures += [f"round {one.number} (seed {options.seed}): {text}" for text in wrong[:3]]
    yield outcome


def _play(batch: Sequence[Round]) -> tuple[Heard, Heard]:
    """Ours, theirs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-differential-")))
        sinks = [stack.enter_context(WebhookSink()) for _ in range(2)]
        config = folder / "ours.yml"
        config.write_text(_config(batch, sinks[0].url))
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        own = ("--no-node-job", f"--config={folder / 'prometheus.yml'}", f"--alertmanager.config={config}")
        ours = stack.enter_context(Vedette(folder / "data", *own))
        theirs = stack.enter_context(Alertmanager(folder / "theirs", _config(batch, sinks[1].url)))
        begins_s = float(round(time.time()) + 2)
        threads = [threading.Thread(target=_feed, args=(server, batch, begins_s)) for server in (ours, theirs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(max(begins_s + LASTS_S + 0.25 - time.time(), 0))
        return _heard(sinks[0].messages(), begins_s), _heard(sinks[1].messages(), begins_s)


def _config(batch: Sequence[Round], url: str) -> str:
    hooks = {name: {"url": f"{url}/{name}", "send_resolved": name != "quiet"} for name in RECEIVERS}
    return yaml.safe_dump(
        {
            "global": {"resolve_timeout": "5s"},
            "route": {"receiver": "first", "routes": [one.route for one in batch]},
            "receivers": [{"name": name, "webhook_configs": [hook]} for name, hook in hooks.items()],
            "inhibit_rules": [rule for one in batch for rule in one.inhibit_rules],
        },
        sort_keys=False,
    )


def _feed(server: Service, batch: Sequence[Round], begins_s: float) -> None:
    """What happens at one moment to all rounds goes out in one request; silences one by one before it."""
    alerts: dict[float, list[Event]] = defaultdict(list)
    silences: dict[float, list[Quiet]] = defaultdict(list)
    lifted: dict[float, list[Quiet]] = defaultdict(list)
    ids: dict[int, str] = {}
    for one in batch:
        for event in one.events:
            alerts[event.at].append(event)
        for silence in one.silences:
            silences[silence.at].append(silence)
            if silence.lifted is not None:
                lifted[silence.lifted].append(silence)
    for at in sorted({*alerts, *silences, *lifted}):
        time.sleep(max(begins_s + at - time.time(), 0))
        for silence in silences[at]:
            status, made = send(server, "POST", "/silences", _silence_document(silence, begins_s))
            assert status == 200, made
            ids[id(silence)] = made["silenceID"]
        for silence in lifted[at]:
            assert send(server, "DELETE", f"/silence/{ids[id(silence)]}")[0] == 200
        if alerts[at]:
            post_alerts(server, [_document(event, begins_s) for event in alerts[at]])


def _document(event: Event, begins_s: float) -> dict[str, Any]:
    document = {"labels": event.labels, "startsAt": _time(begins_s + event.starts)}
    if event.note:
        document["annotations"] = {"note": event.note}
    if event.ends is not None:
        document["endsAt"] = _time(begins_s + event.ends)
    return document


def _silence_document(silence: Quiet, begins_s: float) -> dict[str, Any]:
    times = {"startsAt": _time(begins_s + silence.starts), "endsAt": _time(begins_s + silence.ends)}
    return {"matchers": silence.matchers, **times, "createdBy": "test", "comment": "test"}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _heard(received: Sequence[Received], begins_s: float) -> Heard:
    heard: Heard = defaultdict(list)
    for each in sorted(received, key=lambda each: each.at_s):
        if each.at_s < begins_s + LASTS_S:
            heard[each.path.strip("/"), each.message["groupKey"]].append((each.at_s - begins_s, each.message))
    return heard


def _of_round(heard: Heard, number: int) -> Heard:
    return {key: told for key, told in heard.items() if f'round="{number}"' in key[1]}


def _differences(theirs: Heard, ours: Heard) -> list[str]:
    wrong = [
        f"{key}: {len(ours.get(key, ()))} of {len(told)}"
        for key, told in theirs.items()
        if len(ours.get(key, ())) != len(told)
    ]
    wrong += [f"{key}: only ours, {len(told)}" for key, told in ours.items() if key not in theirs]
    for key in theirs.keys() & ours.keys():
        for (their_s, their_message), (our_s, our_message) in zip(theirs[key], ours[key], strict=False):
            if abs(their_s - our_s) > LATE_S:
                wrong.append(f"{key}: theirs at {their_s:.2f}, ours at {our_s:.2f}")
            if _shown(their_message) != _shown(our_message):
                wrong.append(f"{key} at {their_s:.1f}: theirs {_shown(their_message)}, ours {_shown(our_message)}")
    return wrong


_NOT_COMPARED: Final = frozenset({"externalURL", "alerts"})


def _shown(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything but where the sender lives; ends of alerts to the second (one that was assumed depends on when the post came)."""
    alerts = [
        {
            **alert,
            "endsAt": alert["endsAt"] if alert["endsAt"] == NEVER else _seconds(alert["endsAt"]),
            "startsAt": _seconds(alert["startsAt"]),
        }
        for alert in message["alerts"]
    ]
    return {**{key: value for key, value in message.items() if key not in _NOT_COMPARED}, "alerts": alerts}


def _seconds(text: str) -> int:
    """Everything happens at half seconds or a little later: rounding down joins them."""
    return int(datetime.fromisoformat(text).timestamp())
