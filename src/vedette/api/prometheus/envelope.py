"""The reference's envelope of an answer: `{"status":"success","data":...,"warnings":[...],"infos":[...]}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vedette.api.answers import Answer

OPEN: Final = b'{"status":"success","data":'
TRUNCATED: Final = "results truncated due to limit"
ANNOTATIONS_MAX: Final = 10
"""Of each kind; what is cut off is counted in one more line."""


def success(data: Any, warnings: Sequence[str] = (), infos: Sequence[str] = ()) -> Answer:
    return Answer(OPEN + msgspec.json.encode(data) + close(warnings, infos))


def close(warnings: Sequence[str] = (), infos: Sequence[str] = ()) -> bytes:
    """What stands behind the data."""
    texts = b""
    if warnings:
        texts += b',"warnings":' + msgspec.json.encode(_cut(warnings, "warning"))
    if infos:
        texts += b',"infos":' + msgspec.json.encode(_cut(infos, "info"))
    return texts + b"}"


def _cut(texts: Sequence[str], kind: str) -> list[str]:
    kept = list(texts[:ANNOTATIONS_MAX])
    if len(texts) > ANNOTATIONS_MAX:
        kept.append(f"{len(texts) - ANNOTATIONS_MAX} more {kind} annotations omitted")
    return kept
