"""Our remote write against real receivers: a Prometheus (1.0 and 2.0) and another of ours get histograms and exemplars, too.

The sender is fed by remote write with the native series of the differential tests and exemplars beside them; whatever its
receivers answer afterwards must be what it answers itself.
"""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests import write_requests as rw
from tests.asking import Service, wait_until
from tests.differential.promql_data import START_S, Series, write_requests
from tests.differential.promql_native_data import NATIVE_METRICS, native_series
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus
from tests.real.remote_read_histograms import by_metric, first_difference
from tests.remote_writing import HEADERS, PATH, WrittenSample, write
from tests.server import Vedette
from vedette.model.labels import Labels

_SEED: Final = 17
_MINUTES: Final = 50
"""Less than the hour that a head of the reference looks back."""
_END_S: Final = START_S + _MINUTES * 60
_SENT_WITHIN_S: Final = 60.0
_RECEIVES: Final = ("--web.enable-remote-write-receiver", "--enable-feature=exemplar-storage")
_V2: Final = "io.prometheus.write.v2.Request"
_ACCEPTS_V2: Final = f"--web.remote-write-receiver.accepted-protobuf-messages={_V2}"
_KEPT: Final = "--storage.tsdb.retention.time=100y"
_OURS_KEPT: Final = ("--no-node-job", "--storage.retention.time", "100y")
_TRACED: Final = "traced_total"
_EXEMPLARS: Final = 40


def run(options: Options) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.yml").write_text("")
        with (
            Prometheus(folder / "first", "{}\n", *_RECEIVES, _KEPT) as first,
            Prometheus(folder / "second", "{}\n", *_RECEIVES, _ACCEPTS_V2, _KEPT) as second,
            Vedette(folder / "other", "--config", str(folder / "empty.yml"), *_OURS_KEPT) as other,
        ):
            receivers = {"first": first, "second": second, "other": other}
            config = folder / "sender.yml"
            config.write_text(remote_write(receivers))
            with Vedette(folder / "sender", "--config", str(config), *_OURS_KEPT) as sender:
                sender.wait_until_ready()
                wait_until_sending(sender, receivers)
                feed(sender)
                yield run_checks("remote-write-sender", CHECKS, sender, receivers)


def remote_write(receivers: Mapping[str, Service]) -> str:
    messages = {"first": "prometheus.WriteRequest", "second": _V2, "other": _V2}
    remotes = [
        f"  - {{name: {name}, url: '{receiver.url}/api/v1/write', protobuf_message: {messages[name]},\n"
        "     send_native_histograms: true, send_exemplars: true,\n"
        "     queue_config: {max_samples_per_send: 300, batch_send_deadline: 500ms}}\n"
        for name, receiver in receivers.items()
    ]
    return "".join(["remote_write:\n", *remotes])


def wait_until_sending(sender: Service, receivers: Mapping[str, Service]) -> None:
    """A sender begins with what is committed after its start."""
    sent = 0

    def all_have_begun() -> bool:
        nonlocal sent
        sent += 1
        labels = Labels.of(__name__="begun", number=str(sent))
        write(sender, [(labels, [WrittenSample(START_S * 1000, 1.0)])])
        asked = {"query": "begun", "time": str(START_S)}
        return all(receiver.api("query", **asked)["result"] for receiver in receivers.values())

    assert wait_until(all_have_begun, _SENT_WITHIN_S, every_s=0.5)


def feed(sender: Service) -> None:
    series = [
        Series(one.labels, tuple(sample for sample in one.samples if sample.time_ms < _END_S * 1000))
        for one in native_series(random.Random(_SEED))
    ]
    for request in write_requests(series):
        write(sender, request)
    symbols = rw.Symbols()
    traced = rw.Series.of(
        {"__name__": _TRACED, "job": "api"},
        *((START_S * 1000 + 15_000 * i, float(i)) for i in range(_EXEMPLARS)),
        extra=b"".join(exemplar(symbols, START_S * 1000 + 15_000 * i, i) for i in range(_EXEMPLARS)),
    )
    body = rw.snappy(rw.request_v2([traced], symbols))
    status, answer = sender.get(PATH, HEADERS, method="POST", body=body)
    assert status == 204, answer[:500]


def exemplar(symbols: rw.Symbols, time_ms: int, number: int) -> bytes:
    fields = symbols.refs([("trace_id", f"trace-{number}")]) + b"\x11" + struct.pack("<d", number / 4)
    return rw.message(4, fields + rw.integer(3, time_ms))


def every_receiver_has_the_sender_s_samples(sender: Vedette, receivers: Mapping[str, Service]) -> None:
    for metric in (*(one.name for one in NATIVE_METRICS), _TRACED):
        asked = {"query": f"{metric}[{_MINUTES}m]", "time": str(_END_S)}
        expected = by_metric(sender.api("query", **asked)["result"])
        assert expected, metric
        for name, receiver in receivers.items():
            found = wait_for(
                expected, lambda receiver=receiver, asked=asked: by_metric(receiver.api("query", **asked)["result"])
            )
            assert found == expected, (name, metric, first_difference(expected, found))


def wait_for(expected: Any, ask: Callable[[], Any]) -> Any:
    """The last answer: `expected`, if it came in time."""
    answers: list[Any] = []

    def arrived() -> bool:
        answers.append(ask())
        return bool(answers[-1] == expected)

    wait_until(arrived, _SENT_WITHIN_S, every_s=0.5)
    return answers[-1]


def every_receiver_has_the_sender_s_exemplars(sender: Vedette, receivers: Mapping[str, Service]) -> None:
    asked = {"query": _TRACED, "start": str(START_S), "end": str(_END_S)}
    expected = sender.api("query_exemplars", **asked)
    assert len(expected[0]["exemplars"]) == _EXEMPLARS
    for name, receiver in receivers.items():
        found = wait_for(expected, lambda receiver=receiver: receiver.api("query_exemplars", **asked))
        assert found == expected, name


def nothing_was_refused(sender: Vedette, receivers: Mapping[str, Service]) -> None:
    status, page = sender.get("/metrics")
    assert status == 200
    for kind in ("samples", "histograms", "exemplars"):
        for what in ("failed", "dropped"):
            lines = [
                line
                for line in page.decode().splitlines()
                if line.startswith(f"prometheus_remote_storage_{kind}_{what}_total")
            ]
            assert all(line.endswith(" 0.0") for line in lines), lines


CHECKS: Final = (
    every_receiver_has_the_sender_s_samples,
    every_receiver_has_the_sender_s_exemplars,
    nothing_was_refused,
)
