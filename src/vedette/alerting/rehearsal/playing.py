"""The pipeline lives through postings again, in virtual time, with receivers that always take what they get.

It is the pipeline itself, not a model of it: what it answers is what it would have sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from vedette.alerting.alerts import Fingerprint
from vedette.alerting.pipeline.core import Attempt, Pipeline, PipelineConfig
from vedette.alerting.pipeline.moments import Moment
from vedette.alerting.pipeline.muting import Stage
from vedette.alerting.pipeline.notification_log import NotificationLog
from vedette.alerting.pipeline.silences import Silence, SilenceRules, Silences
from vedette.alerting.rehearsal.past import Posting
from vedette.model.errors import QueryTooLarge
from vedette.model.labels import Labels
from vedette.ports.scan import Deadline

MAINTENANCE_MS: Final = 3600_000
FLUSHES_MAX: Final = 5_000_000
"""A group_interval of a second over a week, for thousands of groups, is refused."""
FLUSHES_BETWEEN_CHECKS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    time_ms: int
    receiver: str
    integration: str
    group_key: str
    group_labels: Labels
    reason: str
    firing: tuple[Fingerprint, ...]
    resolved: tuple[Fingerprint, ...]


@dataclass(slots=True)
class Played:
    """`suppressed`: alerts that a stage took from a flush, flush by flush."""

    sent: list[Sent] = field(default_factory=list)
    suppressed: Counter[Stage] = field(default_factory=Counter)


def play(
    config: PipelineConfig,
    past: Sequence[Posting],
    silences: Iterable[Silence],
    start_ms: int,
    end_ms: int,
    deadline: Deadline,
) -> Played:
    """Raises QueryTooLarge, QueryTimeout, QueryCanceled."""
    player = _Player(config, Silences(SilenceRules(str), silences), start_ms, deadline)
    place = 0
    while place < len(past):
        now_ms = past[place].time_ms
        player.run_until(now_ms)
        together = place
        while together < len(past) and past[together].time_ms == now_ms:
            together += 1
        player.pipeline.post([posting.alert for posting in past[place:together]], player.moment(now_ms))
        place = together
    player.run_until(end_ms)
    return player.played


class _Player:
    def __init__(self, config: PipelineConfig, silences: Silences, start_ms: int, deadline: Deadline) -> None:
        self._start_ms = start_ms
        self._deadline = deadline
        self._flushes = 0
        self._tidied_ms = start_ms
        self.played = Played()
        self.pipeline = Pipeline(config, silences, NotificationLog(), self.moment(start_ms))

    def moment(self, now_ms: int) -> Moment:
        return Moment(now_ms, now_ms - self._start_ms)

    def run_until(self, end_ms: int) -> None:
        while (due_ms := self.pipeline.next_due_ms()) is not None and self._start_ms + due_ms <= end_ms:
            now_ms = self._start_ms + due_ms
            if now_ms - self._tidied_ms >= MAINTENANCE_MS:
                self._tidy(now_ms)
            for flush in self.pipeline.due(self.moment(now_ms)):
                self._count()
                self.played.suppressed.update(flush.taken)
                for attempt in flush.attempts:
                    self._take(attempt, now_ms)
                self.pipeline.finished(flush, succeeded=True)

    def _take(self, attempt: Attempt, now_ms: int) -> None:
        told = attempt.notification
        if told is not None:
            self.played.sent.append(
                Sent(
                    now_ms,
                    told.receiver,
                    f"{attempt.key.integration}[{attempt.key.place}]",
                    told.group_key,
                    told.group_labels,
                    told.reason,
                    tuple(alert.fingerprint for alert in told.alerts if not alert.resolved_at(now_ms)),
                    tuple(alert.fingerprint for alert in told.alerts if alert.resolved_at(now_ms)),
                )
            )
        self.pipeline.log.apply(Pipeline.logged(attempt, {}, now_ms))

    def _count(self) -> None:
        self._flushes += 1
        if self._flushes > FLUSHES_MAX:
            raise QueryTooLarge(
                f"the dry run needs more than {FLUSHES_MAX} flushes of groups",
                hint="ask for a shorter time, or raise group_interval",
            )
        if self._flushes % FLUSHES_BETWEEN_CHECKS == 0:
            self._deadline.pause("dry run")

    def _tidy(self, now_ms: int) -> None:
        """What the pipeline's shell does every minute."""
        self._tidied_ms = now_ms
        self.pipeline.collect_garbage(now_ms)
        self.pipeline.log.forget(self.pipeline.log.forgettable(now_ms))
