"""The labels `__type__` and `__unit__`, where the feature is on: of scraped pages, of remote write in both directions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import write_requests as rw
from tests.unit.api.outside import NOW_MS, Caller, StoppedClock, principal_of, services
from tests.unit.wire.test_remote_write_encoding import read_v2
from vedette.api.app import build_app
from vedette.app.doors import Doors
from vedette.intake.config import load_config
from vedette.intake.forwarding.manager import wanted_remotes
from vedette.intake.forwarding.rounds import Planner
from vedette.intake.scrape import Counts, PageRules, TargetMemory, ingest_page
from vedette.intake.series_labels import LabelLimits, SeriesLabeller
from vedette.model.blocks import MetricMetadata
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import SYSTEM
from vedette.signals.type_and_unit import FEATURE
from vedette.store.memory import MemoryStore
from vedette.wire.exposition import Format, scan
from vedette.wire.snappy import decompress

PAGE = b"""# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="1.0"} 1
wait_seconds_bucket{le="+Inf"} 1
wait_seconds_sum{__type__="own",__unit__="own"} 1
# TYPE things gauge
things{__unit__="own"} 1
# TYPE odd unknown
odd{__type__="own"} 1
# EOF
"""


def scraped(store: MemoryStore, *, type_and_unit: bool) -> list[str]:
    labeller = SeriesLabeller(Labels(), False, (), LabelLimits(), ValidationScheme.UTF8)
    rules = PageRules(type_and_unit=type_and_unit)
    page = scan(PAGE, Format.OPENMETRICS)
    rows = ingest_page(
        page, TargetMemory(), labeller, rules, lambda labels: store.register(SYSTEM, labels), NOW_MS, Counts()
    )
    store.append(SYSTEM, rows.samples)
    return [str(labels) for labels in store.series(SYSTEM, [()], MIN_TIME_MS, MAX_TIME_MS)]


def test_a_page_s_types_and_units_become_labels():
    said = '__type__="histogram", __unit__="seconds"'
    assert scraped(MemoryStore(windows=False), type_and_unit=True) == [
        'odd{__type__="own"}',
        'things{__type__="gauge", __unit__="own"}',
        f'wait_seconds_bucket{{{said}, le="+Inf"}}',
        f'wait_seconds_bucket{{{said}, le="1.0"}}',
        f"wait_seconds_sum{{{said}}}",
    ]
    assert len(scraped(MemoryStore(windows=False), type_and_unit=False)) == 5


@pytest.mark.parametrize(
    ("features", "kind", "expected"),
    [
        ({FEATURE}, 1, '{__name__="m", __type__="counter", __unit__="bytes"}'),
        ({FEATURE}, 0, '{__name__="m", __unit__="bytes"}'),
        (set(), 1, '{__name__="m", __type__="own"}'),
    ],
)
def test_metadata_of_remote_write_2_becomes_labels(features, kind, expected):
    store = MemoryStore(clock=StoppedClock())
    doors = Doors(store, StoppedClock(), Path(os.devnull), features=frozenset(features))
    symbols = rw.Symbols()
    extra = rw.message(5, rw.integer(1, kind) + rw.integer(4, symbols.ref("bytes")))
    one = rw.Series.of({"__name__": "m", "__type__": "own"}, (NOW_MS, 1.0), extra=extra)
    body, sent = rw.snappy(rw.request_v2([one], symbols)), {"content-type": rw.V2_TYPE, "content-encoding": "snappy"}
    app = build_app(services(store=store), doors=doors.routes())
    assert Caller(app).send("POST", "/api/v1/write", "", body, sent).status == 204
    (labels,) = store.series(principal_of(), [()], MIN_TIME_MS, MAX_TIME_MS)
    assert labels == Labels(pair.split("=") for pair in expected.strip("{}").replace('"', "").split(", "))


def test_remote_write_2_sends_what_the_labels_say():
    settings = "{url: 'http://remote/', protobuf_message: io.prometheus.write.v2.Request}"
    config = load_config(text=f"remote_write: [{settings}]\n", environment={})
    ((remote, external, scheme),) = wanted_remotes(config).values()
    store = MemoryStore(windows=False)
    metadata = lambda name: MetricMetadata(name, "gauge", "how long", "hours")  # noqa: E731
    scraped(store, type_and_unit=True)
    planner = Planner(remote, dict(external), scheme, store.labels_of_ids, metadata, type_and_unit=True)
    shards = planner.plan(store.committed_since(SYSTEM, "x", 0, 100), NOW_MS).shards
    bodies = [decompress(planner.encode(batch), 1 << 20) for batches in shards for batch in batches]
    sent = {labels.name: described for body in bodies for labels, _, described in read_v2(body)}
    assert sent["wait_seconds_sum"] == (3, "how long", "seconds")
    assert sent["things"] == (2, "how long", "own")
    assert sent["odd"] == (0, "how long", "")
