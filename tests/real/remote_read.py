"""Remote read against the reference, both ways: it answers queries from our data, and we decode what it streams.

The same samples (counters, gauges with holes, stale markers, negative and tiny values) lie in one of ours and one of
theirs. A second Prometheus without data of its own reads ours; its answers are compared with those of the one that has them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus, create_blocks
from tests.remote_reading import ask, read_chunks, read_samples
from tests.server import Vedette, import_openmetrics
from vedette.model.blocks import SeriesColumns
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.wire.protobuf import as_bytes, bytes_field, read_fields
from vedette.wire.remote_read.answers import encode_chunks
from vedette.wire.remote_read.frames import FrameReader, decode_frame
from vedette.wire.remote_read.requests import ReadQuery, ResponseType

START_S: Final = 1_700_000_400
STEPS: Final = 2_000
STEP_S: Final = 15
SERIES: Final = 40
END_S: Final = START_S + STEPS * STEP_S

QUERIES: Final = (
    "sum by (kind) (rate(load_total[5m]))",
    "avg_over_time(load_total[10m])",
    'load_total{kind="gauge"}',
    'count(load_total{row=~"1.*",kind!="counter"})',
    "max by (row) (load_total)",
    "absent(load_nothing)",
    "quantile_over_time(0.9, load_total[30m])",
)

ASKED: Final = (Matcher("__name__", MatchType.EQUAL, "load_total"),), START_S * 1000, END_S * 1000


def run(options: Options) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "samples.om"
        pages.write_text(openmetrics())
        create_blocks(pages, Path(folder) / "theirs")
        import_openmetrics(pages, Path(folder) / "ours")
        kept = "--storage.tsdb.retention.time=100y"
        with (
            Vedette(Path(folder) / "ours", "--storage.retention.time", "100y") as ours,
            Prometheus(Path(folder) / "theirs", "{}\n", kept) as theirs,
        ):
            config = f"remote_read: [{{url: '{ours.url}/api/v1/read', read_recent: true}}]\n"
            with Prometheus(Path(folder) / "reader", config, kept) as reader:
                yield run_checks("remote-read", CHECKS, ours, theirs, reader)


def openmetrics() -> str:
    chance = np.random.default_rng(5)
    lines = ["# TYPE load unknown\n"]
    for row in range(SERIES):
        kind = ("counter", "gauge", "sparse")[row % 3]
        values = chance.integers(0, 50, STEPS).cumsum() if kind == "counter" else chance.normal(0, 1e-3, STEPS)
        for step, value in enumerate(values.tolist()):
            if kind == "sparse" and step % 7 == row % 7:
                continue
            jitter = int(chance.integers(0, 3)) if row % 2 else 0
            time = f"{START_S + step * STEP_S}.{jitter:03}"
            lines.append(f'load_total{{kind="{kind}",row="{row}"}} {value!r} {time}\n')
    return "".join([*lines, "# EOF\n"])


def a_prometheus_that_reads_ours_answers_as_the_one_that_has_the_data(
    ours: Vedette, theirs: Prometheus, reader: Prometheus
) -> None:
    for query in QUERIES:
        asked = {"query": query, "start": str(START_S), "end": str(END_S), "step": "60"}
        expected, found = (service.api("query_range", **asked)["result"] for service in (theirs, reader))
        assert expected, query
        assert by_metric(found) == by_metric(expected), query


def instant_queries_of_a_window_agree(ours: Vedette, theirs: Prometheus, reader: Prometheus) -> None:
    for query in ("load_total[1h]", "load_total", "count_over_time(load_total[2h])"):
        expected, found = (
            service.api("query", query=query, time=str(START_S + 7300))["result"] for service in (theirs, reader)
        )
        assert by_metric(found, "values" if "[1h]" in query else "value") == by_metric(
            expected, "values" if "[1h]" in query else "value"
        )


def labels_and_series_come_through(ours: Vedette, theirs: Prometheus, reader: Prometheus) -> None:
    window = {"start": str(START_S), "end": str(END_S)}
    expected, found = (
        service.api("series", **window, **{"match[]": 'load_total{kind="gauge"}'}) for service in (theirs, reader)
    )
    assert sorted(map(str, found)) == sorted(map(str, expected)) and expected


def samples_in_one_message_are_those_of_the_reference(ours: Vedette, theirs: Prometheus, reader: Prometheus) -> None:
    expected, found = (read_samples(service, *ASKED) for service in (theirs, ours))
    assert len(expected) == SERIES
    assert found == expected


def our_decoder_reads_the_reference_s_chunks(ours: Vedette, theirs: Prometheus, reader: Prometheus) -> None:
    expected = read_samples(theirs, *ASKED)
    for service in (theirs, ours):
        assert read_chunks(service, *ASKED) == expected


def our_chunks_have_the_reference_s_bytes(ours: Vedette, theirs: Prometheus, reader: Prometheus) -> None:
    """Each of its chunks is decoded and encoded again by us."""
    n_chunks = 0
    query = ReadQuery(*ASKED)
    for payload in FrameReader().feed(ask(theirs, query, ResponseType.STREAMED_XOR_CHUNKS)):
        for number, series in read_fields(payload):
            if number != 1:
                continue
            for chunk in (as_bytes(value) for number, value in read_fields(as_bytes(series)) if number == 2):
                data = as_bytes(dict(read_fields(chunk))[4])
                if int.from_bytes(data[:2], "big") <= 120:
                    assert encoded_again(chunk) == data
                    n_chunks += 1
    assert n_chunks > SERIES


def encoded_again(chunk: bytes) -> bytes:
    frame = varint_frame(chunk)
    (part,) = decode_frame(frame)
    offsets = np.array([0, len(part.times_ms)], np.int64)
    stream = encode_chunks(SeriesColumns([Labels()], offsets, part.times_ms, part.values), [], 0, 1 << 20)
    (payload,) = FrameReader().feed(bytes(stream))
    series = as_bytes(next(value for number, value in read_fields(payload) if number == 1))
    written = as_bytes(next(value for number, value in read_fields(series) if number == 2))
    return as_bytes(dict(read_fields(written))[4])


def varint_frame(chunk: bytes) -> bytes:
    return bytes_field(1, bytes_field(2, chunk))


CHECKS: Final = (
    a_prometheus_that_reads_ours_answers_as_the_one_that_has_the_data,
    instant_queries_of_a_window_agree,
    labels_and_series_come_through,
    samples_in_one_message_are_those_of_the_reference,
    our_decoder_reads_the_reference_s_chunks,
    our_chunks_have_the_reference_s_bytes,
)


def by_metric(result: list[dict[str, Any]], key: str = "values") -> dict[str, Any]:
    return {str(sorted(series["metric"].items())): series[key] for series in result}
