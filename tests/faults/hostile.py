"""Hostile input, end to end: each case must leave a clear error and a metric behind, and a server that still answers.

One server scrapes targets that each misbehave in their own way; afterwards their `lastError` is read from the targets
API, and the honest target beside them must have lost nothing. Then hostile queries, requests (hostile_doors.py) and data directories.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from benchmarks.processes import rss_megabytes
from tests.faults.hostile_doors import attack_doors
from tests.harness import Options, Outcome
from tests.page_server import Answer, PageServer, send_page
from tests.server import Vedette

GIGABYTE = 1 << 30
SETTLE_S = 12.0
RETRY_S = 20.0
MEMORY_MB_MAX = 2_500
"""Two pages of IngestLimits.body_bytes_max are in work at once, each held up to four times over: as it came, inflated, padded, cut."""


@cache
def gzip_bomb() -> bytes:
    """A gigabyte of a comment that never ends, in about a megabyte."""
    piece = gzip.compress(b"# " + b"x" * (16 << 20), 9)
    return piece * (GIGABYTE // (16 << 20))


def drip(handler: BaseHTTPRequestHandler) -> None:
    """One byte a second, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain; version=0.0.4")
    handler.end_headers()
    for byte in b"drip 1\n" * 100:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(1)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain; version=0.0.4")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"cut 1\ncut_short{a=")


TARGETS: dict[str, Answer] = {
    "malformed": lambda handler: send_page(handler, b'fine 1\nbroken{a="b" 2\n'),
    "truncated": cut,
    "gzip_bomb": lambda handler: send_page(handler, gzip_bomb(), Content_Encoding="gzip"),
    "long_line": lambda handler: send_page(handler, b'line{a="' + b"x" * (100 << 20) + b'"} 1\n'),
    "label_explosion": lambda handler: send_page(
        handler, b"labels{" + b",".join(b'l%d="v"' % number for number in range(200_000)) + b"} 1\n"
    ),
    "one_byte_a_second": drip,
    "invalid_utf8": lambda handler: send_page(handler, b'text{a="\xff\xfe"} 1\n'),
    "not_metrics": lambda handler: send_page(handler, b"<html>hello</html>\n"),
    "broken_gzip": lambda handler: send_page(handler, gzip.compress(b"x 1\n" * 1000)[:-20], Content_Encoding="gzip"),
    "series_explosion": lambda handler: send_page(handler, b"".join(b'many{i="%d"} 1\n' % i for i in range(50_000))),
}
LIMITED = {"series_explosion": "sample_limit: 10000"}


class HostileTargets(PageServer):
    """All of them on one port, by path; `/honest` counts its pages and `/clock` sends timestamps that jump."""

    def __init__(self) -> None:
        self.pages = 0
        super().__init__(self._answer)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.strip("/")
        if name == "honest":
            self.pages += 1
            send_page(handler, b"honest %d\n" % self.pages)
        elif name == "clock":
            self.send_jumping_clock(handler)
        else:
            TARGETS[name](handler)

    def send_jumping_clock(self, handler: BaseHTTPRequestHandler) -> None:
        """An hour back, a year back, a day ahead, now: only what is inside the windows may be kept."""
        now = int(time.time() * 1000)
        times = {
            "hour_back": now - 3_600_000,
            "year_back": now - 365 * 86_400_000,
            "day_ahead": now + 86_400_000,
            "now": now,
        }
        send_page(handler, "".join(f'jump{{to="{name}"}} 1 {at}\n' for name, at in times.items()).encode())

    def config(self) -> str:
        jobs = "".join(
            f"  - job_name: {name}\n    metrics_path: /{name}\n    static_configs: [{{targets: ['{self.address}']}}]\n"
            + (f"    {LIMITED[name]}\n" if name in LIMITED else "")
            for name in ("honest", "clock", *TARGETS)
        )
        return f"global: {{scrape_interval: 3s, scrape_timeout: 2s}}\nscrape_configs:\n{jobs}"


def run(options: Options) -> Iterable[Outcome]:
    failures: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, problem in [*attack_by_scraping(Path(folder)), *attack_the_directory(Path(folder))]:
            total += 1
            if problem:
                failures.append(f"{name}: {problem}")
    yield Outcome("hostile", total - len(failures), total, failures=failures)


def attack_by_scraping(folder: Path) -> Iterator[tuple[str, str]]:
    gzip_bomb()
    targets = HostileTargets()
    config = folder / "prometheus.yml"
    config.write_text(targets.config())
    with Vedette(folder / "scraped", "--config", str(config), "--no-node-job") as server:
        server.wait_until_ready()
        time.sleep(SETTLE_S)
        for name in TARGETS:
            yield name, retried(lambda name=name: expect_refused(server, name))
        yield "clock", expect_windows(server)
        yield "honest neighbour", expect_honest(server, targets)
        yield from attack_by_requests(server)
        yield from attack_doors(server)
        between_pages = min(sampled_rss(server.pid))
        yield "memory", "" if between_pages < MEMORY_MB_MAX else f"{between_pages:.0f} MB"
    targets.close()


def retried(check: Callable[[], str]) -> str:
    """What is wrong after a while: on a busy machine a scrape may still be on its way."""
    deadline = time.monotonic() + RETRY_S
    while (problem := check()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return problem


def sampled_rss(pid: int) -> Iterator[float]:
    """Megabytes, every half second: pages are in work at some moments and given back at others."""
    for _ in range(12):
        yield rss_megabytes(pid)
        time.sleep(0.5)


def expect_refused(server: Vedette, name: str) -> str:
    target = next(one for one in server.api("targets")["activeTargets"] if one["labels"]["job"] == name)
    if target["health"] != "down" or not target["lastError"]:
        return f"health {target['health']}, error {target['lastError']!r}"
    found = server.api("query", query=f'up{{job="{name}"}}')["result"]
    return "" if found and found[0]["value"][1] == "0" else f"up is {found}"


def expect_windows(server: Vedette) -> str:
    """`now` is kept; what is too old or too far ahead is counted, not stored."""
    kept = {series["metric"]["to"] for series in server.api("query", query="last_over_time(jump[10m])")["result"]}
    ancient = server.api("query", query="count_over_time(jump[2y])")["result"]
    stored = {series["metric"]["to"] for series in ancient}
    if "now" not in kept:
        return f"the present is missing: {kept}"
    return "" if "day_ahead" not in stored else "a sample from tomorrow was stored"


def expect_honest(server: Vedette, targets: HostileTargets) -> str:
    """Every page is stored, but for scrapes that failed and said so (this process serves all targets, and may be late)."""
    pages = targets.pages
    ups = server.api("query", query='up{job="honest"}[5m]')["result"][0]["values"]
    failed = sum(value == "0" for _, value in ups)
    values = {int(float(value)) for _, value in server.api("query", query="honest[5m]")["result"][0]["values"]}
    missing = set(range(1, pages)) - values
    return f"pages {sorted(missing)} of {pages} are missing, {failed} scrapes failed" if len(missing) > failed else ""


def attack_by_requests(server: Vedette) -> Iterator[tuple[str, str]]:
    for name, path, statuses in (
        ("too many steps", "query_range?query=up&start=0&end=1e9&step=1", (400,)),
        ("10^10 samples", "query_range?query=sum_over_time(vector(1)[100y:1ms])&start=0&end=10000&step=1", (422, 503)),
        ("deep nesting", f"query?query={'(' * 20_000}1{')' * 20_000}", (400, 413, 414)),
        (
            "pathological regex",
            "query?query=" + urllib.parse.quote('up{job=~"(a+)+$' + "(x|y)*" * 50 + '"}'),
            (200, 400),
        ),
        ("huge regex", "query?query=" + urllib.parse.quote('up{job=~"(a{1000}){1000}"}'), (400,)),
        ("no such thing", "no/such/thing", (404,)),
        ("bad time", "query?query=up&time=yesterday", (400,)),
    ):
        started = time.monotonic()
        status, body = server.get(f"/api/v1/{path}", timeout_s=150)
        problem = "" if status in statuses else f"status {status}: {body[:200]!r}"
        if not problem and status != 200 and json.loads(body).get("status") != "error":
            problem = f"no error envelope: {body[:200]!r}"
        yield name, problem or ("" if time.monotonic() - started < 140 else "took too long")
    for name, headers in (
        ("unknown host", {"Host": "evil.example"}),
        ("cross-site origin", {"Origin": "https://evil.example"}),
        ("cross-site fetch", {"Sec-Fetch-Site": "cross-site"}),
    ):
        status, _ = server.get("/api/v1/query?query=up", headers)
        yield name, "" if status == 403 else f"status {status}"
    status, _ = server.get("/api/v1/query?query=up")
    yield "still answers", "" if status == 200 else f"status {status}"


def attack_the_directory(folder: Path) -> Iterator[tuple[str, str]]:
    data = folder / "directory"
    with Vedette(data) as server:
        server.wait_until_ready()
        yield "directory in use", expect_start_refused(data, "in use")
    version = next(path for path in data.iterdir() if "version" in path.name.lower() or "schema" in path.name.lower())
    kept = version.read_text()
    version.write_text(re.sub(r"\d+", "999", kept, count=1))
    yield "newer schema", expect_start_refused(data, "newer")
    version.write_text(kept)
    with Vedette(data) as server:
        server.wait_until_ready()
        yield "opens again", ""


def expect_start_refused(data: Path, word: str) -> str:
    second = Vedette(data)
    try:
        second.start()
    except RuntimeError as error:
        return "" if word in str(error) and "hint:" in str(error) else f"unclear: {str(error)[-300:]}"
    second.kill()
    return "it started"
