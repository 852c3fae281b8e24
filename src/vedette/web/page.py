"""The page as an ASGI application: built files from memory, compressed once, cached by the browser as long as they may be.

    path below the prefix -> a built file, or index.html for a page of the router,
                             else index.html with 404 for a browser (it tells it in the reader's language), or NotFound

Assets carry a hash of their content in their name and never change; every other file is asked for again each time and
answered 304 by its ETag. Files are read at start: they are few (under 1 MB), and a page that is replaced while the
server runs would mix two builds. Not Starlette's StaticFiles: it reads from disk on each request and does not compress.

Authentication, Host checks and security headers are the caller's (api): this only knows files.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vedette.api.asgi import Receive, Scope, Send
from vedette.model.errors import NotFound

STATIC: Final = Path(__file__).parent / "static"

PAGES: Final = (
    "",
    "query",
    "graph",
    "alerts",
    "silences",
    "rules",
    "routing",
    "slos",
    "cardinality",
    "targets",
    "push",
    "status",
)
"""Addresses that the page's own router knows; web/src/main.tsx has the same."""

_INDEX: Final = "index.html"
_OF_PROGRAMS: Final = frozenset({"api", "config", "-", "assets"})
"""First parts of paths on which a browser, too, gets the plain refusal."""

_HOW_TO_BUILD: Final = "./run builds it; in a checkout: npm --prefix web ci && npm --prefix web run build"
_COMPRESSED: Final = frozenset({".html", ".js", ".css", ".svg", ".json"})
_UNCHANGING: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    content_type: bytes
    etag: bytes
    cache_control: bytes


class Page:
    """`folder` holds the build; `route_prefix` is "" or "/prefix".

    Raises NotFound for a path that is none of its own, unless a browser asks, and for all where there is no build.
    """

    def __init__(self, folder: Path = STATIC, route_prefix: str = "") -> None:
        self._prefix = route_prefix
        self._files = {path.relative_to(folder).as_posix(): _load(path, folder) for path in _built_files(folder)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        file = self._find(scope["path"])
        if file is None:
            await self._tell_unknown(scope, headers.get(b"accept", b""), send)
            return
        answer = [(b"etag", file.etag), (b"cache-control", file.cache_control), (b"vary", b"Accept-Encoding")]
        if headers.get(b"if-none-match") == file.etag:
            await _send(send, 304, answer, b"")
            return
        body = file.body
        if file.packed is not None and b"gzip" in headers.get(b"accept-encoding", b""):
            body = file.packed
            answer.append((b"content-encoding", b"gzip"))
        answer += [(b"content-type", file.content_type), (b"content-length", b"%d" % len(body))]
        await _send(send, 200, answer, b"" if scope["method"] == "HEAD" else body)

    def _find(self, path: str) -> _File | None:
        if not self._files:
            raise NotFound("the page is not built into this package", hint=_HOW_TO_BUILD)
        local = self._local(path)
        return self._files.get(_INDEX if local in PAGES else local)

    def _local(self, path: str) -> str:
        return path.removeprefix(self._prefix).strip("/")

    async def _tell_unknown(self, scope: Scope, accepted: bytes, send: Send) -> None:
        path = scope["path"]
        is_browser = b"text/html" in accepted and scope["method"] in ("GET", "HEAD")
        is_below = path.startswith(self._prefix + "/")
        if not is_browser or not is_below or self._local(path).partition("/")[0] in _OF_PROGRAMS:
            raise NotFound(f"no such page: {path}")
        index = self._files[_INDEX]
        body = _from_below(index.body, scope["raw_path"].count(b"/") - self._prefix.count("/") - 1)
        answer = [(b"cache-control", _ASK_AGAIN), (b"vary", b"Accept"), (b"content-type", index.content_type)]
        answer.append((b"content-length", b"%d" % len(body)))
        await _send(send, 404, answer, b"" if scope["method"] == "HEAD" else body)


def _from_below(document: bytes, depth: int) -> bytes:
    """The document with its addresses, which are relative to the page's folder, as they are seen so many folders below."""
    return document.replace(b'="./', b'="' + b"../" * depth) if depth > 0 else document


def _built_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.is_dir() else []


def _load(path: Path, folder: Path) -> _File:
    body = path.read_bytes()
    content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return _File(
        body=body,
        packed=gzip.compress(body, mtime=0) if path.suffix in _COMPRESSED else None,
        content_type=content_type.encode(),
        etag=b'"%s"' % hashlib.sha256(body).hexdigest()[:20].encode(),
        cache_control=_UNCHANGING if path.parent == folder / "assets" else _ASK_AGAIN,
    )


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
