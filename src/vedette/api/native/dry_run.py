"""`POST /api/v1/alerts/dry-run`: a configuration on the alerts of the past (docs/api_alerts.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vedette.alerting.config import AlertmanagerConfig, load_config
from vedette.alerting.history.watcher import ReadsPipeline
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline.building import pipeline_config
from vedette.alerting.pipeline.core import IntegrationName, PipelineConfig
from vedette.alerting.rehearsal.counting import ReceiverCount, count_by_receiver, count_over_time
from vedette.alerting.rehearsal.past import TURNS, postings
from vedette.alerting.rehearsal.playing import Played, Sent, play
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import BODY_BYTES_MAX, seconds
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import POST, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.model.time import parse_duration_ms
from vedette.ports.alert_history import AlertHistory, HistoryQuestion

DEFAULT_MS: Final = 7 * 24 * 3600_000
LONGEST_MS: Final = 400 * 24 * 3600_000
BEFORE_MS: Final = 30 * 24 * 3600_000
"""Alerts that fired already when the time began are looked for so long before it."""
EVENTS_MAX: Final = 500_000
TIMELINE_MAX: Final = 1_000
GROUPS_MAX: Final = 1_000
PIECES: Final = 60
"""Of the time, in each of which notifications are counted."""
CONFIG_NAME: Final = "alertmanager.yml"


def routes(history: AlertHistory, shell: ReadsPipeline, mode: MatcherMode) -> tuple[Route, ...]:
    async def dry_run(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        start_ms, end_ms = await _bounds(api, request)
        text = await request.body(BODY_BYTES_MAX)
        silences, current = await shell.read(lambda pipeline, _: (list(pipeline.silences), pipeline.config))
        deadline = api.new_deadline()

        def work() -> Answer:
            config = _read_config(text, mode)
            question = HistoryQuestion(EVENTS_MAX, start_ms - BEFORE_MS, end_ms, kinds=TURNS)
            answer = history.read(request.principal, question)
            past = postings(answer.events, start_ms, end_ms)
            asked, now = (play(each, past, silences, start_ms, end_ms, deadline) for each in (config, current))
            return envelope.success(
                {
                    "start": seconds(start_ms),
                    "end": seconds(end_ms),
                    "alerts": len({posting.alert.fingerprint for posting in past}),
                    **_describe(asked, start_ms, end_ms),
                    "timeline": [_describe_sent(sent) for sent in asked.sent[:TIMELINE_MAX]],
                    "truncated": len(asked.sent) > TIMELINE_MAX or answer.truncated,
                    "historyTruncated": answer.truncated,
                    "current": _describe(now, start_ms, end_ms),
                }
            )

        return await api.queries.run(request, deadline, work)

    return (Route(POST, "/api/v1/alerts/dry-run", dry_run),)


async def _bounds(api: Api, request: Request) -> tuple[int, int]:
    given = await request.parameters()
    end_ms = parameters.time_or(given, "end", api.services.clock.now_ms())
    since_ms = parse_duration_ms(given.get("since")) if given.get("since") else DEFAULT_MS
    start_ms = parameters.time_or(given, "start", end_ms - since_ms)
    if not 0 < end_ms - start_ms <= LONGEST_MS:
        raise BadInput("a dry run spans up to 400 days, and ends after it begins")
    return start_ms, end_ms


def _read_config(text: bytes, mode: MatcherMode) -> PipelineConfig:
    """Raises ConfigError."""
    try:
        config = load_config(CONFIG_NAME, mode, text=text.decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"the configuration is not UTF-8 at byte {error.start}") from None
    return pipeline_config(config, mode, _names(config))


def _names(config: AlertmanagerConfig) -> dict[str, Sequence[IntegrationName]]:
    """Nothing is built: files that the configuration names belong to the machine on which it will run."""
    return {
        receiver.name: tuple(
            IntegrationName(kind, index, section.send_resolved)
            for kind, index, section in receiver.sections()
            if section is not None
        )
        for receiver in config.ready_receivers
    }


def _describe(played: Played, start_ms: int, end_ms: int) -> Document:
    return {
        "notifications": len(played.sent),
        "receivers": [_describe_receiver(receiver) for receiver in count_by_receiver(played.sent)],
        "suppressed": {stage.value: count for stage, count in played.suppressed.items()},
        "overTime": {
            "step": seconds(end_ms - start_ms) / PIECES,
            "counts": count_over_time(played.sent, start_ms, end_ms, PIECES),
        },
    }


def _describe_receiver(receiver: ReceiverCount) -> Document:
    groups = sorted(receiver.groups.values(), key=lambda group: (-group.notifications, group.group_key))
    return {
        "receiver": receiver.receiver,
        "notifications": receiver.notifications,
        "alerts": receiver.alerts,
        "integrations": dict(receiver.integrations),
        "groups": [
            {
                "groupKey": group.group_key,
                "groupLabels": dict(group.group_labels.pairs),
                "notifications": group.notifications,
                "first": seconds(group.first_ms),
                "last": seconds(group.last_ms),
            }
            for group in groups[:GROUPS_MAX]
        ],
    }


def _describe_sent(sent: Sent) -> Document:
    return {
        "time": seconds(sent.time_ms),
        "receiver": sent.receiver,
        "integration": sent.integration,
        "groupKey": sent.group_key,
        "reason": sent.reason,
        "firing": len(sent.firing),
        "resolved": len(sent.resolved),
    }
