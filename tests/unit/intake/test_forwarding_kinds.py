"""Remote write's sender: native histograms, exemplars and start times, as the configuration and the version allow."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.intake.test_forwarding import NOW, FakeClient, counted, make, put, run_from_start, status
from tests.unit.wire.test_remote_write_entries import read
from vedette.model.blocks import ExemplarBatch, HistogramBatch, SampleBatch
from vedette.model.histograms import CounterReset, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.store.memory import MemoryStore
from vedette.wire.remote_write import Message

SHOWN = NativeHistogram(1, 3.0, 4.5, 1.0, 0.5, {1: 1.0, 4: 1.0}, hint=CounterReset.GAUGE)
BOTH = "send_native_histograms: true, send_exemplars: true"
V2 = "protobuf_message: io.prometheus.write.v2.Request"
TRACE = Labels.of(trace_id="abc")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(windows=False)


def put_histogram(store: MemoryStore, row: str, time: int, start: int = 0) -> None:
    refs = store.register(SYSTEM, [Labels.of(__name__="m", row=row)])
    starts = np.array([start], np.int64)
    store.append_histograms(SYSTEM, HistogramBatch(refs, np.array([time]), Histograms.of([SHOWN]), starts))


def put_exemplar(store: MemoryStore, row: str, time: int) -> None:
    refs = store.register(SYSTEM, [Labels.of(__name__="m", row=row)])
    store.append_exemplars(SYSTEM, ExemplarBatch(refs, np.array([time]), np.array([0.5]), [TRACE]))


def put_counter(store: MemoryStore, row: str, time: int, start: int) -> None:
    refs = store.register(SYSTEM, [Labels.of(__name__="m", row=row)])
    store.append(SYSTEM, SampleBatch(refs, np.array([time]), np.array([0.0]), np.array([start], np.int64)))


def kinds_sent(client: FakeClient, message: Message) -> list[tuple[str, list[str]]]:
    names = {int: "float", NativeHistogram: "histogram", tuple: "exemplar"}
    series = [one for body in client.bodies for one in read(body, message)]
    return sorted((labels.get("row"), [names[type(value)] for _, value, _ in rows]) for labels, rows in series)


@pytest.mark.parametrize(("setting", "message"), [("", Message.V1), (V2 + ",", Message.V2)])
def test_histograms_and_exemplars_are_sent_where_the_configuration_says_so(store, tmp_path, setting, message):
    put(store, "a", [NOW])
    put_exemplar(store, "a", NOW - 5)
    put_histogram(store, "b", NOW)
    put_exemplar(store, "b", NOW)
    everything, floats = FakeClient(), FakeClient()
    run_from_start(make(store, tmp_path, everything, f"{setting} {BOTH}"), store)
    assert kinds_sent(everything, message) == [("a", ["float", "exemplar"]), ("b", ["histogram", "exemplar"])]
    shown = [row for body in everything.bodies for _, rows in read(body, message) for row in rows]
    assert (NOW, SHOWN, 0) in shown
    assert counted("histograms", tmp_path) == 1 and counted("exemplars", tmp_path) == 2
    run_from_start(make(store, tmp_path, floats, setting), store)
    assert kinds_sent(floats, message) == [("a", ["float"])]


def test_start_times_are_sent_in_version_2_only(store, tmp_path):
    put_counter(store, "a", NOW, NOW - 7)
    put_histogram(store, "b", NOW, NOW - 9)
    first, second = FakeClient(), FakeClient()
    run_from_start(make(store, tmp_path, first, BOTH), store)
    run_from_start(make(store, tmp_path, second, f"{V2}, {BOTH}"), store)
    starts = [
        sorted(start for body in client.bodies for _, rows in read(body, message) for _, _, start in rows)
        for client, message in ((first, Message.V1), (second, Message.V2))
    ]
    assert starts == [[0, 0], [NOW - 9, NOW - 7]]


def test_an_exemplar_without_a_sample_goes_out_in_version_1_and_is_dropped_in_version_2(store, tmp_path):
    put(store, "a", [NOW])
    put_exemplar(store, "b", NOW)
    first, second = FakeClient(), FakeClient()
    run_from_start(make(store, tmp_path, first, BOTH), store)
    assert kinds_sent(first, Message.V1) == [("a", ["float"]), ("b", ["exemplar"])]
    run_from_start(make(store, tmp_path, second, f"{V2}, {BOTH}"), store)
    assert kinds_sent(second, Message.V2) == [("a", ["float"])]
    assert counted("exemplars_dropped", tmp_path, reason="without_sample") == 1


def test_each_kind_is_counted_when_it_is_refused_or_dropped(store, tmp_path):
    put(store, "a", [NOW])
    put_histogram(store, "b", NOW)
    put_exemplar(store, "b", NOW)
    rules = "write_relabel_configs: [{source_labels: [row], regex: a, action: drop}]"
    run_from_start(make(store, tmp_path, FakeClient([status(404)]), f"{BOTH}, {rules}"), store)
    assert counted("samples_dropped", tmp_path, reason="dropped_series") == 1
    assert counted("samples_failed", tmp_path) == 0
    assert (counted("histograms_failed", tmp_path), counted("exemplars_failed", tmp_path)) == (1, 1)
