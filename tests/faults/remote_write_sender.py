"""kill -9 of a sender: what it scraped and committed arrives whole at a Prometheus (1.0 and 2.0) and at another of ours.

The sender is killed again and again under load, floats and histograms; the receivers stay. At the end the sender runs until
its queues are empty: every receiver then holds the sender's samples, each at its time with its value.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from tests.asking import Service, wait_until
from tests.faults.ingest import TARGETS, CountingTarget, scrape_config
from tests.harness import Options, Outcome
from tests.prometheus import Prometheus
from tests.server import Vedette

RUN_S: Final = (3.0, 6.0)
DRAIN_LIMIT_S: Final = 120.0
SELECTOR: Final = '{__name__=~"counted_.*"}'
BUCKETS: Final = ("0.5", "1", "+Inf")

Samples = dict[tuple[str, ...], list[tuple[float, str]]]
"""By name, instance and row."""


class HistogramTarget(CountingTarget):
    """Its page has a classic histogram, too, whose counts are the page's number."""

    def next_page(self) -> bytes:
        page, number = super().next_page(), len(self.served)
        buckets = "".join(f'counted_delay_bucket{{le="{le}"}} {(i + 1) * number}\n' for i, le in enumerate(BUCKETS))
        total = f"counted_delay_sum {number}\ncounted_delay_count {len(BUCKETS) * number}\n"
        return page + f"# TYPE counted_delay histogram\n{buckets}{total}".encode()


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(4)
    chance = random.Random(options.seed)
    targets = [HistogramTarget(f"t{number}") for number in range(TARGETS)]
    survived, failures = 0, []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for target in targets:
            stack.callback(target.close)
        receivers = {name: stack.enter_context(one) for name, one in make_receivers(Path(folder)).items()}
        config = Path(folder) / "prometheus.yml"
        native = "scrape_native_histograms: true, convert_classic_histograms_to_nhcb: true"
        scraping = scrape_config(targets).replace("global: {", f"global: {{{native}, ")
        config.write_text(scraping + remote_write(receivers))
        for number in range(1, rounds + 1):
            problem = one_round(Path(folder) / "sender", config, chance)
            problem = problem or (
                compare_drained(Path(folder) / "sender", config, receivers) if number == rounds else ""
            )
            if problem:
                failures.append(f"round {number}: {problem}")
            else:
                survived += 1
    yield Outcome("remote-write-sender", survived, rounds, failures=failures)


def make_receivers(folder: Path) -> dict[str, Any]:
    receives = "--web.enable-remote-write-receiver"
    return {
        "first": Prometheus(folder / "first", "{}\n", receives),
        "second": Prometheus(folder / "second", "{}\n", receives),
        "ours": Vedette(folder / "ours", "--no-node-job"),
    }


def remote_write(receivers: Mapping[str, Service]) -> str:
    messages = {"second": "io.prometheus.write.v2.Request", "ours": "io.prometheus.write.v2.Request"}
    lines = ["remote_write:\n"]
    for name, receiver in receivers.items():
        message = messages.get(name, "prometheus.WriteRequest")
        lines.append(
            f"  - {{name: {name}, url: '{receiver.url}/api/v1/write', protobuf_message: {message},\n"
            "     send_native_histograms: true,\n"
            f"     queue_config: {{max_samples_per_send: 300, batch_send_deadline: 500ms}}}}\n"
        )
    return "".join(lines)


def one_round(data: Path, config: Path, chance: random.Random) -> str:
    sender = Vedette(data, "--config", str(config), "--no-node-job")
    try:
        sender.start()
        time.sleep(chance.uniform(*RUN_S))
        return "" if sender.running() else "the sender ended:\n" + sender.log_end(20)
    except RuntimeError as error:
        return str(error)
    finally:
        sender.kill()


def compare_drained(data: Path, config: Path, receivers: Mapping[str, Service]) -> str:
    """The difference that stays once nothing more comes, or nothing."""
    quiet = config.with_name("quiet.yml")
    quiet.write_text(remote_write(receivers))
    with Vedette(data, "--config", str(quiet), "--no-node-job") as sender:
        sender.wait_until_ready()
        expected = samples_of(sender)
        if not any(name == "counted_delay" for name, *_ in expected):
            return f"the sender holds no histograms, but {len(expected)} series"
        found: dict[str, Samples] = {}

        def drained() -> bool:
            found.update({name: samples_of(receiver) for name, receiver in receivers.items()})
            return all(one == expected for one in found.values())

        if wait_until(drained, DRAIN_LIMIT_S, every_s=1.0):
            return ""
        return "; ".join(f"{name}: {difference(expected, one)}" for name, one in found.items() if one != expected)


def samples_of(service: Service) -> Samples:
    found: Samples = {}
    for series in service.api("query", query=f"{SELECTOR}[2h]")["result"]:
        key = tuple(series["metric"].get(name, "") for name in ("__name__", "instance", "row"))
        rows = [*series.get("values", ()), *series.get("histograms", ())]
        found[key] = [(time, json.dumps(value, sort_keys=True)) for time, value in rows]
    return found


def difference(expected: Samples, found: Samples) -> str:
    missing = {key: sorted(set(rows) - set(found.get(key, ()))) for key, rows in expected.items()}
    extra = {key: sorted(set(rows) - set(expected.get(key, ()))) for key, rows in found.items()}
    n_missing, n_extra = sum(map(len, missing.values())), sum(map(len, extra.values()))
    example = next((f"{key} {rows[:3]}" for key, rows in {**extra, **missing}.items() if rows), "")
    return f"{n_missing} samples missing of {sum(map(len, expected.values()))}, {n_extra} too many: {example}"
