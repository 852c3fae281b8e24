"""One target with native histograms in protobuf, scraped by Prometheus and by us: series, histograms, errors, exemplars agree.

A case is a page and what its job says about histograms. Compared are the answers of the query API (as JSON), the target's last
error, the counts in the report, and query_exemplars.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from tests.asking import Service, wait_until
from tests.harness import Options, Outcome
from tests.page_server import PageServer, send_page
from tests.prometheus import Prometheus
from tests.server import Vedette
from tests.unit.wire import protobuf_pages as pb

PROTOBUF: Final = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
TEXT: Final = "text/plain; version=0.0.4"
DEADLINE_S: Final = 150.0
INFINITY: Final = float("inf")


def zigzag(number: int, value: int) -> bytes:
    return pb.integer(number, value << 1 ^ value >> 63)


def span(number: int, offset: int, length: int) -> bytes:
    return pb.message(number, zigzag(1, offset) + pb.integer(2, length))


def packed(number: int, values: Iterable[int]) -> bytes:
    return pb.message(number, b"".join(pb.varint(value << 1 ^ value >> 63) for value in values))


def doubles(number: int, values: Iterable[float]) -> bytes:
    return pb.message(number, b"".join(pb.double(1, value)[1:] for value in values))


def native(schema: int, zero: tuple[float, int], positive: bytes, negative: bytes = b"") -> bytes:
    return zigzag(5, schema) + pb.double(6, zero[0]) + pb.integer(7, zero[1]) + positive + negative


def page_of(*metrics: bytes, name: str = "latency", kind: int = pb.HISTOGRAM) -> bytes:
    return pb.family(name, kind, metrics) + pb.family("other", pb.GAUGE, [pb.metric(pb.gauge(4.5))])


SIMPLE = native(0, (0.001, 2), span(12, -2, 2) + span(12, 1, 1) + packed(13, [3, -1, 0]))
TWO_SIDED = native(3, (1e-9, 0), span(12, 5, 3) + packed(13, [1, -1, 4]), span(9, 0, 1) + packed(10, [2]))
FINE = native(8, (0.0, 0), span(12, -20, 40) + packed(13, [1, *([0] * 39)]))
FLOATS = zigzag(5, 1) + pb.double(4, 7.5) + pb.double(6, 0.5) + pb.double(8, 0.25)
FLOATS += span(12, 0, 2) + doubles(14, [1.5, 5.75])
OWN_EXEMPLARS = pb.message(16, pb.exemplar({"trace": "late"}, 3.0, int(time.time()) - 5)) + pb.message(
    16, pb.exemplar({"trace": "early"}, 0.5, int(time.time()) - 9)
)
BUCKET_EXEMPLAR = pb.message(
    7,
    pb.integer(1, 3)
    + pb.double(2, 1.5)
    + pb.message(
        3, pb.integer(1, 1) + pb.double(2, 1.0) + pb.message(3, pb.exemplar({"t": "u"}, 0.7, int(time.time())))
    ),
)
NOOP = span(12, 0, 0)
CLASSIC = {0.1: 2, 1.0: 5, 5.0: 5}
WHOLE = pb.metric(pb.histogram(9, 12.25, CLASSIC, SIMPLE), {"path": "/a"})
TEXT_PAGE = (
    b"# TYPE h histogram\n"
    b'h_bucket{a="b",le="0.5"} 1\nh_bucket{a="b",le="2"} 4\nh_bucket{a="b",le="+Inf"} 6\nh_sum{a="b"} 8.5\nh_count{a="b"} 6\n'
    b'h_bucket{a="c",le="1"} 3\nh_sum{a="c"} 1\nh_count{a="c"} 3\n'
    b"# TYPE plain counter\nplain 3\n"
)

NATIVE: Final = {"scrape_native_histograms": True}
BOTH: Final = {**NATIVE, "always_scrape_classic_histograms": True}
CONVERTED: Final = {"convert_classic_histograms_to_nhcb": True}

Job = dict[str, Any]
CASES: Final[dict[str, tuple[bytes, Job]]] = {
    "simple": (page_of(WHOLE), NATIVE),
    "off": (page_of(WHOLE), {}),
    "classic_too": (page_of(WHOLE), BOTH),
    "without_classic": (page_of(pb.metric(pb.histogram(9, 12.25, {}, SIMPLE))), BOTH),
    "two_sided": (page_of(pb.metric(pb.histogram(7, -3.5, {}, TWO_SIDED))), NATIVE),
    "no_observation": (page_of(pb.metric(pb.histogram(0, 0.0, {}, NOOP))), NATIVE),
    "no_bucket_listed": (page_of(pb.metric(pb.histogram(4, 1.0, CLASSIC))), NATIVE),
    "floats": (page_of(pb.metric(pb.message(7, pb.double(2, 3.5) + FLOATS))), NATIVE),
    "gauge": (page_of(pb.metric(pb.histogram(9, 12.25, {}, SIMPLE)), kind=pb.GAUGE_HISTOGRAM), NATIVE),
    "own_exemplars": (page_of(pb.metric(pb.histogram(9, 12.25, CLASSIC, SIMPLE + OWN_EXEMPLARS))), NATIVE),
    "classic_exemplars": (page_of(pb.metric(BUCKET_EXEMPLAR)), NATIVE),
    "several": (page_of(WHOLE, pb.metric(pb.histogram(7, -3.5, {}, TWO_SIDED), {"path": "/b"})), NATIVE),
    "limited": (page_of(pb.metric(pb.histogram(40, 1.0, {}, FINE))), {**NATIVE, "native_histogram_bucket_limit": 7}),
    "over_limit": (page_of(WHOLE), {**NATIVE, "native_histogram_bucket_limit": 1}),
    "coarse": (
        page_of(pb.metric(pb.histogram(40, 1.0, {}, FINE))),
        {**NATIVE, "native_histogram_min_bucket_factor": 1.1},
    ),
    "sample_limit": (page_of(WHOLE), {**NATIVE, "sample_limit": 1}),
    "dropped": (
        page_of(WHOLE),
        {**NATIVE, "metric_relabel_configs": [{"source_labels": ["path"], "regex": "/a", "action": "drop"}]},
    ),
    "bad_count": (page_of(pb.metric(pb.histogram(8, 12.25, {}, SIMPLE))), NATIVE),
    "bad_spans": (page_of(pb.metric(pb.histogram(8, 1.0, {}, SIMPLE + span(12, 0, 2)))), NATIVE),
    "bad_schema": (page_of(pb.metric(pb.histogram(0, 1.0, {}, native(-6, (0.1, 0), b"")))), NATIVE),
    "negative_bucket": (
        page_of(pb.metric(pb.histogram(1, 1.0, {}, native(0, (0.1, 1), span(12, 0, 2) + packed(13, [1, -2]))))),
        NATIVE,
    ),
    "finer_than_ours": (
        page_of(pb.metric(pb.histogram(2, 1.0, {}, native(10, (0.0, 0), span(12, 9, 2) + packed(13, [1, 0]))))),
        NATIVE,
    ),
    "converted": (page_of(pb.metric(pb.histogram(7, 2.5, CLASSIC), {"path": "/a"})), CONVERTED),
    "converted_beside_native": (
        page_of(WHOLE, pb.metric(pb.histogram(7, 2.5, CLASSIC), {"path": "/b"})),
        {**NATIVE, **CONVERTED},
    ),
    "converted_and_kept": (
        page_of(pb.metric(pb.histogram(7, 2.5, {**CLASSIC, INFINITY: 7}))),
        {**CONVERTED, "always_scrape_classic_histograms": True},
    ),
    "converted_text": (TEXT_PAGE, CONVERTED),
}


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("native-histograms", 0, len(CASES))
    with (
        tempfile.TemporaryDirectory() as folder,
        PageServer(_answer) as target,
        Prometheus(Path(folder) / "peer", config_for(target.address), "--enable-feature=exemplar-storage") as peer,
    ):
        config = Path(folder) / "own.yml"
        config.write_text(config_for(target.address))
        with Vedette(Path(folder) / "own", "--config", str(config), "--no-node-job") as own:
            theirs, ours = _read(peer), _read(own)
    for case in CASES:
        if theirs[case] == ours[case]:
            outcome.passed += 1
        else:
            outcome.failures.append(f"{case}: {_difference(theirs[case], ours[case])}")
    yield outcome


def _answer(handler: Any) -> None:
    body, _ = CASES[handler.path.lstrip("/")]
    send_page(handler, body, TEXT if body is TEXT_PAGE else PROTOBUF)


def config_for(address: str) -> str:
    jobs = [
        {
            "job_name": case,
            "scrape_interval": "5s",
            "metrics_path": f"/{case}",
            "static_configs": [{"targets": [address]}],
            **job,
        }
        for case, (_, job) in CASES.items()
    ]
    return json.dumps({"scrape_configs": jobs})


def _read(service: Service) -> dict[str, dict[str, Any]]:
    """What is known of each case once every target was scraped."""
    targets: list[Any] = []

    def all_scraped() -> bool:
        targets[:] = [one for one in service.api("targets")["activeTargets"] if one["scrapePool"] in CASES]
        return len(targets) == len(CASES) and all(one["health"] != "unknown" for one in targets)

    if not wait_until(all_scraped, DEADLINE_S, every_s=0.3):
        raise TimeoutError(f"not every target was scraped in {DEADLINE_S} s")
    errors = {one["scrapePool"]: one["lastError"] for one in targets}
    time.sleep(1.0)
    return {case: {"error": errors[case], **_answers(service, case)} for case in CASES}


def _answers(service: Service, case: str) -> dict[str, Any]:
    ask: Callable[[str], Any] = lambda query: service.api("query", query=query)["result"]  # noqa: E731
    found = {"series": _stripped(ask(f'{{job="{case}",__name__!~"scrape_duration.*|scrape_series_added"}}'))}
    found["rate"] = _stripped(ask(f'histogram_count(latency{{job="{case}"}})'))
    found["range"] = [sorted(one) for one in ask(f'{{job="{case}",__name__!~"scrape_.*|up"}}[1m]')]
    exemplars = service.api("query_exemplars", query=f'{{job="{case}"}}', start="0", end=str(time.time() + 60))
    found["exemplars"] = [
        {**one, "seriesLabels": _own_labels(one["seriesLabels"]), "exemplars": one["exemplars"]} for one in exemplars
    ]
    return found


def _stripped(result: list[Any]) -> list[Any]:
    """Values without their times, series by labels."""
    rows = [
        (sorted(_own_labels(one["metric"]).items()), {key: one[key][1] for key in ("value", "histogram") if key in one})
        for one in result
    ]
    return sorted(rows, key=repr)


def _own_labels(labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in ("instance", "job")}


def _difference(theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    return "; ".join(
        f"{part}: prometheus {theirs[part]!r}, we {ours[part]!r}" for part in theirs if theirs[part] != ours[part]
    )
