"""`vedette agent` as an operator runs it: what it serves, whom it refuses, how it stops, and how light it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tests.harness import Options, Outcome
from tests.server import Vedette
from tests.settings import ROOT

RSS_BYTES_MAX: Final = 60_000_000
HEAVY_MODULES: Final = ("chdb", "numba", "llvmlite", "numpy", "pyarrow", "vedette.kernels", "vedette.store")
_PAGES_BEFORE_MEASURE: Final = 20
_START_SECONDS_MAX: Final = 60

Check = Callable[[Vedette], None]
"""Takes the running agent. Raises AssertionError."""


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("agent", 0, len(CHECKS))
    with tempfile.TemporaryDirectory(prefix="vedette-agent-") as folder:
        (Path(folder) / "backup.prom").write_text("backup_age_seconds 12\n")
        with Vedette(Path(folder), "--collector.textfile.directory", folder, verb="agent") as agent:
            for check in CHECKS:
                try:
                    check(agent)
                    outcome.passed += 1
                except AssertionError as error:
                    asserted = traceback.extract_tb(error.__traceback__)[-1].line
                    outcome.failures.append(f"{check.__name__}: {asserted}: {error}")
    yield outcome


def it_says_where_it_listens(agent: Vedette) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", agent.url), agent.url


def it_serves_this_machines_metrics(agent: Vedette) -> None:
    status, body = agent.get("/metrics/node")
    assert status == 200, body
    assert b'\nnode_cpu_seconds_total{cpu="0",mode="user"} ' in body, body[:500]
    assert b'\nnode_scrape_collector_success{collector="meminfo"} 1\n' in body, body[:500]


def it_serves_the_text_files(agent: Vedette) -> None:
    assert b"\nbackup_age_seconds 12\n" in agent.get("/metrics/node")[1]


def it_serves_its_own_metrics(agent: Vedette) -> None:
    status, body = agent.get("/metrics")
    assert status == 200, body
    assert b"# TYPE " in body, body[:500]


def it_is_healthy(agent: Vedette) -> None:
    assert agent.get("/-/healthy") == (200, b"Vedette is healthy.\n")


def it_has_no_other_page(agent: Vedette) -> None:
    assert agent.get("/api/v1/query?query=up")[0] == 404


def it_refuses_an_unknown_host(agent: Vedette) -> None:
    assert agent.get("/metrics/node", {"Host": "elsewhere.example"})[0] == 403


def it_stays_small(agent: Vedette) -> None:
    for _ in range(_PAGES_BEFORE_MEASURE):
        agent.get("/metrics/node")
    status = Path(f"/proc/{agent.pid}/status").read_text()
    rss_bytes = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]
    assert rss_bytes < RSS_BYTES_MAX, f"{rss_bytes} bytes at its peak"


def it_maps_no_library_of_the_heavy_kind(agent: Vedette) -> None:
    mapped = Path(f"/proc/{agent.pid}/maps").read_text()
    assert not [name for name in HEAVY_MODULES if f"/{name}/" in mapped]


def its_modules_are_light(agent: Vedette) -> None:
    program = f"import sys, vedette.app.agent; print(*(name for name in {HEAVY_MODULES} if name in sys.modules))"
    loaded = _python("-c", program)
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split() == [], loaded.stdout


def it_refuses_a_public_address_without_tls_and_users(agent: Vedette) -> None:
    refused = _python("-m", "vedette.app.cli", "agent", "--listen", "0.0.0.0:0")
    assert refused.returncode != 0
    assert "listening" not in refused.stdout, refused.stdout
    assert "refusing to listen off loopback without TLS and users" in refused.stderr, refused.stderr
    assert "hint: " in refused.stderr, refused.stderr


def it_ends_well_when_told_to_stop(agent: Vedette) -> None:
    assert agent.stop() == 0, list(agent.log)


CHECKS: Final[tuple[Check, ...]] = (
    it_says_where_it_listens,
    it_serves_this_machines_metrics,
    it_serves_the_text_files,
    it_serves_its_own_metrics,
    it_is_healthy,
    it_has_no_other_page,
    it_refuses_an_unknown_host,
    it_stays_small,
    it_maps_no_library_of_the_heavy_kind,
    its_modules_are_light,
    it_refuses_a_public_address_without_tls_and_users,
    it_ends_well_when_told_to_stop,
)
"""In this order: the last one ends the agent."""


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=_START_SECONDS_MAX,
        check=False,
    )
