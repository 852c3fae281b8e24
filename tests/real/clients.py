"""Real clients of the Prometheus API against ours: promtool, prometheus-api-client, a Prometheus that federates from us."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import traceback
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.harness import Options, Outcome, Skipped
from tests.real.serving import serving
from tests.settings import free_port, peer
from tests.unit.api.outside import principal_of, put, services
from vedette.model.blocks import MetricMetadata
from vedette.ports.clock import SystemClock
from vedette.store.memory import MemoryStore

_STEP_S: Final = 15
_STEPS: Final = 8
_FEDERATED_WITHIN_S: Final = 30.0

Check = Callable[[str, int], None]
"""Takes our URL and the time of the newest sample (s). Raises AssertionError."""


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("clients", 0, len(CHECKS))
    newest_s = int(time.time()) - 1
    with serving(services(store=_filled_store(newest_s), clock=SystemClock())) as url:
        for check in CHECKS:
            try:
                check(url, newest_s)
                outcome.passed += 1
            except AssertionError as error:
                asserted = traceback.extract_tb(error.__traceback__)[-1].line
                outcome.failures.append(f"{check.__name__}: {asserted}: {error}")
    yield outcome


def _filled_store(newest_s: int) -> MemoryStore:
    store = MemoryStore(windows=False)
    grid = [(newest_s - _STEP_S * (_STEPS - 1 - step)) * 1000 for step in range(_STEPS)]
    series = {
        "__name__=up,job=a,instance=one": [(time_ms, 1.0) for time_ms in grid],
        "__name__=up,job=b,instance=two": [(time_ms, 0.0) for time_ms in grid],
        "__name__=requests_total,job=a": [(time_ms, 3.25 * step) for step, time_ms in enumerate(grid)],
        json.dumps({"__name__": "http.requests", "my.label": "x y", "job": "utf"}): [(grid[-1], 1e-9)],
    }
    put(store, series)
    store.put_metadata(principal_of(), [MetricMetadata("up", "gauge", "Whether the target answers.")])
    return store


def promtool_reads_an_instant_vector(url: str, newest_s: int) -> None:
    answer = _promtool("query", "instant", "--format=json", url, "up")
    found = sorted((one["metric"]["job"], one["value"][1]) for one in json.loads(answer))
    assert found == [("a", "1"), ("b", "0")], answer
    assert _promtool("query", "instant", url, "scalar(vector(0.1))").startswith("scalar: 0.1 @["), answer


def promtool_reads_a_range(url: str, newest_s: int) -> None:
    times = [f"--start={newest_s - 30}", f"--end={newest_s}", "--step=15s"]
    (series,) = json.loads(_promtool("query", "range", "--format=json", *times, url, "requests_total"))
    assert [value for _, value in series["values"]] == ["16.25", "19.5", "22.75"], series


def promtool_lists_series_and_label_values(url: str, newest_s: int) -> None:
    listed = _promtool("query", "series", "--format=json", "--match=up", url)
    assert {"__name__": "up", "instance": "one", "job": "a"} in json.loads(listed), listed
    assert _promtool("query", "labels", url, "job").split() == ["a", "b", "utf"]


def promtool_shows_our_refusal(url: str, newest_s: int) -> None:
    refused = _run_promtool("query", "instant", url, "up(")
    assert refused.returncode != 0, refused.stdout
    assert 'invalid parameter "query": 1:' in refused.stderr, refused.stderr


def promtool_finds_us_healthy_and_ready(url: str, newest_s: int) -> None:
    _promtool("check", "healthy", f"--url={url}")
    _promtool("check", "ready", f"--url={url}")


def our_metrics_pass_promtools_check(url: str, newest_s: int) -> None:
    page = urllib.request.urlopen(f"{url}/metrics", timeout=10).read().decode()
    checked = _run_promtool("check", "metrics", text=page)
    assert "error while linting" not in checked.stderr, checked.stderr


def prometheus_api_client_reads_everything(url: str, newest_s: int) -> None:
    try:
        from prometheus_api_client import PrometheusConnect
    except ImportError:
        raise Skipped("prometheus-api-client is not installed") from None
    client: Any = PrometheusConnect(url=url)
    assert client.check_prometheus_connection()
    assert client.all_metrics() == ["http.requests", "requests_total", "up"]
    (one,) = client.get_current_metric_value("up", {"job": "a"})
    assert (one["value"][1], one["metric"]["instance"]) == ("1", "one"), one
    start, end = (datetime.fromtimestamp(second, UTC) for second in (newest_s - 30, newest_s))
    (ranged,) = client.custom_query_range("requests_total", start_time=start, end_time=end, step="15")
    assert [value for _, value in ranged["values"]] == ["16.25", "19.5", "22.75"], ranged
    (raw,) = client.get_metric_range_data("requests_total", start_time=start, end_time=end)
    assert len(raw["values"]) >= 2, raw
    assert client.get_label_values("job") == ["a", "b", "utf"]
    assert client.custom_query("sum(up)")[0]["value"][1] == "1"


def a_real_prometheus_federates_from_us(url: str, newest_s: int) -> None:
    with _federating_prometheus(url) as theirs:
        give_up_at = time.monotonic() + _FEDERATED_WITHIN_S
        found: list[Any] = []
        while not found and time.monotonic() < give_up_at:
            time.sleep(0.5)
            found = _query(theirs, 'requests_total{job="a"}')
        assert [(one["metric"], one["value"][1]) for one in found] == [
            ({"__name__": "requests_total", "job": "a"}, "22.75")
        ], found
        assert {one["metric"]["instance"] for one in _query(theirs, 'up{job=~"a|b"}')} == {"one", "two"}
        (utf8,) = _query(theirs, '{"http.requests"}')
        assert (utf8["metric"]["my.label"], utf8["value"][1]) == ("x y", "1e-09"), utf8


@contextmanager
def _federating_prometheus(url: str) -> Iterator[str]:
    job = {
        "job_name": "federate",
        "honor_labels": True,
        "metrics_path": "/federate",
        "params": {"match[]": ['{job=~".+"}']},
        "static_configs": [{"targets": [urllib.parse.urlsplit(url).netloc]}],
    }
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="vedette-federation-") as folder:
        (Path(folder) / "prometheus.yml").write_text(json.dumps(config))
        flags = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen([str(peer("prometheus")), *flags], cwd=folder, stdout=log, stderr=log)
            try:
                yield f"http://{address}"
            finally:
                process.terminate()
                process.wait(20)


def _query(url: str, query: str) -> list[Any]:
    address = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return list(json.load(answer)["data"]["result"])
    except OSError:
        return []


def _promtool(*arguments: str) -> str:
    done = _run_promtool(*arguments)
    assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
    return done.stdout


def _run_promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(peer("promtool")), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, check=False)


CHECKS: Final[tuple[Check, ...]] = (
    promtool_reads_an_instant_vector,
    promtool_reads_a_range,
    promtool_lists_series_and_label_values,
    promtool_shows_our_refusal,
    promtool_finds_us_healthy_and_ready,
    our_metrics_pass_promtools_check,
    prometheus_api_client_reads_everything,
    a_real_prometheus_federates_from_us,
)
