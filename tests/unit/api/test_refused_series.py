"""Series that the store does not take: every door says which, and why, and stores the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests import write_requests as rw
from tests.unit.api.outside import NOW_MS, Caller, Reply, StoppedClock, services
from vedette.api.app import build_app
from vedette.api.receiving.importing import ImportDoor
from vedette.app.doors import Doors
from vedette.model.blocks import HistogramBatch, Int64s, SampleBatch
from vedette.model.labels import Labels
from vedette.ports.principal import Principal
from vedette.store.memory import MemoryStore

WHY = "series limit exceeded: tenant has enough"


class FullStore(MemoryStore):
    """Takes no series whose label `job` is `noisy`."""

    def register(self, principal: Principal, labels: Sequence[Labels]) -> Int64s:
        wanted = np.array([one.get("job") != "noisy" for one in labels], np.bool_)
        refs = np.full(len(labels), -1, np.int64)
        taken = [one for one, good in zip(labels, wanted.tolist(), strict=True) if good]
        refs[wanted] = super().register(principal, taken)
        return refs

    def why_refused(self, principal: Principal, labels: Labels) -> str:
        return WHY


@pytest.fixture
def store() -> FullStore:
    return FullStore(clock=StoppedClock(), windows=False)


def send(store: FullStore, path: str, body: bytes, **headers: str) -> Reply:
    doors = Doors(store, StoppedClock(), Path(os.devnull))
    app = build_app(services(store=store), doors=doors.routes())
    return Caller(app).send("POST", path, "", body, headers)


@pytest.mark.parametrize(("content_type", "encode"), [(rw.V1_TYPE, rw.request_v1), (rw.V2_TYPE, rw.request_v2)])
def test_remote_write_names_the_series_and_the_reason(store, content_type, encode):
    given = [rw.Series.of({"__name__": "m", "job": job}, (NOW_MS, 1.0), (NOW_MS + 1, 1.0)) for job in ("a", "noisy")]
    sent = {"content-type": content_type, "content-encoding": "snappy"}
    for _ in range(2):
        reply = send(store, "/api/v1/write", rw.snappy(encode(given)), **sent)
        assert (reply.status, reply.text.strip()) == (400, f'{WHY} for series m{{job="noisy"}}')
        assert reply.headers["x-prometheus-remote-write-samples-written"] == "2"


def test_line_protocol_names_the_series_and_the_reason(store):
    reply = send(store, "/write", b"m,job=noisy f=1 5\nm,job=a f=1 5\n")
    assert reply.status == 400
    assert f'{WHY} for series m_f{{job=\\"noisy\\"}}' in reply.text
    assert store.stats(Principal("anonymous", "x")).head_series == 1


def otlp_gauge(name: str, job: str) -> bytes:
    point = {"timeUnixNano": str(NOW_MS * 1_000_000), "asDouble": 1.0}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": job}}]}
    metrics = [{"name": name, "gauge": {"dataPoints": [point]}}]
    return json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}).encode()


def test_otlp_says_how_many_points_were_rejected_and_why(store):
    for _ in range(2):
        reply = send(store, "/api/v1/otlp/v1/metrics", otlp_gauge("g", "noisy"), **{"content-type": "application/json"})
        assert f'{WHY} for series g{{job=\\"noisy\\"}}' in reply.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("openmetrics", b'm{job="noisy"} 1 1\nm{job="a"} 1 1\n# EOF\n'),
        (
            "jsonl",
            b'{"metric":{"__name__":"m","job":"noisy"},"values":[1],"timestamps":[1]}\n'
            b'{"metric":{"__name__":"m","job":"a"},"values":[1],"timestamps":[1]}\n',
        ),
    ],
)
def test_an_import_names_the_series_and_the_reason(store: FullStore, kind: str, body: bytes) -> None:
    def bring(batches: Iterator[SampleBatch | HistogramBatch]) -> int:
        return int(sum((batch.refs >= 0).sum() for batch in batches))

    app = build_app(services(store=store), doors=ImportDoor(store, bring).routes())
    reply = Caller(app).send("POST", f"/api/v1/import/{kind}", "", body, {})
    assert (reply.status, reply.json["error"]) == (400, f'{WHY} for series m{{job="noisy"}}')
    assert reply.json["hint"] == "the other series are imported: 1 samples"
