"""Native histograms over remote read: a Prometheus that reads ours answers as the one that was sent the same samples.

Exponential ones of changing resolution, custom bounds, gauges, counters that become histograms and back, stale markers: the
series of the differential tests. One reader is asked for chunks (as Prometheus does by itself), one message is asked for here.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.asking import Service
from tests.differential.promql_data import END_S, START_S, write_requests
from tests.differential.promql_native_data import NATIVE_METRICS, native_series
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus
from tests.remote_reading import ask
from tests.remote_writing import write
from tests.server import Vedette, run_vedette
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import METRIC_NAME
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import is_stale
from vedette.wire.protobuf import as_bytes, read_fields
from vedette.wire.remote_read.requests import ReadQuery, ResponseType
from vedette.wire.remote_write import Message, scan_request
from vedette.wire.remote_write.histograms import read_histograms
from vedette.wire.remote_write.scanning import PADDING
from vedette.wire.snappy import decompress

_SEED: Final = 11
_STATISTICS: Final = "--enable-feature=promql-per-step-stats"
_RECEIVES: Final = (
    "--web.enable-remote-write-receiver",
    "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request",
    _STATISTICS,
)
_KEPT: Final = "--storage.tsdb.retention.time=100y"

QUERIES: Final = (
    "{name}",
    "histogram_count({name})",
    "histogram_sum(rate({name}[5m]))",
    "histogram_quantile(0.9, sum by (job) (rate({name}[5m])))",
    "increase({name}[20m])",
    "avg_over_time({name}[10m])",
    "resets({name}[30m])",
    "count_over_time({name}[10m])",
)


def run(options: Options) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours.yml").write_text("")
        kept = ("--storage.retention.time", "100y", _STATISTICS)
        ours_arguments = ("--config", str(folder / "ours.yml"), "--no-node-job", *kept)
        with (
            Vedette(folder / "data", *ours_arguments) as ours,
            Prometheus(folder / "theirs", "{}\n", *_RECEIVES, _KEPT) as theirs,
        ):
            ours.wait_until_ready()
            for request in write_requests(native_series(random.Random(_SEED))):
                for service in (theirs, ours):
                    write(service, request)
            config = f"remote_read: [{{url: '{ours.url}/api/v1/read', read_recent: true}}]\n"
            with (
                Prometheus(folder / "reader", config, _KEPT) as reader,
                Vedette(migrated(theirs, folder / "moved"), *ours_arguments) as moved,
            ):
                yield run_checks("remote-read-histograms", CHECKS, ours, theirs, reader, moved)


def migrated(theirs: Prometheus, data: Path) -> Path:
    window = ("--start", str(START_S), "--end", str(END_S))
    done = run_vedette("import", "prometheus", theirs.url, "--data", str(data), *window)
    assert done.returncode == 0, done.stderr[-2000:]
    return data


def a_prometheus_that_reads_ours_answers_as_the_one_that_has_the_data(
    ours: Vedette, theirs: Prometheus, reader: Prometheus, moved: Vedette
) -> None:
    for metric in NATIVE_METRICS:
        for template in QUERIES:
            query = template.format(name=metric.name)
            asked = {"query": query, "start": str(START_S), "end": str(END_S), "step": "60"}
            expected, found = (by_metric(service.api("query_range", **asked)["result"]) for service in (theirs, reader))
            assert expected, query
            assert found == expected, (query, first_difference(expected, found))


def samples_of_a_window_are_the_same(ours: Vedette, theirs: Prometheus, reader: Prometheus, moved: Vedette) -> None:
    for metric in NATIVE_METRICS:
        asked = {"query": f"{metric.name}[40m]", "time": str(START_S + 3600)}
        expected, found = (by_metric(service.api("query", **asked)["result"]) for service in (theirs, reader))
        assert expected and found == expected, (metric.name, first_difference(expected, found))


def one_message_has_the_reference_s_histograms(
    ours: Vedette, theirs: Prometheus, reader: Prometheus, moved: Vedette
) -> None:
    """Hints aside, which depend on what the store has before; and stale markers, which are floats here."""
    for metric in NATIVE_METRICS:
        expected, found = (histograms_of(service, metric.name) for service in (theirs, ours))
        assert len(expected) > 100
        different = [
            pair
            for pair in zip(sorted(expected, key=repr), sorted(found, key=repr), strict=False)
            if pair[0] != pair[1]
        ]
        assert not different and len(found) == len(expected), (metric.name, len(expected), len(found), different[:1])


def histograms_of(service: Service, metric: str) -> list[tuple[str, int, NativeHistogram]]:
    query = ReadQuery((Matcher(METRIC_NAME, MatchType.EQUAL, metric),), START_S * 1000, END_S * 1000)
    answer = decompress(ask(service, query, ResponseType.SAMPLES), 1 << 30)
    (result,) = (as_bytes(value) for _, value in read_fields(answer))
    request = scan_request(np.frombuffer(result + bytes(PADDING), np.uint8), Message.V1)
    found = read_histograms(request)
    owners = [str(request.labels(owner)) for owner in found.owners.tolist()]
    rows = [plain(found.table.at(row)) for row in range(len(found.table))]
    return [row for row in zip(owners, found.times_ms.tolist(), rows, strict=True) if not is_stale(row[2].sum)]


def plain(histogram: NativeHistogram) -> NativeHistogram:
    """Without its hint and what is listed as empty, which a chunk's other histograms may have brought."""
    sides = [{k: n for k, n in side.items() if n} for side in (histogram.positive, histogram.negative)]
    numbers = histogram.count, histogram.sum, histogram.zero_count, histogram.zero_threshold
    return NativeHistogram(histogram.schema, *numbers, *sides, histogram.bounds)


def statistics_count_histograms_as_the_reference_does(
    ours: Vedette, theirs: Prometheus, reader: Prometheus, moved: Vedette
) -> None:
    for metric in NATIVE_METRICS:
        for query in (metric.name, f"rate({metric.name}[5m])", f"histogram_count(rate({metric.name}[5m]))"):
            asked = {"query": query, "start": str(START_S), "end": str(END_S), "step": "60", "stats": "all"}
            expected, found = (service.api("query_range", **asked)["stats"]["samples"] for service in (theirs, ours))
            for key in ("totalQueryableSamples", "totalQueryableSamplesPerStep"):
                assert found[key] == expected[key], (
                    query,
                    key,
                    expected["totalQueryableSamples"],
                    found["totalQueryableSamples"],
                )


def a_migration_brings_them_along(ours: Vedette, theirs: Prometheus, reader: Prometheus, moved: Vedette) -> None:
    for metric in NATIVE_METRICS:
        asked = {"query": f"{metric.name}[80m]", "time": str(END_S - 60)}
        expected, found = (by_metric(service.api("query", **asked)["result"]) for service in (theirs, moved))
        assert expected and found == expected, (metric.name, first_difference(expected, found))


CHECKS: Final = (
    a_migration_brings_them_along,
    statistics_count_histograms_as_the_reference_does,
    a_prometheus_that_reads_ours_answers_as_the_one_that_has_the_data,
    samples_of_a_window_are_the_same,
    one_message_has_the_reference_s_histograms,
)


def by_metric(result: list[dict[str, Any]]) -> dict[str, Any]:
    return {json.dumps(series.pop("metric"), sort_keys=True): series for series in result}


def first_difference(expected: dict[str, Any], found: dict[str, Any]) -> Any:
    for labels, series in expected.items():
        for kind, rows in series.items():
            other = found.get(labels, {}).get(kind, [])
            if rows != other:
                pairs = [pair for pair in zip(rows, other, strict=False) if pair[0] != pair[1]]
                return labels, kind, len(rows), len(other), pairs[:1]
    return list(found.keys() - expected.keys())[:3]
