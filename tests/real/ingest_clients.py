"""Real clients that push into `vedette up`: prometheus_client, an OpenTelemetry SDK, an Influx client; read back by queries."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)

from tests.asking import Service, wait_until
from tests.harness import Options, Outcome, Skipped, run_checks
from tests.server import Vedette

try:
    import influxdb_client
    from google.protobuf import json_format
    from influxdb_client.client.write_api import SYNCHRONOUS
    from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.sdk import metrics as sdk
    from opentelemetry.sdk.metrics.export import (
        AggregationTemporality,
        InMemoryMetricReader,
        PeriodicExportingMetricReader,
    )
    from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
    from opentelemetry.sdk.resources import Resource
except ImportError:
    influxdb_client = None  # type: ignore[assignment]

_FED_WITHIN_S: Final = 25.0
"""Pushed groups enter the store every 15 s."""


def run(options: Options) -> Iterable[Outcome]:
    if influxdb_client is None:
        raise Skipped("opentelemetry-sdk and influxdb-client are not installed (requirements/dev.txt has them)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text("scrape_configs: []\n")
        with Vedette(folder / "data", "--config", str(folder / "prometheus.yml"), "--no-node-job") as server:
            server.wait_until_ready()
            yield run_checks("ingest-clients", CHECKS, server)


def prometheus_client_pushes_a_group(server: Vedette) -> None:
    registry = CollectorRegistry()
    Gauge("job_last_success", "When.", ["step"], registry=registry).labels("copy").set(12.5)
    Counter("job_rows", "Rows.", registry=registry).inc(3)
    Histogram("job_seconds", "Took.", buckets=(1, 5), registry=registry).observe(2)
    Summary("job_bytes", "Size.", registry=registry).observe(10)
    push_to_gateway(server.url, job="backup", registry=registry, grouping_key={"instance": "db/1"})
    assert b'job_last_success{instance="db/1",job="backup",step="copy"} 12.5' in server.get("/metrics/push")[1]
    assert wait_until(lambda: bool(_values(server, "job_rows_total")), _FED_WITHIN_S), server.log_end()
    assert _values(server, "job_last_success") == {("backup", "db/1"): 12.5}
    assert _values(server, "job_rows_total") == {("backup", "db/1"): 3.0}
    assert _values(server, 'job_seconds_bucket{le="5.0"}') == {("backup", "db/1"): 1.0}
    assert _values(server, "job_bytes_sum") == {("backup", "db/1"): 10.0}
    assert _values(server, "push_failure_time_seconds") == {("backup", "db/1"): 0.0}


def prometheus_client_adds_to_a_group(server: Vedette) -> None:
    registry = CollectorRegistry()
    Gauge("job_extra", "More.", registry=registry).set(7)
    pushadd_to_gateway(server.url, job="backup", registry=registry, grouping_key={"instance": "db/1"})
    page = server.get("/metrics/push")[1]
    assert b"job_extra{" in page and b"job_rows_total{" in page
    push_to_gateway(server.url, job="backup", registry=registry, grouping_key={"instance": "db/1"})
    assert b"job_rows_total{" not in server.get("/metrics/push")[1]


def prometheus_client_deletes_a_group(server: Vedette) -> None:
    delete_from_gateway(server.url, job="backup", grouping_key={"instance": "db/1"})
    assert b"backup" not in server.get("/metrics/push")[1]
    assert wait_until(lambda: not _values(server, 'push_time_seconds{job="backup"}'), _FED_WITHIN_S)


def pushed_groups_survive_a_kill(server: Vedette) -> None:
    registry = CollectorRegistry()
    Gauge("job_kept", "Kept.", registry=registry).set(1)
    push_to_gateway(server.url, job="lasting", registry=registry)
    server.kill()
    server.start()
    server.wait_until_ready()
    assert b'job_kept{instance="",job="lasting"} 1' in server.get("/metrics/push")[1]


def an_opentelemetry_sdk_exports_every_instrument_as_protobuf(server: Vedette) -> None:
    exporter = OTLPMetricExporter(endpoint=f"{server.url}/v1/metrics")
    _record(PeriodicExportingMetricReader(exporter, export_interval_millis=1e9), "protobuf").shutdown()
    _check_instruments(server, "protobuf")


def an_opentelemetry_sdk_exports_to_prometheus_own_path(server: Vedette) -> None:
    exporter = OTLPMetricExporter(endpoint=f"{server.url}/api/v1/otlp/v1/metrics")
    _record(PeriodicExportingMetricReader(exporter, export_interval_millis=1e9), "own-path").shutdown()
    _check_instruments(server, "own-path")


def an_opentelemetry_sdk_exports_every_instrument_as_json(server: Vedette) -> None:
    """The SDK's exporter speaks protobuf only: its data is encoded to JSON by protobuf's own mapping."""
    reader = InMemoryMetricReader()
    _record(reader, "json")
    data = reader.get_metrics_data()
    assert data is not None
    _post_json(server, json_format.MessageToJson(encode_metrics(data)))
    _check_instruments(server, "json")


def deltas_of_an_opentelemetry_sdk_are_summed_up(server: Vedette) -> None:
    kinds = (sdk.Counter, sdk.Histogram)
    temporality = dict.fromkeys(kinds, AggregationTemporality.DELTA)
    exporter = OTLPMetricExporter(endpoint=f"{server.url}/v1/metrics", preferred_temporality=dict(temporality))
    provider = sdk.MeterProvider(
        [PeriodicExportingMetricReader(exporter, export_interval_millis=1e9)],
        resource=Resource.create({"service.name": "delta", "service.instance.id": "one"}),
    )
    counter = provider.get_meter("test").create_counter("delta.requests")
    for _ in range(3):
        counter.add(2)
        provider.force_flush()
        time.sleep(0.01)
    provider.shutdown()
    assert _values(server, "delta_requests_total") == {("delta", "one"): 6.0}, _ask(server, "delta_requests_total")


def an_influx_client_writes_points(server: Vedette) -> None:
    with influxdb_client.InfluxDBClient(url=server.url, token="any", org="any") as client:
        point = influxdb_client.Point("weather").tag("city", "北京 1").field("degrees", 21.5).field("rain", False)
        other = influxdb_client.Point("weather").tag("city", "Ulm").field("degrees", -3).field("note", "x")
        client.write_api(write_options=SYNCHRONOUS).write(bucket="house", record=[point, other])
    found = {one["metric"]["city"]: one for one in _ask(server, "weather_degrees")}
    assert {city: float(one["value"][1]) for city, one in found.items()} == {"北京 1": 21.5, "Ulm": -3.0}
    assert found["Ulm"]["metric"]["db"] == "house"
    assert [one["value"][1] for one in _ask(server, "weather_rain")] == ["0"]


def an_influx_client_is_told_what_is_wrong(server: Vedette) -> None:
    with influxdb_client.InfluxDBClient(url=server.url, token="any", org="any") as client:
        try:
            client.write_api(write_options=SYNCHRONOUS).write(bucket="house", record="good f=1\nbad")
        except influxdb_client.rest.ApiException as error:
            assert error.status == 400 and "line 2: unable to parse 'bad'" in error.body, error
        else:
            raise AssertionError("a wrong line was taken")
    assert [one["value"][1] for one in _ask(server, "good_f")] == ["1"]


def _record(reader: Any, service: str) -> Any:
    """One measurement or more of every instrument kind."""
    views = [View(instrument_name="call.sizes", aggregation=ExponentialBucketHistogramAggregation())]
    resource = Resource.create({"service.name": service, "service.instance.id": "one", "zone": "z1"})
    provider = sdk.MeterProvider([reader], resource=resource, views=views)
    meter = provider.get_meter("test", "1.0")

    def observe(value: float) -> Any:
        def callback(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, {"seen": "yes"})]

        return [callback]

    meter.create_counter("calls").add(3, {"http.method": "GET"})
    meter.create_up_down_counter("sessions").add(-2)
    meter.create_gauge("load", unit="1").set(0.5)
    meter.create_histogram("call.duration", unit="s", explicit_bucket_boundaries_advisory=[0.5, 5]).record(2.5)
    sizes = meter.create_histogram("call.sizes", unit="By")
    for size in (1, 10, 100):
        sizes.record(size)
    meter.create_observable_counter("faults", observe(11))
    meter.create_observable_up_down_counter("queue", observe(4))
    meter.create_observable_gauge("heat", observe(36.6), unit="Cel")
    return provider


def _check_instruments(server: Service, service: str) -> None:
    own = {(service, "one")}
    for query, value in (
        ('calls_total{http_method="GET"}', 3.0),
        ("sessions", -2.0),
        ("load_ratio", 0.5),
        ("call_duration_seconds_sum", 2.5),
        ('call_duration_seconds_bucket{le="0.5"}', 0.0),
        ('call_duration_seconds_bucket{le="5"}', 1.0),
        ('call_duration_seconds_bucket{le="+Inf"}', 1.0),
        ("histogram_count(call_sizes_bytes)", 3.0),
        ("histogram_sum(call_sizes_bytes)", 111.0),
        ('faults_total{seen="yes"}', 11.0),
        ("queue", 4.0),
        ("heat_celsius", 36.6),
        ('target_info{zone="z1"}', 1.0),
    ):
        found = {key: each for key, each in _values(server, query).items() if key[0] == service}
        assert found == dict.fromkeys(own, value), f"{query}: {found}"


def _post_json(server: Service, text: str) -> None:
    status, body = server.get("/v1/metrics", {"Content-Type": "application/json"}, method="POST", body=text.encode())
    assert (status, json.loads(body)) == (200, {}), body


def _ask(server: Service, query: str) -> list[Any]:
    return list(server.api("query", query=query)["result"])


def _values(server: Service, query: str) -> dict[tuple[str, str], float]:
    """By (job, instance)."""
    return {
        (one["metric"].get("job", ""), one["metric"].get("instance", "")): float(one["value"][1])
        for one in _ask(server, query)
    }


CHECKS: Final = (
    prometheus_client_pushes_a_group,
    prometheus_client_adds_to_a_group,
    prometheus_client_deletes_a_group,
    pushed_groups_survive_a_kill,
    an_opentelemetry_sdk_exports_every_instrument_as_protobuf,
    an_opentelemetry_sdk_exports_to_prometheus_own_path,
    an_opentelemetry_sdk_exports_every_instrument_as_json,
    deltas_of_an_opentelemetry_sdk_are_summed_up,
    an_influx_client_writes_points,
    an_influx_client_is_told_what_is_wrong,
)
