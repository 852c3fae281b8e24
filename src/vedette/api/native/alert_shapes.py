"""What the documents about alerts share (docs/api_alerts.md): seconds, notes, occurrences, the language of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from vedette.alerting.alerts import Fingerprint
from vedette.alerting.history.occurrences import Occurrence, median_ms
from vedette.alerting.notes.notes import Notes
from vedette.api.requests import Parameters, Request
from vedette.api.services import Document
from vedette.model.errors import BadInput

Shape = TypeVar("Shape")

BODY_BYTES_MAX: Final = 1 << 20


def seconds(time_ms: int) -> float:
    return time_ms / 1000


def optional_seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def read_fingerprint(text: str) -> Fingerprint:
    """Raises BadInput."""
    try:
        if len(text) == 16:
            return Fingerprint(int(text, 16))
    except ValueError:
        pass
    raise BadInput(f"not a fingerprint, which has 16 hexadecimal digits: {text}")


async def read_body(request: Request, shape: type[Shape]) -> Shape:
    """JSON; an empty body is one without fields. Raises BadInput."""
    body = await request.body(BODY_BYTES_MAX)
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"the body is not as it should be: {error}") from None


def language_of(request: Request, given: Parameters) -> str:
    wanted = given.get("lang") or request.header(b"accept-language")
    return "zh-CN" if wanted.lower().startswith("zh") else "en"


def describe_notes(notes: Notes) -> Document:
    given = notes.acknowledgement
    return {
        "acknowledged": None
        if given is None
        else {
            "by": given.by,
            "at": seconds(given.at_ms),
            "until": seconds(given.until_ms) if given.until_ms else None,
            "comment": given.comment,
        },
        "assignee": notes.assignee,
        "assignedBy": notes.assigned_by,
        "comments": [{"by": each.by, "at": seconds(each.at_ms), "text": each.text} for each in notes.comments],
    }


def describe_occurrences(found: Sequence[Occurrence], limit: int, now_ms: int) -> Document:
    return {
        "occurrences": [
            {
                "startsAt": seconds(one.starts_at_ms),
                "endsAt": optional_seconds(one.ends_at_ms),
                "seconds": seconds(one.lasted_ms(now_ms)),
                "notifications": one.notifications,
                "failures": one.failures,
                "acknowledgedBy": one.acknowledged_by,
            }
            for one in found[:limit]
        ],
        "count": len(found),
        "medianSeconds": optional_seconds(median_ms(found, now_ms)),
    }
