from __future__ import annotations

import gzip
import json
import math
from typing import Any

import numpy as np
import pytest

from tests.unit.api.outside import NOW_MS, Caller, Reply, StoppedClock, principal_of, services
from vedette.api.app import build_app
from vedette.api.receiving import otlp
from vedette.intake.receiving.otlp.receiver import OtlpReceiver
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.model.histograms import CounterReset
from vedette.model.limits import ReceiveLimits
from vedette.model.staleness import is_stale
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.memory import MemoryStore
from vedette.wire.otlp.json_format import transcode
from vedette.wire.protobuf import read_fields

NOW_NS = NOW_MS * 1_000_000
SECOND_NS = 1_000_000_000

Document = dict[str, Any]


def attributes(**values: str) -> list[Document]:
    return [{"key": name.replace("__", "."), "value": {"stringValue": value}} for name, value in values.items()]


SERVICE = attributes(service__name="shop", service__namespace="eu", service__instance__id="i1", cloud__zone="a")


def export(*metrics: Document, resource: list[Document] = SERVICE, scope: Document | None = None) -> Document:
    scopes = [{"scope": scope or {}, "metrics": list(metrics)}]
    return {"resourceMetrics": [{"resource": {"attributes": resource}, "scopeMetrics": scopes}]}


def gauge(name: str, *points: Document, **fields: Any) -> Document:
    return {"name": name, "gauge": {"dataPoints": list(points)}, **fields}


def total(name: str, *points: Document, temporality: int = 2, monotonic: bool = True, **fields: Any) -> Document:
    data = {"dataPoints": list(points), "aggregationTemporality": temporality, "isMonotonic": monotonic}
    return {"name": name, "sum": data, **fields}


def number(value: float | None = None, at_s: int = 0, **fields: Any) -> Document:
    values = {} if value is None else {"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}
    return {"timeUnixNano": str(NOW_NS + at_s * SECOND_NS), **values, **fields}


class Outside:
    def __init__(
        self, section: Document | None = None, *features: str, limits: ReceiveLimits = ReceiveLimits()
    ) -> None:
        self.store = MemoryStore(windows=False)
        receiver = OtlpReceiver(self.store, StoppedClock(), OtlpSettings.of(section, features), limits)
        everything = services(store=self.store, receive_limits=limits)
        self.caller = Caller(build_app(everything, doors=otlp.routes(receiver)))

    def send(self, body: bytes, content_type: str = otlp.PROTOBUF, path: str = "/v1/metrics", **headers: str) -> Reply:
        return self.caller.send("POST", path, "", body, {"content-type": content_type, **headers})

    def export(self, document: Document) -> Reply:
        return self.send(json.dumps(document).encode(), otlp.JSON)

    def samples(self, *, infos: bool = False) -> dict[str, list[tuple[int, Any]]]:
        """By series: (seconds after NOW, value), target_info left out unless asked for."""
        found = self.store.select(principal_of(), ScanPlan((), 0, NOW_MS * 2, 10_000), Deadline(10))
        series: dict[str, list[tuple[int, Any]]] = {}
        for row, labels in enumerate(found.labels):
            for at in range(found.offsets[row], found.offsets[row + 1]):
                value: Any = float(found.values[at])
                if found.histograms is not None and found.histograms.rows[at] >= 0:
                    value = found.histograms.table.at(int(found.histograms.rows[at]))
                if infos or labels.name != "target_info":
                    series.setdefault(str(labels), []).append(((int(found.times_ms[at]) - NOW_MS) // 1000, value))
        return series


NAMED = 'instance="i1", job="eu/shop"'


def test_numbers_become_series_with_job_instance_and_suffixes() -> None:
    outside = Outside()
    points = (
        number(1.5, attributes=attributes(http__method="GET")),
        number(-3, attributes=attributes(http__method="PUT")),
    )
    reply = outside.export(export(gauge("memory.usage", *points, unit="By"), total("requests", number(7))))
    assert (reply.status, reply.json) == (200, {})
    assert outside.samples() == {
        f'memory_usage_bytes{{http_method="GET", {NAMED}}}': [(0, 1.5)],
        f'memory_usage_bytes{{http_method="PUT", {NAMED}}}': [(0, -3.0)],
        f"requests_total{{{NAMED}}}": [(0, 7.0)],
    }


def test_target_info_has_what_does_not_identify() -> None:
    outside = Outside()
    outside.export(export(gauge("g", number(1), number(2, at_s=400, attributes=attributes(a="b")))))
    infos = {name: at for name, at in outside.samples(infos=True).items() if name.startswith("target_info")}
    assert infos == {f'target_info{{cloud_zone="a", {NAMED}}}': [(0, 1.0), (150, 1.0), (300, 1.0), (400, 1.0)]}


def test_a_resource_that_only_identifies_has_no_target_info() -> None:
    outside = Outside()
    outside.export(export(gauge("g", number(1)), resource=attributes(service__name="shop")))
    assert list(outside.samples(infos=True)) == ['g{job="shop"}']


def test_explicit_histograms_are_classic_series() -> None:
    outside = Outside()
    point = {"count": "5", "sum": 2.5, "bucketCounts": ["1", 2, "2"], "explicitBounds": [0.5, 10], **number()}
    outside.export(
        export({"name": "h", "unit": "s", "histogram": {"dataPoints": [point], "aggregationTemporality": 2}})
    )
    found = {
        name.split("{")[0] + "".join(f" {le}" for le in name.split('le="')[1:])[:5].rstrip('"}, '): at[0][1]
        for name, at in outside.samples().items()
    }
    assert found == {
        "h_seconds_count": 5.0,
        "h_seconds_sum": 2.5,
        "h_seconds_bucket 0.5": 1.0,
        "h_seconds_bucket 10": 3.0,
        "h_seconds_bucket +Inf": 5.0,
    }
    metadata = outside.caller.get("/api/v1/metadata").json["data"]
    assert metadata["h_seconds"] == [{"type": "histogram", "help": "", "unit": "seconds"}]


def test_summaries_are_count_sum_and_quantiles() -> None:
    outside = Outside()
    point = {
        "count": 4,
        "sum": 9.5,
        "quantileValues": [{"quantile": 0.5, "value": 2}, {"quantile": 1, "value": 4}],
        **number(),
    }
    outside.export(export({"name": "s", "summary": {"dataPoints": [point]}}, resource=[]))
    assert outside.samples() == {
        "s_count": [(0, 4.0)],
        "s_sum": [(0, 9.5)],
        's{quantile="0.5"}': [(0, 2.0)],
        's{quantile="1"}': [(0, 4.0)],
    }


def exponential(scale: int = 0, count: int = 6, temporality: int = 2, at_s: int = 0, **fields: Any) -> Document:
    sides = {
        "positive": {"offset": 1, "bucketCounts": ["1", "0", "3"]},
        "negative": {"offset": -1, "bucketCounts": [1]},
    }
    point = {"scale": scale, "count": count, "sum": 4.5, "zeroCount": 1, **sides, **number(at_s=at_s), **fields}
    return {"name": "e", "exponentialHistogram": {"dataPoints": [point], "aggregationTemporality": temporality}}


def test_exponential_histograms_are_native_ones() -> None:
    outside = Outside()
    assert outside.export(export(exponential(), resource=[])).json == {}
    [(_, histogram)] = outside.samples()["e"]
    assert (histogram.schema, histogram.count, histogram.sum, histogram.zero_count) == (0, 6.0, 4.5, 1.0)
    assert histogram.positive == {2: 1.0, 4: 3.0} and histogram.negative == {0: 1.0}
    assert histogram.zero_threshold == 1e-128


def test_more_resolution_than_schema_eight_is_merged_and_less_than_minus_four_refused() -> None:
    outside = Outside()
    outside.export(export(exponential(scale=9), resource=[]))
    [(_, histogram)] = outside.samples()["e"]
    assert histogram.schema == 8 and histogram.positive == {1: 1.0, 2: 3.0}
    refused = outside.export(export(exponential(scale=-5), resource=[])).json["partialSuccess"]
    assert refused["rejectedDataPoints"] == "1" and "Scale must be >= -4, was -5" in refused["errorMessage"]


def test_a_count_that_contradicts_the_buckets_is_refused() -> None:
    refused = Outside().export(export(exponential(count=99), resource=[])).json["partialSuccess"]
    assert "observation count should equal the number of observations found in the buckets" in refused["errorMessage"]


def test_explicit_histograms_can_become_native_ones() -> None:
    outside = Outside({"convert_histograms_to_nhcb": True})
    point = {"count": 3, "sum": 2.5, "bucketCounts": [1, 0, 2], "explicitBounds": [0.5, 10], **number()}
    histogram = {"name": "h", "histogram": {"dataPoints": [point], "aggregationTemporality": 2}}
    outside.export(export(histogram, resource=[]))
    [(_, native)] = outside.samples()["h"]
    assert (native.schema, native.bounds, native.positive) == (-53, (0.5, 10.0), {0: 1.0, 2: 2.0})


def test_deltas_are_summed_up() -> None:
    outside = Outside()
    explicit = {"sum": 2.0, "bucketCounts": [1, 1], "explicitBounds": [1], "count": 2}
    for at_s in (0, 10, 20):
        metrics = (
            total("t", number(2, at_s), temporality=1),
            {
                "name": "h",
                "histogram": {"dataPoints": [{**explicit, **number(at_s=at_s)}], "aggregationTemporality": 1},
            },
            exponential(temporality=1, at_s=at_s),
        )
        assert outside.export(export(*metrics, resource=[])).json == {}
    found = outside.samples()
    assert found["t_total"] == [(0, 2.0), (10, 4.0), (20, 6.0)]
    assert found['h_bucket{le="1"}'] == [(0, 1.0), (10, 2.0), (20, 3.0)]
    assert found["h_count"] == [(0, 2.0), (10, 4.0), (20, 6.0)]
    assert [histogram.positive for _, histogram in found["e"]] == [{2: n, 4: 3 * n} for n in (1.0, 2.0, 3.0)]
    late = outside.export(export(total("t", number(2, 15), temporality=1), resource=[])).json["partialSuccess"]
    assert late == {"rejectedDataPoints": "1", "errorMessage": "out of order sample for series t_total"}


def test_deltas_can_be_kept_as_they_come() -> None:
    outside = Outside(None, "otlp-native-delta-ingestion")
    for at_s in (0, 10):
        outside.export(
            export(total("t", number(2, at_s), temporality=1), exponential(temporality=1, at_s=at_s), resource=[])
        )
    found = outside.samples()
    assert found["t_total"] == [(0, 2.0), (10, 2.0)]
    assert {histogram.hint for _, histogram in found["e"]} == {CounterReset.GAUGE}
    assert outside.caller.get("/api/v1/metadata").json["data"]["t_total"][0]["type"] == "unknown"


def test_other_points_of_a_request_are_taken_beside_bad_ones() -> None:
    outside = Outside()
    reply = outside.export(
        export(
            total("bad", number(1), temporality=0), {"name": "none"}, gauge("@@", number(2)), gauge("good", number(1))
        )
    )
    partial = reply.json["partialSuccess"]
    assert reply.status == 200 and partial["rejectedDataPoints"] == "2"
    assert partial["errorMessage"].splitlines() == [
        'invalid temporality and type combination for metric "bad"',
        'unsupported metric type of metric "none"',
        'normalization for metric "@@" resulted in empty name',
    ]
    assert list(outside.samples()) == [f"good{{{NAMED}}}"]


def test_a_point_without_a_recorded_value_ends_its_series() -> None:
    outside = Outside()
    outside.export(export(gauge("g", number(flags=1)), resource=[]))
    [(_, value)] = outside.samples()["g"]
    assert is_stale(value)


def test_attributes_whose_names_become_equal_are_joined() -> None:
    outside = Outside()
    pairs = [{"key": key, "value": {"stringValue": key}} for key in ("a.b", "a-b", "__name__", "1x", "_y")]
    outside.export(export(gauge("g", number(1, attributes=pairs)), resource=[]))
    assert list(outside.samples()) == ['g{a_b="a-b;a.b", key_1x="1x", key_y="_y"}']


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"boolValue": True}, "true"),
        ({"intValue": "-9007199254740993"}, "-9007199254740993"),
        ({"doubleValue": 1.0}, "1"),
        ({"doubleValue": 1e21}, "1e+21"),
        ({"bytesValue": "AQI="}, "AQI="),
        ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "x"}]}}, '[1,"x"]'),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": False}}]}}, '{"k":false}'),
    ],
)
def test_attribute_values_are_written_as_text(value: Document, text: str) -> None:
    outside = Outside()
    outside.export(export(gauge("g", number(1, attributes=[{"key": "a", "value": value}])), resource=[]))
    [name] = outside.samples()
    assert name == f"g{{a={json.dumps(text)}}}"


def test_resource_attributes_and_scopes_are_promoted_on_request() -> None:
    scope = {"name": "lib", "version": "2", "attributes": attributes(flavour="x")}
    some = Outside({"promote_resource_attributes": ["cloud.zone"], "promote_scope_metadata": True})
    some.export(export(gauge("g", number(1)), scope=scope))
    assert list(some.samples()) == [
        f'g{{cloud_zone="a", {NAMED}, otel_scope_flavour="x", otel_scope_name="lib", otel_scope_version="2"}}'
    ]
    others = Outside({"promote_all_resource_attributes": True, "ignore_resource_attributes": ["cloud.zone"]})
    others.export(export(gauge("g", number(1))))
    assert 'service_name="shop"' in next(iter(others.samples())) and "cloud" not in next(iter(others.samples()))


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        ("UnderscoreEscapingWithSuffixes", 'a_b_seconds_total{c_d="x"}'),
        ("UnderscoreEscapingWithoutSuffixes", 'a_b{c_d="x"}'),
        ("NoUTF8EscapingWithSuffixes", '{"a.b_seconds_total", "c.d"="x"}'),
        ("NoTranslation", '{"a.b", "c.d"="x"}'),
    ],
)
def test_the_strategy_decides_names(strategy: str, name: str) -> None:
    outside = Outside({"translation_strategy": strategy})
    outside.export(export(total("a.b", number(1, attributes=attributes(c__d="x")), unit="s"), resource=[]))
    assert list(outside.samples()) == [name]


def test_type_and_unit_become_labels_on_request() -> None:
    outside = Outside(None, "type-and-unit-labels")
    outside.export(export(total("t", number(1), unit="s"), resource=[]))
    assert list(outside.samples()) == ['t_seconds_total{__type__="counter", __unit__="seconds"}']


def test_exemplars_go_to_their_series() -> None:
    outside = Outside()
    exemplar = {
        "asDouble": 0.7,
        "timeUnixNano": NOW_NS,
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
    }
    point = {
        "count": 2,
        "sum": 2,
        "bucketCounts": [0, 2, 0],
        "explicitBounds": [0.5, 1],
        **number(),
        "exemplars": [exemplar],
    }
    outside.export(
        export(
            {"name": "h", "histogram": {"dataPoints": [point], "aggregationTemporality": 2}},
            total("t", number(1, exemplars=[{**exemplar, "filteredAttributes": attributes(a="b" * 99)}])),
            exponential(exemplars=[{**exemplar, "filteredAttributes": attributes(a="b")}]),
            resource=[],
        )
    )
    found = {
        str(one.series): str(one.labels[0]) for one in outside.store.exemplars(principal_of(), [()], 0, NOW_MS * 2)
    }
    ids = 'span_id="b7ad6b7169203331", trace_id="0af7651916cd43dd8448eb211c80319c"'
    assert found == {'h_bucket{le="1"}': f"{{{ids}}}", "t_total": f"{{{ids}}}", "e": f'{{a="b", {ids}}}'}


def test_protobuf_and_json_say_the_same_through_both_paths() -> None:
    document = export(gauge("g", number(1.5)), total("t", number(2)), exponential())
    first, second = Outside(), Outside()
    packed = transcode(json.dumps(document).encode())
    assert first.send(packed).body == b""
    reply = second.send(gzip.compress(packed), path="/api/v1/otlp/v1/metrics", **{"content-encoding": "gzip"})
    assert reply.status == 200 and reply.headers["content-type"] == otlp.PROTOBUF
    third = Outside()
    third.export(document)
    assert first.samples(infos=True) == second.samples(infos=True) == third.samples(infos=True)


def test_partial_success_in_protobuf() -> None:
    packed = transcode(json.dumps(export(total("bad", number(1), number(2), temporality=0))).encode())
    [(_, partial)] = read_fields(Outside().send(packed).body)
    assert isinstance(partial, bytes)
    assert dict(read_fields(partial)) == {1: 2, 2: b'invalid temporality and type combination for metric "bad"'}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "invalid JSON"),
        ("[]", "Request: expected an object, got an array"),
        ("null", "Request: expected an object, got null"),
        ('{"resourceMetrics": {}}', "resourceMetrics: expected an array, got an object"),
        (export(gauge("g", {"timeUnixNano": "x"})), "timeUnixNano: not a fixed64: 'x'"),
        (export(gauge("g", {"timeUnixNano": 1 << 64})), "not a fixed64: '18446744073709551616'"),
        (export(gauge("g", {"asInt": "9223372036854775808"})), "not a sfixed64"),
        (export(gauge("g", {"asDouble": "1.x"})), "not a number: '1.x'"),
        (export(gauge("g", {"exemplars": [{"traceId": "xyz"}]})), "traceId: not hexadecimal: 'xyz'"),
        (export(gauge("g", {"attributes": [{"key": 1}]})), "key: expected a string, got a number"),
        (export(total("t", temporality="NEVER")), "aggregationTemporality: not a uint64: 'NEVER'"),  # type: ignore[arg-type]
    ],
)
def test_wrong_json_is_refused_with_its_place(document: str | Document, words: str) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    reply = Outside().send(text.encode(), otlp.JSON)
    assert reply.status == 400 and reply.json["code"] == 3
    assert words in reply.json["message"], reply.json


def test_deep_values_are_refused() -> None:
    value: Document = {"intValue": 1}
    for _ in range(200):
        value = {"arrayValue": {"values": [value]}}
    document = export(gauge("g", number(1, attributes=[{"key": "a", "value": value}])))
    assert Outside().export(document).status == 400
    packed = b"\x08\x01"
    for _ in range(2000):
        packed = (
            b"\x2a" + _varint(len(packed) + 1 + len(_varint(len(packed)))) + b"\x0a" + _varint(len(packed)) + packed
        )
    attribute = b"\x0a\x01a\x12" + _varint(len(packed)) + packed
    point = b"\x3a" + _varint(len(attribute)) + attribute
    body = b""
    for tag in (b"\x0a", b"\x2a", b"\x12", b"\x12", b"\x0a"):
        body = tag + _varint(len(body or point)) + (body or point)
    reply = Outside().send(body)
    assert reply.status == 200 and b"nested deeper" in reply.body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@pytest.mark.parametrize(
    "document", [{}, {"resourceMetrics": []}, {"resourceMetrics": [{}]}, export(), export(gauge("g"))]
)
def test_empty_batches_are_fine(document: Document) -> None:
    outside = Outside()
    assert (outside.export(document).status, outside.send(b"").status) == (200, 200)
    assert outside.samples(infos=True) == {}


def test_special_doubles_and_names_as_in_the_proto_files() -> None:
    outside = Outside()
    points = [
        {"time_unix_nano": str(NOW_NS + k * SECOND_NS), "as_double": v}
        for k, v in enumerate(("NaN", "-Infinity", "2.5"))
    ]
    outside.export(
        {"resource_metrics": [{"scope_metrics": [{"metrics": [{"name": "g", "gauge": {"data_points": points}}]}]}]}
    )
    values = [value for _, value in outside.samples()["g"]]
    assert math.isnan(values[0]) and values[1:] == [-math.inf, 2.5]


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "status"),
    [
        ("text/plain", "", b"", 415),
        (otlp.JSON, "zstd", b"{}", 415),
        (otlp.PROTOBUF, "gzip", b"xyz", 400),
        (otlp.PROTOBUF, "", b"\x0a\xff", 400),
        (otlp.PROTOBUF, "", b"x" * 3001, 413),
        (otlp.PROTOBUF, "gzip", gzip.compress(bytes(9000), mtime=0), 413),
    ],
)
def test_what_cannot_be_taken_is_a_status(content_type: str, encoding: str, body: bytes, status: int) -> None:
    outside = Outside(limits=ReceiveLimits(body_bytes_max=3000, inflated_bytes_max=8000))
    reply = outside.send(body, content_type, **{"content-encoding": encoding})
    assert reply.status == status
    if content_type == otlp.PROTOBUF:
        assert {number for number, _ in read_fields(reply.body)} == {1, 2}


def test_truncated_and_mutated_requests_end_in_an_answer() -> None:
    explicit = {"count": 2, "sum": 2, "bucketCounts": [0, 2], "explicitBounds": [0.5], **number()}
    document = export(
        gauge("g", number(1.5, attributes=attributes(a="b"))),
        {"name": "h", "histogram": {"dataPoints": [explicit], "aggregationTemporality": 2}},
        {"name": "s", "summary": {"dataPoints": [{"quantileValues": [{"quantile": 1}], **number()}]}},
        exponential(),
    )
    packed = transcode(json.dumps(document).encode())
    random = np.random.default_rng(3)
    bodies = [packed[:n] for n in range(len(packed))]
    for _ in range(300):
        mutated = bytearray(packed)
        mutated[random.integers(len(packed))] = random.integers(256)
        bodies.append(bytes(mutated))
    outside = Outside()
    statuses = [outside.send(body).status for body in bodies]
    assert set(statuses) == {200, 400} and statuses.count(200) > 100
