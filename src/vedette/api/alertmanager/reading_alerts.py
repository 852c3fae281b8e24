"""`GET /api/v2/alerts` and `GET /api/v2/alerts/groups`: what fires, who gets it, what keeps it quiet now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.matchers import AlertMatcher
from vedette.alerting.pipeline.core import Pipeline
from vedette.alerting.pipeline.groups import Group, label_set_order
from vedette.alerting.pipeline.muting import Status
from vedette.alerting.pipeline.shell import Shell
from vedette.api.alertmanager.answers import NO_STORE
from vedette.api.alertmanager.filters import (
    ReceiverFilter,
    StatusFilter,
    label_filter,
    passes,
    receiver_filter,
    status_filter,
    switch,
)
from vedette.api.alertmanager.rendering import AlertRenderer, encode_name, label_set
from vedette.api.answers import Answer
from vedette.api.requests import Parameters, Request
from vedette.model.labels import EMPTY_LABELS


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks for."""

    matchers: Sequence[AlertMatcher]
    receivers: ReceiverFilter
    statuses: StatusFilter
    with_muted: bool

    def status_of(self, pipeline: Pipeline, alert: Alert, now_ms: int) -> Status | None:
        """None for an alert that is not asked for."""
        if alert.ends_at_ms < now_ms:
            return None
        if self.matchers and not passes(self.matchers, dict(alert.labels.pairs)):
            return None
        status = pipeline.muting.status(alert, now_ms)
        return status if self.statuses.takes(status) else None


def read_question(given: Parameters, shell: Shell) -> Question:
    """Raises BadInput."""
    return Question(
        label_filter(given, "filter", shell.mode),
        receiver_filter(given, shell.rules.receiver_labels, shell.mode),
        status_filter(given),
        switch(given, "muted"),
    )


class AlertReader:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._renderer = AlertRenderer()

    async def alerts(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        question = read_question(await request.parameters(), self._shell)
        body = await self._shell.read(lambda pipeline, now_ms: self._alerts(question, pipeline, now_ms))
        return Answer(body, headers=NO_STORE)

    async def groups(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        question = read_question(await request.parameters(), self._shell)
        body = await self._shell.read(lambda pipeline, now_ms: self._groups(question, pipeline, now_ms))
        return Answer(body, headers=NO_STORE)

    def _alerts(self, question: Question, pipeline: Pipeline, now_ms: int) -> bytes:
        self._tidy(pipeline)
        found: list[tuple[Fingerprint, bytes]] = []
        for alert in pipeline.alerts:
            status = question.status_of(pipeline, alert, now_ms)
            if status is None:
                continue
            receivers = [route.options.receiver for route in pipeline.routes(alert)]
            if any(map(question.receivers.takes_name, receivers)) and any(
                map(question.receivers.takes_labels, receivers)
            ):
                found.append((alert.fingerprint, self._renderer.alert(alert, receivers, status)))
        found.sort()
        return b"[%b]\n" % b",".join([written for _, written in found])

    def _groups(self, question: Question, pipeline: Pipeline, now_ms: int) -> bytes:
        self._tidy(pipeline)
        shown = list(_shown_groups(question, pipeline, now_ms))
        receivers: dict[Fingerprint, list[str]] = {}
        for group in shown:
            for alert, _ in group.alerts:
                receivers.setdefault(alert.fingerprint, []).append(group.receiver)
        for names in receivers.values():
            names.sort()
        shown.sort(key=lambda group: (label_set_order(group.group.labels), group.receiver))
        written = [
            self._group(pipeline, group, receivers, now_ms)
            for group in shown
            if question.with_muted or not group.group.muted_by
        ]
        return b"[%b]\n" % b",".join(written)

    def _group(
        self, pipeline: Pipeline, shown: _ShownGroup, receivers: dict[Fingerprint, list[str]], now_ms: int
    ) -> bytes:
        group, alert = shown.group, self._renderer.alert
        has_labels = group.route.options.labels
        route_labels = pipeline.config.route_labels(group, group.ordered(), now_ms) if has_labels else EMPTY_LABELS
        return b'{"alerts":[%b],"labels":%b,"receiver":%b,"routeLabels":%b}' % (
            b",".join(
                [alert(each, receivers[each.fingerprint], status, group.muted_by) for each, status in shown.alerts]
            ),
            label_set(group.labels),
            encode_name(shown.receiver),
            label_set(route_labels),
        )

    def _tidy(self, pipeline: Pipeline) -> None:
        if len(self._renderer) > 2 * len(pipeline.alerts):
            self._renderer.forget_others(pipeline.alerts)


@dataclass(frozen=True, slots=True)
class _ShownGroup:
    group: Group
    receiver: str
    alerts: Sequence[tuple[Alert, Status]]


def _shown_groups(question: Question, pipeline: Pipeline, now_ms: int) -> Iterator[_ShownGroup]:
    for group in pipeline.groups():
        receiver = group.route.options.receiver
        if not question.receivers.takes(receiver):
            continue
        alerts = [
            (alert, status)
            for alert in group.ordered()
            if (status := question.status_of(pipeline, alert, now_ms)) is not None
        ]
        if alerts:
            yield _ShownGroup(group, receiver, alerts)
