"""The stages between a flush and its receivers, in the reference's order: inhibit, active, mute, silence.

Each takes alerts away or lets them pass; the first that leaves none ends the flush. What each took is counted, and told to whoever
asks why an alert was not sent. Source: alertmanager notify/mute.go, notify/notify.go (PipelineBuilder.New).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.pipeline.groups import Group
from vedette.alerting.pipeline.inhibition import Inhibitor
from vedette.alerting.pipeline.silences import SilenceId, SilenceMarks
from vedette.alerting.routing.time_intervals import TimeIntervals, holding


class Stage(Enum):
    """Texts are the label `reason` of `alertmanager_notifications_suppressed_total`."""

    INHIBITION = "inhibition"
    ACTIVE_INTERVAL = "active_time_interval"
    MUTE_INTERVAL = "mute_time_interval"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Status:
    """What keeps an alert quiet at a moment, its group's time intervals aside."""

    silenced_by: Sequence[SilenceId] = ()
    inhibited_by: Fingerprint | None = None

    @property
    def is_suppressed(self) -> bool:
        return bool(self.silenced_by) or self.inhibited_by is not None


AUDIBLE: Final = Status()


@dataclass(slots=True)
class Muted:
    """How many alerts of a flush each stage took, and those that are left."""

    passed: list[Alert]
    taken: dict[Stage, int] = field(default_factory=dict)


class Muting:
    def __init__(self, inhibitor: Inhibitor, silence_marks: SilenceMarks, intervals: TimeIntervals) -> None:
        self.inhibitor = inhibitor
        self._marks = silence_marks
        self._intervals = intervals

    def status(self, alert: Alert, now_ms: int) -> Status:
        silenced_by = self._marks.silencing(alert, now_ms)
        inhibited_by = self.inhibitor.inhibitor(alert, now_ms)
        return Status(silenced_by, inhibited_by) if silenced_by or inhibited_by is not None else AUDIBLE

    def mute(self, group: Group, alerts: list[Alert], now_ms: int) -> Muted:
        muted = Muted([alert for alert in alerts if self.inhibitor.inhibitor(alert, now_ms) is None])
        if len(muted.passed) < len(alerts):
            muted.taken[Stage.INHIBITION] = len(alerts) - len(muted.passed)
        stage = self._interval_stage(group, now_ms) if muted.passed else None
        if stage is not None:
            muted.taken[stage], muted.passed = len(muted.passed), []
        audible = [alert for alert in muted.passed if not self._marks.silencing(alert, now_ms)]
        if len(audible) < len(muted.passed):
            muted.taken[Stage.SILENCE] = len(muted.passed) - len(audible)
        muted.passed = audible
        return muted

    def forget(self, fingerprints: Iterable[Fingerprint]) -> None:
        gone = tuple(fingerprints)
        self._marks.forget(gone)
        self.inhibitor.forget(gone)

    def _interval_stage(self, group: Group, now_ms: int) -> Stage | None:
        """The stage that mutes the whole group now; the group remembers by which intervals."""
        options = group.route.options
        if options.active_intervals and not holding(self._intervals, options.active_intervals, now_ms):
            group.muted_by = list(options.active_intervals)
            return Stage.ACTIVE_INTERVAL
        group.muted_by = holding(self._intervals, options.mute_intervals, now_ms)
        return Stage.MUTE_INTERVAL if group.muted_by else None
