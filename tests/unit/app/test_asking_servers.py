"""Commands that ask a server: what they send, and how its refusals are told."""

from __future__ import annotations

import http.server
import io
import json
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from vedette.app.arguments import parse_arguments
from vedette.app.exporting import export_server, time_bounds
from vedette.app.querying.running import open_remote
from vedette.app.remote_source import SourceFailed
from vedette.model.errors import VedetteError


class Source(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        refused = "nope" in self.path
        answer = (
            {"status": "error", "errorType": "bad_data", "error": "parse error: no", "hint": "say yes"}
            if refused
            else {}
        )
        self.send_response(400 if refused else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def source() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Recording", (Source,), {"asked": asked})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_times_of_an_export_are_written_as_those_of_a_query(source: tuple[str, list[str]]) -> None:
    url, asked = source
    arguments = parse_arguments(["export", "up", "--url", url, "--start", "-1h", "--end", "1970-01-01T00:00:01.5Z"])
    export_server(arguments, io.BytesIO())
    parameters = parse_qs(urlsplit(asked[0]).query)
    assert time.time() - float(parameters["start"][0]) == pytest.approx(3600, abs=60)
    assert parameters["end"] == ["1.500"]
    assert time_bounds(arguments)[1] == 1500


def test_without_times_an_export_is_of_everything(source: tuple[str, list[str]]) -> None:
    url, asked = source
    export_server(parse_arguments(["export", "up", "--url", url]), io.BytesIO())
    assert set(parse_qs(urlsplit(asked[0]).query)) == {"match[]", "format"}


def test_a_refusal_is_told_in_the_words_of_the_source(source: tuple[str, list[str]]) -> None:
    url, _ = source
    with pytest.raises(SourceFailed, match="the source answered 400 parse error: no: "):
        export_server(parse_arguments(["export", "nope", "--url", url]), io.BytesIO())


def test_a_refused_query_keeps_the_hint_of_the_server(source: tuple[str, list[str]]) -> None:
    url, _ = source
    remote = open_remote(parse_arguments(["query", "values", "nope", "--url", url]), {})
    with pytest.raises(VedetteError) as refused:
        remote.label_values("nope", (), (None, None))
    assert str(refused.value) == "parse error: no\nhint: say yes"
