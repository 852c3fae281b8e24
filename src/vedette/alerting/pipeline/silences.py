"""Silences: matcher sets that mute alerts for a time, made, changed and ended by people.

    pending --starts_at--> active --ends_at, or expired by somebody--> expired --retention--> forgotten

Changing the matchers, or the past, of a silence expires it and makes a new one: what was silenced, and by whom, stays true. Each new
silence raises `version`; a cache of what mutes an alert has only to try the silences since its own version (`SilenceMarks`).
Source: alertmanager silence/silence.go, texts of errors included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, NewType

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.matchers.index import MatcherIndex
from vedette.alerting.matchers.matcher import AlertMatcher, Matchers
from vedette.alerting.matchers.modes import MatcherMode
from vedette.model.errors import BadInput, NotFound, QueueFull
from vedette.model.quoting import quote

SilenceId = NewType("SilenceId", str)
NO_ID: Final = SilenceId("")


class SilenceState(Enum):
    ACTIVE = "active"
    PENDING = "pending"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Silence:
    """Times are ms since the epoch. It mutes what one of its matcher sets matches."""

    matcher_sets: tuple[Matchers, ...]
    starts_at_ms: int
    ends_at_ms: int
    created_by: str = ""
    comment: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    id: SilenceId = NO_ID
    updated_at_ms: int = 0

    def state(self, now_ms: int) -> SilenceState:
        if now_ms < self.starts_at_ms:
            return SilenceState.PENDING
        return SilenceState.ACTIVE if now_ms < self.ends_at_ms else SilenceState.EXPIRED


@dataclass(frozen=True, slots=True)
class SilenceRules:
    new_id: Callable[[], str]
    mode: MatcherMode = MatcherMode.FALLBACK
    """Which label names are allowed."""
    retention_ms: int = 120 * 3600_000
    """How long an expired one is kept."""
    silences_max: int = 10_000
    """Of all states."""


class Silences:
    """`rules.new_id` makes ids: randomness comes from outside."""

    def __init__(self, rules: SilenceRules, silences: Iterable[Silence] = ()) -> None:
        self._rules = rules
        self._by_id: dict[SilenceId, Silence] = {}
        self._added: list[tuple[int, SilenceId]] = []
        self.version = 0
        for silence in silences:
            self.apply(silence)

    def propose(self, silence: Silence, now_ms: int) -> list[Silence]:
        """What is to be stored and then applied for a silence to be made or changed; the last one is it.

        Raises BadInput, NotFound for an id that there is none of, QueueFull at the limit.
        """
        if not silence.starts_at_ms:
            silence = replace(silence, starts_at_ms=now_ms)
        check_silence(silence, self._rules.mode)
        old = self._by_id.get(silence.id)
        if silence.id and old is None:
            raise NotFound("silence not found")
        if old is not None and _may_change(old, silence, now_ms):
            return [replace(silence, updated_at_ms=now_ms)]
        if len(self._by_id) >= self._rules.silences_max:
            raise QueueFull(
                f"exceeded maximum number of silences: {len(self._by_id)} (limit: {self._rules.silences_max})"
            )
        starts_at_ms = max(silence.starts_at_ms, now_ms)
        new = replace(silence, id=SilenceId(self._rules.new_id()), starts_at_ms=starts_at_ms, updated_at_ms=now_ms)
        return [*(self.propose_end(old.id, now_ms) if old is not None else ()), new]

    def propose_end(self, silence_id: SilenceId, now_ms: int) -> list[Silence]:
        """The same for one that is to end now; nothing where it has ended. Raises NotFound."""
        old = self._by_id.get(silence_id)
        if old is None:
            raise NotFound("silence not found")
        if old.state(now_ms) is SilenceState.EXPIRED:
            return []
        starts_at_ms = min(old.starts_at_ms, now_ms)
        return [replace(old, starts_at_ms=starts_at_ms, ends_at_ms=now_ms, updated_at_ms=now_ms)]

    def apply(self, silence: Silence) -> None:
        """What is stored. An older word about a silence than the one that stands is ignored."""
        old = self._by_id.get(silence.id)
        if old is not None and silence.updated_at_ms < old.updated_at_ms:
            return
        self._by_id[silence.id] = silence
        if old is None:
            self.version += 1
            self._added.append((self.version, silence.id))

    def get(self, silence_id: SilenceId) -> Silence | None:
        return self._by_id.get(silence_id)

    def since(self, version: int) -> list[Silence]:
        """Those that came after the version."""
        start = bisect_right(self._added, version, key=lambda added: added[0])
        return [self._by_id[silence_id] for _, silence_id in self._added[start:]]

    def forgettable(self, now_ms: int) -> list[SilenceId]:
        return [
            silence.id for silence in self._by_id.values() if silence.ends_at_ms + self._rules.retention_ms <= now_ms
        ]

    def forget(self, ids: Iterable[SilenceId]) -> None:
        for silence_id in ids:
            self._by_id.pop(silence_id, None)
        self._added = [added for added in self._added if added[1] in self._by_id]

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)


def check_silence(silence: Silence, mode: MatcherMode) -> None:
    """Raises BadInput."""
    if not silence.matcher_sets:
        raise BadInput("invalid silence: at least one matcher set required")
    for place, matchers in enumerate(silence.matcher_sets):
        if not matchers:
            raise BadInput(f"invalid silence: matcher set {place} is empty")
        for number, matcher in enumerate(matchers):
            if not mode.is_label_name(matcher.name):
                wrong = f"invalid label matcher {number} in set {place}"
                raise BadInput(f"invalid silence: {wrong}: invalid label name {quote(matcher.name)}")
        if all(map(_matches_empty, matchers)):
            raise BadInput(
                f"invalid silence: matcher set {place}: at least one matcher must not match the empty string"
            )
    if silence.starts_at_ms <= 0:
        raise BadInput("invalid silence: invalid zero start timestamp")
    if silence.ends_at_ms <= 0:
        raise BadInput("invalid silence: invalid zero end timestamp")
    if silence.ends_at_ms < silence.starts_at_ms:
        raise BadInput("invalid silence: end time must not be before start time")


def _matches_empty(matcher: AlertMatcher) -> bool:
    return not matcher.is_negative and matcher.matches("")


def _may_change(old: Silence, new: Silence, now_ms: int) -> bool:
    """Whether the change leaves what was muted until now as it was."""
    if old.matcher_sets != new.matcher_sets:
        return False
    match old.state(now_ms):
        case SilenceState.ACTIVE:
            return old.starts_at_ms // 1000 == new.starts_at_ms // 1000 and new.ends_at_ms >= now_ms
        case SilenceState.PENDING:
            return new.starts_at_ms >= now_ms
        case SilenceState.EXPIRED:
            return False


@dataclass(frozen=True, slots=True)
class _Mark:
    version: int
    ids: tuple[SilenceId, ...]


_UNTRIED: Final = _Mark(0, ())


class SilenceMarks:
    """Which silences match which alert, remembered: an alert is tried against each silence once."""

    def __init__(self, silences: Silences) -> None:
        self._silences = silences
        self._marks: dict[Fingerprint, _Mark] = {}
        self._indexes: dict[int, tuple[MatcherIndex, list[SilenceId]]] = {}
        self._indexed_version = 0
        self._shared = _UNTRIED

    def silencing(self, alert: Alert, now_ms: int) -> Sequence[SilenceId]:
        """Ids of the active silences that match; empty: not silenced."""
        mark = self._marks.get(alert.fingerprint)
        if mark is None or mark.version != self._silences.version:
            mark = self._marks[alert.fingerprint] = self._renewed(mark or _UNTRIED, alert)
        if not mark.ids:
            return ()
        standing = [silence for key in mark.ids if (silence := self._silences.get(key)) is not None]
        return [silence.id for silence in standing if silence.state(now_ms) is SilenceState.ACTIVE]

    def _renewed(self, mark: _Mark, alert: Alert) -> _Mark:
        index, ids = self._index_since(mark.version)
        matching = index.matching(dict(alert.labels.pairs))
        found = tuple(dict.fromkeys((*mark.ids, *(ids[place] for place in matching)))) if matching else mark.ids
        return _Mark(self._silences.version, found) if found else self._clean()

    def _clean(self) -> _Mark:
        """The mark of all alerts that nothing silences: most of them, so they share it."""
        if self._shared.version != self._silences.version:
            self._shared = _Mark(self._silences.version, ())
        return self._shared

    def forget(self, fingerprints: Iterable[Fingerprint]) -> None:
        for fingerprint in fingerprints:
            self._marks.pop(fingerprint, None)

    def _index_since(self, version: int) -> tuple[MatcherIndex, list[SilenceId]]:
        """Of the silences that came after the version; many alerts ask for the same one."""
        if self._indexed_version != self._silences.version:
            self._indexes.clear()
            self._indexed_version = self._silences.version
        found = self._indexes.get(version)
        if found is None:
            sets = [
                (matchers, silence.id) for silence in self._silences.since(version) for matchers in silence.matcher_sets
            ]
            found = MatcherIndex([matchers for matchers, _ in sets]), [silence_id for _, silence_id in sets]
            self._indexes[version] = found
        return found
