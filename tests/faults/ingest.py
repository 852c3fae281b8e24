"""kill -9 under scrape load: every page that a target served more than 10 s before a kill is whole after it.

Each target counts its pages and serves the count as the value of all its series. After every restart the store is asked
for the raw samples; a guaranteed page of which one series lacks the value, or holds it at two times, is a loss. A page whose
scrape failed (it took longer than the timeout: `up` says so) was not received and is not guaranteed; nor is one that a target
wrote to a process that was dead already, which happens once in some tens of kills.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.harness import Options, Outcome
from tests.page_server import PageServer, send_page
from tests.server import Vedette

TARGETS = 4
SERIES = 250
SCRAPE_INTERVAL_S = 1
GUARANTEED_AFTER_S = 10.0
RUN_S = (10.5, 13.5)
READY_LIMIT_S = 30.0


class Served(NamedTuple):
    monotonic_s: float
    wall_s: float


class Life(NamedTuple):
    """Of one process, by the monotonic clock: from before its start to before its kill."""

    started_s: float
    killed_s: float


class CountingTarget(PageServer):
    """Serves page n with every series at value n, and remembers when."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.served: dict[int, Served] = {}
        super().__init__(lambda handler: send_page(handler, self.next_page()))

    def next_page(self) -> bytes:
        number = len(self.served) + 1
        self.served[number] = Served(time.monotonic(), time.time())
        return "".join(f'counted_page{{row="{row}"}} {number}\n' for row in range(SERIES)).encode()


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(3)
    chance = random.Random(options.seed)
    targets = [CountingTarget(f"t{number}") for number in range(TARGETS)]
    survived, failures = 0, []
    lives: list[Life] = []
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text(scrape_config(targets))
        for number in range(1, rounds + 1):
            problem = one_round(Path(folder) / "data", config, targets, lives, chance)
            if problem:
                failures.append(f"round {number}: {problem}")
            else:
                survived += 1
    for target in targets:
        target.close()
    yield Outcome("ingest", survived, rounds, failures=failures)


def one_round(data: Path, config: Path, targets: list[CountingTarget], lives: list[Life], chance: random.Random) -> str:
    """Starts, checks everything promised so far, runs under load, kills. The problem found, or nothing."""
    server = Vedette(data, "--config", str(config), "--no-node-job")
    started_s = time.monotonic()
    try:
        server.start()
        server.wait_until_ready(READY_LIMIT_S)
        problem = find_loss(server, targets, lives)
        time.sleep(chance.uniform(*RUN_S))
    except (RuntimeError, AssertionError, OSError) as error:
        problem = str(error)
    finally:
        lives.append(Life(started_s, time.monotonic()))
        server.kill()
    return problem


def find_loss(server: Vedette, targets: list[CountingTarget], lives: list[Life]) -> str:
    for target in targets:
        promised = {
            number
            for number, (served_s, _) in target.served.copy().items()
            if any(life.started_s < served_s < life.killed_s - GUARANTEED_AFTER_S for life in lives)
        }
        if not promised:
            continue
        promised -= unreceived(server, target, promised)
        answer = server.api("query", query=f'counted_page{{instance="{target.address}"}}[1d]')["result"]
        if len(answer) != SERIES:
            return f"{target.name}: {len(answer)} series of {SERIES}"
        for series in answer:
            values = [int(float(value)) for _, value in series["values"] if value != "NaN"]
            missing = promised - set(values)
            if missing:
                return f"{target.name} row {series['metric']['row']}: pages {sorted(missing)[:5]} are lost ({len(missing)} of {len(promised)})"
            if len(values) != len(set(values)):
                return f"{target.name} row {series['metric']['row']}: a page stands at two times"
    return ""


def unreceived(server: Vedette, target: CountingTarget, pages: set[int]) -> set[int]:
    """Those of the pages that were served within a scrape that failed."""
    answer = server.api("query", query=f'up{{instance="{target.address}"}}[1d]')["result"]
    failed = [time for series in answer for time, value in series["values"] if value == "0"]
    found = {
        page for page in pages if any(-0.1 <= target.served[page].wall_s - time <= SCRAPE_INTERVAL_S for time in failed)
    }
    if found:
        print(f"  {target.name}: pages {sorted(found)} were not received in time", flush=True)
    return found


def scrape_config(targets: list[CountingTarget]) -> str:
    addresses = ", ".join(f'"{target.address}"' for target in targets)
    return (
        f"global: {{scrape_interval: {SCRAPE_INTERVAL_S}s, scrape_timeout: {SCRAPE_INTERVAL_S}s}}\n"
        f"scrape_configs:\n  - job_name: counted\n    static_configs: [{{targets: [{addresses}]}}]\n"
    )
