"""What Alertmanager answers where no operation stands: JSON below /api/v2, and 410 where its API v1 used to be.

Prometheus' own paths below /api/v1 have their routes and never come here. Source: go-openapi/errors (api.go), api/v1_deprecation_router.go.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import msgspec

from vedette.api.alertmanager.answers import NO_STORE, answer
from vedette.api.answers import Answer

_ROOT: Final = "/api/v2/"
_REMOVED: Final = {
    "GET": re.compile(r"/api/v1/(status|receivers|alerts|silences|silence/[^/]+)"),
    "POST": re.compile(r"/api/v1/(alerts|silences)"),
    "DELETE": re.compile(r"/api/v1/silence/[^/]+"),
}
_GONE: Final = msgspec.json.encode(
    {
        "status": "deprecated",
        "error": "Alertmanager's API v1 is gone since its version 0.27: ask for the same below /api/v2",
    }
)


def answer_unrouted(method: str, path: str, allowed: Collection[str]) -> Answer | None:
    """`allowed`: the methods that the path has. None where the path is not Alertmanager's."""
    if path.startswith(_ROOT):
        return _no_operation(method, path, [each for each in allowed if each != "HEAD"])
    removed = _REMOVED.get(method)
    return Answer(_GONE, 410) if removed and removed.fullmatch(path) else None


def _no_operation(method: str, path: str, allowed: list[str]) -> Answer:
    if not allowed:
        return answer({"code": 404, "message": f"path {path} was not found"}, 404)
    methods = ",".join(allowed)
    body = {"code": 405, "message": f"method {method} is not allowed, but [{methods}] are"}
    return Answer(msgspec.json.encode(body) + b"\n", 405, headers=(*NO_STORE, (b"allow", methods.encode())))
