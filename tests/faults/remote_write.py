"""kill -9 of a receiver: what Prometheus remote-writes (1.0 and 2.0), and what another reads back from us, is all there.

Two Prometheus scrape the same targets and write to us, one in each version; a third one, without data of its own, reads from
us all the time. Ours is killed again and again. At the end, once the queues are empty, ours holds what each sender holds, bit
for bit, stale markers included, and so does what the reader answers; nothing it answered before was anything else.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.ingest import TARGETS, CountingTarget, scrape_config
from tests.harness import Options, Outcome
from tests.prometheus import Prometheus
from tests.remote_reading import difference, read_chunks, read_samples
from tests.server import Vedette
from tests.settings import free_port
from vedette.model.matchers import Matcher, MatchType

RUN_S: Final = (1.5, 4.0)
STILL_S: Final = 60.0
"""So long nothing may arrive before the rest counts as lost: how long the queues take depends on the machine."""
MESSAGES: Final = {"one": "prometheus.WriteRequest", "two": "io.prometheus.write.v2.Request"}
"""By sender: the version that it writes."""
COUNTED: Final = Matcher("__name__", MatchType.EQUAL, "counted_page")
PAGES: Final = "counted_page[3h]"

Points = set[tuple[str, float, str]]


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(4)
    chance = random.Random(options.seed)
    survived, failures = 0, []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        targets = [CountingTarget(f"t{number}") for number in range(TARGETS)]
        for target in targets:
            stack.callback(target.close)
        field_ = Field(Path(folder), f"http://127.0.0.1:{free_port()}", targets)
        for name in MESSAGES:
            field_.senders[name] = stack.enter_context(field_.make_sender(name))
        reader = stack.enter_context(field_.make_reader())
        for number in range(1, rounds + 1):
            last = number == rounds
            problem = field_.end(reader) if last and not failures else field_.one_round(reader, chance)
            if problem:
                failures.append(f"round {number}: {problem}")
            else:
                survived += 1
    yield Outcome("remote-write", survived, rounds, failures=failures)


@dataclass
class Field:
    """`read`: what the reader was ever answered, to be held against the senders at the end."""

    folder: Path
    url: str
    targets: list[CountingTarget]
    senders: dict[str, Prometheus] = field(default_factory=dict)
    read: Points = field(default_factory=set)

    def make_sender(self, name: str) -> Prometheus:
        config = scrape_config(self.targets).replace("global: {", f"global: {{external_labels: {{sender: {name}}}, ")
        config += (
            f"remote_write:\n  - url: {self.url}/api/v1/write\n    protobuf_message: {MESSAGES[name]}\n"
            "    queue_config: {max_samples_per_send: 500, batch_send_deadline: 500ms, max_backoff: 1s}\n"
        )
        return Prometheus(self.folder / name, config, "--storage.remote.flush-deadline=1s")  # ours may be away by then

    def make_reader(self) -> Prometheus:
        return Prometheus(
            self.folder / "reader", f"remote_read: [{{url: '{self.url}/api/v1/read', read_recent: true}}]\n"
        )

    def make_receiver(self) -> Vedette:
        quiet = self.folder / "quiet.yml"
        quiet.write_text("scrape_configs: []\n")
        address = self.url.removeprefix("http://")
        return Vedette(self.folder / "ours", "--config", str(quiet), "--no-node-job", "--listen", address)

    def one_round(self, reader: Prometheus, chance: random.Random) -> str:
        """Ours lives for some seconds, is read from, and is killed. The problem found, or nothing."""
        receiver = self.make_receiver()
        try:
            receiver.start()
            until = time.monotonic() + chance.uniform(*RUN_S)
            while time.monotonic() < until:
                self.read |= points_of(reader)
                time.sleep(0.2)
            return "" if receiver.running() else "the receiver ended:\n" + receiver.log_end(20)
        except (RuntimeError, OSError, AssertionError) as error:
            return str(error)
        finally:
            receiver.kill()

    def end(self, reader: Prometheus) -> str:
        """The last round: killed once more, then left alone until all agree."""
        problem = self.one_round(reader, random.Random(0))
        if problem:
            return problem
        for target in self.targets:
            target.close()  # series end: stale markers travel, too
        with self.make_receiver() as receiver:
            problems: dict[str, str] = {}

            def agree() -> bool:
                problems.update({name: self.compare(name, receiver) for name in self.senders})
                return not any(problems.values())

            still_since, seen = time.monotonic(), dict(problems)
            while not agree():
                if problems != seen:
                    still_since, seen = time.monotonic(), dict(problems)
                elif time.monotonic() - still_since > STILL_S:
                    return "; ".join(f"{name}: {text}" for name, text in problems.items() if text)
                time.sleep(2.0)
            held = set[tuple[str, float, str]]().union(*(points_of(sender) for sender in self.senders.values()))
            now = points_of(reader)
            if now != held:
                return f"the reader answers {len(now)} points, the senders hold {len(held)}"
            return f"the reader was answered {len(self.read - held)} false points" if self.read - held else ""

    def compare(self, name: str, receiver: Vedette) -> str:
        now_ms = time.time_ns() // 1_000_000
        bounds = now_ms - 3 * 3600 * 1000, now_ms
        own = Matcher("sender", MatchType.EQUAL, name)
        expected = read_samples(self.senders[name], (COUNTED,), *bounds)
        if len(expected) < TARGETS * 100:
            return f"only {len(expected)} series"
        found = read_samples(receiver, (COUNTED, own), *bounds)
        if found != read_chunks(receiver, (COUNTED, own), *bounds):
            return "samples and chunks differ"
        return difference(expected, found)


def points_of(service: Prometheus) -> Points:
    """What a query of raw samples answers: (row and instance, time, value); nothing while ours is away."""
    try:
        answer = service.api("query", query=PAGES)["result"]
    except (OSError, AssertionError):
        return set()
    return {
        (f"{series['metric']['instance']} {series['metric']['row']}", time_s, value)
        for series in answer
        for time_s, value in series["values"]
    }
