"""What changed between two looks at all alerts: pure, (what was seen, what is seen, now) -> events.

    (none) -> pending -> firing -> resolved -> (none)         silenced and inhibited: on and off beside it

Not hooks in the pipeline: much of what happens to an alert is nobody's deed (a silence that runs out, an alert that nobody sends
any more), and a look finds it all the same. Beginnings and ends carry their own times, so that they are one event however often, and
on however many servers, they are seen; the first look after a start takes silences and inhibitions as it finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vedette.alerting.alerts import Alert, Fingerprint, format_fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.alerting.pipeline.muting import Status
from vedette.model.labels import Labels
from vedette.ports.alert_history import AlertEvent


class Seen(NamedTuple):
    """An alert at a look. `ends_at_ms` 0: it is pending."""

    labels: Labels
    starts_at_ms: int
    ends_at_ms: int
    is_firing: bool
    silenced_by: str = ""
    inhibited_by: str = ""


Look = dict[Fingerprint, Seen]


def see(alert: Alert, status: Status, now_ms: int) -> Seen:
    inhibited_by = "" if status.inhibited_by is None else format_fingerprint(status.inhibited_by)
    is_firing = alert.ends_at_ms > now_ms
    return Seen(
        alert.labels, alert.starts_at_ms, alert.ends_at_ms, is_firing, ",".join(status.silenced_by), inhibited_by
    )


def see_pending(labels: Labels, active_at_ms: int) -> Seen:
    return Seen(labels, active_at_ms, 0, is_firing=False)


def changes(before: Look | None, after: Look, now_ms: int) -> Iterator[AlertEvent]:
    """`before` None: this is the first look."""
    for fingerprint, seen in after.items():
        known = before.get(fingerprint) if before is not None else None
        if seen is known or seen == known:
            continue
        yield from _turns(fingerprint, known, seen, now_ms)
        if before is not None:
            yield from _suppressions(fingerprint, known, seen, now_ms)
    for fingerprint, known in (before or {}).items():
        if fingerprint not in after:
            yield from _gone(fingerprint, known, now_ms)


def _turns(fingerprint: Fingerprint, known: Seen | None, seen: Seen, now_ms: int) -> Iterator[AlertEvent]:
    """Of its state."""
    same = known is not None and known.starts_at_ms == seen.starts_at_ms and _is_alert(known) == _is_alert(seen)
    if not _is_alert(seen):
        if not same:
            yield _event(EventKind.PENDING, fingerprint, seen, seen.starts_at_ms)
        return
    if known is not None and known.is_firing and not same:
        yield _event(EventKind.RESOLVED, fingerprint, known, min(known.ends_at_ms, seen.starts_at_ms, now_ms))
    if not same:
        yield _event(EventKind.FIRING, fingerprint, seen, seen.starts_at_ms)
    if not seen.is_firing and (known is None or known.is_firing or not same):
        yield _event(EventKind.RESOLVED, fingerprint, seen, seen.ends_at_ms)
    if seen.is_firing and same and known is not None and not known.is_firing:
        yield _event(EventKind.FIRING, fingerprint, seen, now_ms)


def _suppressions(fingerprint: Fingerprint, known: Seen | None, seen: Seen, now_ms: int) -> Iterator[AlertEvent]:
    if not seen.is_firing:
        return
    for before, by, on, off in (
        (known.silenced_by if known else "", seen.silenced_by, EventKind.SILENCED, EventKind.UNSILENCED),
        (known.inhibited_by if known else "", seen.inhibited_by, EventKind.INHIBITED, EventKind.UNINHIBITED),
    ):
        if by and by != before:
            yield _event(on, fingerprint, seen, now_ms, by)
        elif before and not by:
            yield _event(off, fingerprint, seen, now_ms, before)


def _gone(fingerprint: Fingerprint, known: Seen, now_ms: int) -> Iterator[AlertEvent]:
    """An alert that fired leaves the table only after its end."""
    if not _is_alert(known):
        yield _event(EventKind.INACTIVE, fingerprint, known, now_ms)
    elif known.is_firing:
        yield _event(EventKind.RESOLVED, fingerprint, known, min(known.ends_at_ms, now_ms))


def _is_alert(seen: Seen) -> bool:
    """It fired, whether or not it has ended since."""
    return seen.ends_at_ms != 0


def _event(kind: EventKind, fingerprint: Fingerprint, seen: Seen, time_ms: int, by: str = "") -> AlertEvent:
    return AlertEvent(time_ms, fingerprint, kind.value, seen.labels, seen.starts_at_ms, by)


def merge_looks(alerts: Iterable[tuple[Fingerprint, Seen]], pending: Iterable[tuple[Fingerprint, Seen]]) -> Look:
    """An alert of the pipeline counts before a pending one of a rule, unless it has ended."""
    look = dict(pending)
    for fingerprint, seen in alerts:
        if seen.is_firing or fingerprint not in look:
            look[fingerprint] = seen
    return look
