"""What a dry run sent, counted for people: by receiver, by group, over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from vedette.alerting.alerts import Fingerprint
from vedette.alerting.rehearsal.playing import Sent
from vedette.model.labels import Labels


@dataclass(slots=True)
class GroupCount:
    group_key: str
    group_labels: Labels
    first_ms: int
    last_ms: int
    notifications: int = 0


@dataclass(slots=True)
class ReceiverCount:
    """`alerts`: how many different ones it was told of."""

    receiver: str
    notifications: int = 0
    groups: dict[str, GroupCount] = field(default_factory=dict)
    integrations: Counter[str] = field(default_factory=Counter)
    told: set[Fingerprint] = field(default_factory=set)

    @property
    def alerts(self) -> int:
        return len(self.told)


def count_by_receiver(sent: Iterable[Sent]) -> list[ReceiverCount]:
    """The busiest receiver first."""
    found: dict[str, ReceiverCount] = {}
    for each in sent:
        receiver = found.setdefault(each.receiver, ReceiverCount(each.receiver))
        receiver.notifications += 1
        receiver.integrations[each.integration] += 1
        receiver.told.update(each.firing, each.resolved)
        fresh = GroupCount(each.group_key, each.group_labels, each.time_ms, each.time_ms)
        group = receiver.groups.setdefault(each.group_key, fresh)
        group.notifications += 1
        group.last_ms = each.time_ms
    return sorted(found.values(), key=lambda receiver: (-receiver.notifications, receiver.receiver))


def count_over_time(sent: Iterable[Sent], start_ms: int, end_ms: int, pieces: int) -> list[int]:
    """Of each of the equal pieces of the span, of which the last one has its end too."""
    counts = [0] * pieces
    for each in sent:
        counts[min((each.time_ms - start_ms) * pieces // (end_ms - start_ms), pieces - 1)] += 1
    return counts
