"""The page's files over ASGI: which file a path gets, and what the browser may keep."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

from vedette.model.errors import NotFound
from vedette.web.page import PAGES, Page

INDEX = b"<!doctype html>" + b"x" * 500


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(INDEX)
    (tmp_path / "theme.js").write_bytes(b"let theme;")
    (tmp_path / "assets" / "index-abc.js").write_bytes(b"let page;" * 100)
    return tmp_path


def get(page: Page, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read of a request for a file")

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": raw}
    asyncio.run(page(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(part.get("body", b"") for part in sent[1:])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_router_is_the_same_document(build: Path, name: str) -> None:
    status, headers, body = get(Page(build), f"/{name}")
    assert (status, body) == (200, INDEX)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-cache"


def test_an_asset_may_be_kept_for_ever_and_other_files_are_asked_for_again(build: Path) -> None:
    page = Page(build)
    assert "immutable" in get(page, "/assets/index-abc.js")[1]["cache-control"]
    assert get(page, "/theme.js")[1]["cache-control"] == "no-cache"
    assert get(page, "/theme.js")[1]["content-type"] == "text/javascript; charset=utf-8"


def test_a_browser_that_has_the_file_gets_no_body(build: Path) -> None:
    page = Page(build)
    etag = get(page, "/")[1]["etag"]
    assert get(page, "/", if_none_match=etag)[::2] == (304, b"")
    assert get(page, "/", if_none_match='"other"')[0] == 200


def test_a_client_that_takes_gzip_gets_it(build: Path) -> None:
    _, headers, body = get(Page(build), "/assets/index-abc.js", accept_encoding="br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body)
    assert gzip.decompress(body) == b"let page;" * 100


def test_head_tells_the_length_and_sends_nothing(build: Path) -> None:
    _, headers, body = get(Page(build), "/", "HEAD")
    assert (headers["content-length"], body) == (str(len(INDEX)), b"")


def test_the_page_lies_below_its_prefix(build: Path) -> None:
    page = Page(build, "/vedette")
    assert get(page, "/vedette/query")[2] == INDEX
    assert get(page, "/vedette/assets/index-abc.js")[0] == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/assets/", "/../page.py", "/assets/../../page.py", "/assets//etc/passwd", "//etc/passwd"]
)
def test_only_built_files_are_served(build: Path, path: str) -> None:
    with pytest.raises(NotFound):
        get(Page(build), path)


@pytest.mark.parametrize(("path", "up"), [("/vedette/nosuch", b"./"), ("/vedette/a/b/c", b"../../"), ("//etc", b"../")])
def test_a_browser_is_told_by_the_page_that_there_is_no_such_page(build: Path, path: str, up: bytes) -> None:
    (build / "index.html").write_bytes(b'<script src="./theme.js">')
    page = Page(build, "/vedette" if path.startswith("/vedette") else "")
    status, headers, body = get(page, path, accept="text/html,*/*;q=0.8")
    assert (status, headers["content-type"], headers["vary"]) == (404, "text/html; charset=utf-8", "Accept")
    assert body == b'<script src="' + up + b'theme.js">'
    assert get(page, path, "HEAD", accept="text/html")[::2] == (404, b"")


@pytest.mark.parametrize("path", ["/config/v1/nosuch", "/api/v1/nosuch", "/-/nosuch", "/assets/gone.js"])
def test_a_browser_gets_the_plain_refusal_on_paths_of_programs(build: Path, path: str) -> None:
    with pytest.raises(NotFound):
        get(Page(build), path, accept="text/html")


def test_outside_of_the_prefix_no_page_is_shown(build: Path) -> None:
    with pytest.raises(NotFound):
        get(Page(build, "/vedette"), "/nosuch/page", accept="text/html")


def test_only_what_is_asked_for_can_be_unknown_to_a_browser(build: Path) -> None:
    with pytest.raises(NotFound):
        get(Page(build), "/nosuch", "POST", accept="text/html")


def test_a_missing_build_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        get(Page(tmp_path / "absent"), "/")
    assert "npm --prefix web" in refused.value.hint
