"""The outbound switch, end to end: nothing stands in for anything.

    rule `vector(1)` -> evaluated by the rules' manager -> posted and stored -> its route, first in the tree -> the URL is asked

Whatever breaks on the way (the engine, the store, the control database, the pipeline's thread, the network) stops the pings, and
who waits for them at the other end raises the alarm. A silence that covers the alert stops them too: it would hide others as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.alerting.alerts import ALERT_NAME
from vedette.alerting.deadman.sections import DeadmanSection
from vedette.alerting.matchers.matcher import AlertMatcher
from vedette.alerting.notification import Integration, Notification
from vedette.alerting.routing.routes import RouteSpec
from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.file_format import GroupSection, RuleSection
from vedette.intake.config.values import DurationMs
from vedette.model.errors import NotSent
from vedette.model.matchers import MatchType
from vedette.ports.clock import Clock

CANARY: Final = "VedetteDeadMansSwitch"
RECEIVER: Final = "vedette-deadman"
FILE: Final = "deadman"


def canary_group(section: DeadmanSection) -> GroupDefinition:
    """Evaluated twice between two pings."""
    rule = RuleSection(
        alert=CANARY,
        expr="vector(1)",
        labels={"severity": "none"},
        annotations={
            "summary": "Alerting works: this alert always fires.",
            "summary_zh": "告警系统工作正常：此告警始终处于触发状态。",
        },
    )
    interval = DurationMs(section.interval // 2)
    return define_group(GroupSection("deadman", interval, rules=(rule,)), FILE, interval)


def canary_route(section: DeadmanSection) -> RouteSpec:
    """Told anew at each of the group's turns: the log's repetition is over by then."""
    return RouteSpec(
        RECEIVER,
        (AlertMatcher(ALERT_NAME, MatchType.EQUAL, CANARY),),
        group_by=(ALERT_NAME,),
        group_wait_ms=0,
        group_interval_ms=section.interval,
        repeat_interval_ms=section.interval // 2,
    )


class Switch:
    """The receiver's integration over a webhook; remembers how the last ping went."""

    kind = "webhook"
    index = 0
    send_resolved = False

    def __init__(self, webhook: Integration, clock: Clock, interval_ms: int) -> None:
        self._webhook = webhook
        self._clock = clock
        self.interval_ms = interval_ms
        self.pinged_ms: int | None = None
        self.error = ""

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        try:
            kept = await self._webhook.notify(notification)
        except NotSent as error:
            self.error = error.message
            raise
        self.pinged_ms, self.error = self._clock.now_ms(), ""
        return kept

    async def close(self) -> None:
        await self._webhook.close()

    def is_ok(self, now_ms: int) -> bool:
        """Pinged within two intervals."""
        return self.pinged_ms is not None and now_ms - self.pinged_ms <= 2 * self.interval_ms
