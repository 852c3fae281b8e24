"""Silences over HTTP: list, look up, make, change, expire. Source: alertmanager api/v2/api.go, compat.go.

The reference's silences may have several matcher sets, its API v2 shows those of one set only. Ours takes and gives the sets as
`matcherSets` beside `matchers`, which then is the first of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from vedette.alerting.matchers import AlertMatcher, Matchers
from vedette.alerting.pipeline.shell import Shell
from vedette.alerting.pipeline.silences import NO_ID, Silence, SilenceId, SilenceState
from vedette.api.alertmanager.answers import (
    SchemaError,
    answer,
    check_media_type,
    empty,
    format_time,
    parse_time_ms,
    unreadable,
)
from vedette.api.alertmanager.filters import label_filter, switch
from vedette.api.answers import Answer
from vedette.api.requests import Request
from vedette.model.errors import BadInput, BodyTooLarge, NotFound
from vedette.model.matchers import MatchType
from vedette.model.quoting import quote
from vedette.model.regex import compile_anchored
from vedette.model.telemetry import LIMIT_HITS


class _PostedMatcher(msgspec.Struct):
    name: str | None = None
    value: str | None = None
    isRegex: bool | None = None
    isEqual: bool | None = None


class _PostedSilence(msgspec.Struct):
    id: str | None = None
    matchers: list[_PostedMatcher] | None = None
    matcherSets: list[list[_PostedMatcher]] | None = None
    startsAt: str | None = None
    endsAt: str | None = None
    createdBy: str | None = None
    comment: str | None = None
    annotations: dict[str, str] | None = None


_decode: Final = msgspec.json.Decoder(_PostedSilence | None).decode
_ORDER: Final = {SilenceState.ACTIVE: 1, SilenceState.PENDING: 2, SilenceState.EXPIRED: 3}


class SilenceDoor:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def list(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        given = await request.parameters()
        wanted = label_filter(given, "filter", self._shell.mode)
        states = {state for state in SilenceState if switch(given, state.value)}
        found, now_ms = await self._shell.read(
            lambda pipeline, now_ms: (
                [silence for silence in pipeline.silences if silence.state(now_ms) in states], now_ms
            )
        )  # fmt: skip
        found = [silence for silence in found if _has(silence, wanted)]
        found.sort(key=lambda silence: _order(silence, now_ms))
        return answer([_shown(silence, now_ms) for silence in found])

    async def get(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        silence_id = _read_id(request)
        silence, now_ms = await self._shell.read(lambda pipeline, now_ms: (pipeline.silences.get(silence_id), now_ms))
        return empty(404) if silence is None else answer(_shown(silence, now_ms))

    async def post(self, request: Request) -> Answer:
        check_media_type(request)
        limit = self._shell.limits.silence_bytes_max
        try:
            body = await request.body(limit)
        except BodyTooLarge:
            LIMIT_HITS.labels("silence_bytes_max").inc()
            raise BadInput(f"silence exceeded maximum size (limit: {limit} bytes)") from None
        silence = _read_silence(body)
        if silence.starts_at_ms >= silence.ends_at_ms:
            raise BadInput("Failed to create silence: start time must be before end time")
        if silence.ends_at_ms < await self._shell.read(lambda _, now_ms: now_ms):
            raise BadInput("Failed to create silence: end time can't be in the past")
        return answer({"silenceID": await self._shell.set_silence(request.principal, silence)})

    async def delete(self, request: Request) -> Answer:
        try:
            await self._shell.expire_silence(request.principal, _read_id(request))
        except NotFound:
            return empty(404)
        return empty()


def _read_id(request: Request) -> SilenceId:
    (text,) = request.path_values
    try:
        uuid.UUID(text)
    except ValueError:
        raise SchemaError(f"silenceID in path must be of type uuid: {quote(text)}", number=601) from None
    return SilenceId(text.lower())


def _read_silence(body: bytes) -> Silence:
    if not body:
        raise SchemaError("silence in body is required")
    try:
        posted = _decode(body) or _PostedSilence()
    except msgspec.DecodeError as error:
        raise unreadable("silence", str(error)) from None
    if posted.matcherSets and posted.matchers is None:
        posted.matchers = posted.matcherSets[0]
    for name in ("comment", "createdBy", "endsAt", "matchers", "startsAt"):
        if getattr(posted, name) is None:
            raise SchemaError(f"{name} in body is required")
    assert posted.matchers is not None
    if not posted.matchers:
        raise SchemaError("matchers in body should have at least 1 items", number=612)
    return Silence(
        tuple(
            _read_matchers(place, matchers) for place, matchers in enumerate(posted.matcherSets or [posted.matchers])
        ),
        _time("startsAt", posted.startsAt),
        _time("endsAt", posted.endsAt),
        posted.createdBy or "",
        posted.comment or "",
        posted.annotations or {},
        SilenceId(posted.id or NO_ID),
    )


def _time(name: str, text: str | None) -> int:
    try:
        return parse_time_ms(text or "")
    except ValueError:
        raise unreadable("silence", f"{name} is no RFC 3339 time: {quote(text or '')}") from None


def _read_matchers(set_place: int, posted: Iterable[_PostedMatcher]) -> Matchers:
    matchers = []
    for place, one in enumerate(posted):
        for name in ("isRegex", "name", "value"):
            if getattr(one, name) is None:
                raise SchemaError(f"matchers.{place}.{name} in body is required")
        try:
            if one.isRegex:
                compile_anchored(one.value or "")  # the reference's message quotes the expression as it was given
            matchers.append(
                AlertMatcher(one.name or "", _TYPES[one.isEqual is not False, bool(one.isRegex)], one.value or "")
            )
        except BadInput as error:
            wrong = f"invalid label matcher {place} in set {set_place}"
            raise BadInput(
                f"invalid silence: {wrong}: invalid regular expression {quote(one.value or '')}: {error.message}"
            ) from None
    return tuple(matchers)


_TYPES: Final = {
    (True, False): MatchType.EQUAL,
    (False, False): MatchType.NOT_EQUAL,
    (True, True): MatchType.REGEX,
    (False, True): MatchType.NOT_REGEX,
}
"""By isEqual and isRegex."""


def _has(silence: Silence, wanted: Iterable[AlertMatcher]) -> bool:
    """One of its matcher sets has each wanted matcher as it is."""
    return any(set(wanted) <= set(matchers) for matchers in silence.matcher_sets)


def _order(silence: Silence, now_ms: int) -> tuple[int, int]:
    """Active ones by their end, pending ones by their start, expired ones the latest first."""
    state = silence.state(now_ms)
    if state is SilenceState.PENDING:
        return _ORDER[state], silence.starts_at_ms
    return _ORDER[state], silence.ends_at_ms if state is SilenceState.ACTIVE else -silence.ends_at_ms


def _shown(silence: Silence, now_ms: int) -> Mapping[str, Any]:
    sets = [[_shown_matcher(matcher) for matcher in matchers] for matchers in silence.matcher_sets]
    return {
        "id": silence.id,
        "status": {"state": silence.state(now_ms).value},
        "updatedAt": format_time(silence.updated_at_ms),
        "annotations": dict(silence.annotations),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": format_time(silence.ends_at_ms),
        "matchers": sets[0],
        "startsAt": format_time(silence.starts_at_ms),
        **({"matcherSets": sets} if len(sets) > 1 else {}),
    }


def _shown_matcher(matcher: AlertMatcher) -> Mapping[str, Any]:
    return {
        "isEqual": not matcher.is_negative,
        "isRegex": matcher.is_regex,
        "name": matcher.name,
        "value": matcher.value,
    }
