"""Real clients of the Prometheus API against `vedette up`: promtool, prometheus-api-client, a Prometheus that federates.

The server holds a few imported series with known values, and it scrapes this machine meanwhile.
"""

from __future__ import annotations

import json
import tempfile
import time
import urllib.parse
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.asking import Service, wait_until
from tests.harness import Options, Outcome, Skipped, run_checks
from tests.prometheus import Prometheus, run_promtool
from tests.server import Vedette, import_openmetrics

try:
    from prometheus_api_client import PrometheusConnect
except ImportError:
    PrometheusConnect = None

_STEP_S: Final = 15
_STEPS: Final = 8
_SCRAPED_WITHIN_S: Final = 40.0
_FEDERATED_WITHIN_S: Final = 30.0


def run(options: Options) -> Iterable[Outcome]:
    if PrometheusConnect is None:
        raise Skipped("prometheus-api-client is not installed (requirements/dev.txt has it)")
    newest_s = int(time.time()) - 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "samples.om").write_text(_samples(newest_s))
        (folder / "prometheus.yml").write_text("scrape_configs: []\n")
        import_openmetrics(folder / "samples.om", folder / "data")
        with Vedette(folder / "data", "--config", str(folder / "prometheus.yml")) as server:
            server.wait_until_ready()
            yield run_checks("clients", CHECKS, server, newest_s)


def _samples(newest_s: int) -> str:
    """The values that the checks below expect; recent enough to be in the head and in an instant query's lookback."""
    grid = [newest_s - _STEP_S * (_STEPS - 1 - step) for step in range(_STEPS)]
    lines = ["# TYPE up gauge"]
    for labels, value in (('job="a",instance="one"', 1), ('job="b",instance="two"', 0)):
        lines += [f"up{{{labels}}} {value} {time_s}" for time_s in grid]
    lines.append("# TYPE requests counter")
    lines += [f'requests_total{{job="a"}} {3.25 * step} {time_s}' for step, time_s in enumerate(grid)]
    lines += ['# TYPE "http.requests" gauge', f'{{"http.requests","my.label"="x y",job="utf"}} 1e-9 {grid[-1]}']
    return "\n".join([*lines, "# EOF", ""])


def this_machine_is_scraped(server: Vedette, newest_s: int) -> None:
    assert wait_until(lambda: bool(_ask(server, 'up{job="node"} == 1')), _SCRAPED_WITHIN_S), server.log_end()


def promtool_reads_an_instant_vector(server: Vedette, newest_s: int) -> None:
    answer = _promtool("query", "instant", "--format=json", server.url, 'up{job=~"a|b"}')
    found = sorted((one["metric"]["job"], one["value"][1]) for one in json.loads(answer))
    assert found == [("a", "1"), ("b", "0")], answer
    assert _promtool("query", "instant", server.url, "scalar(vector(0.1))").startswith("scalar: 0.1 @["), answer


def promtool_reads_a_range(server: Vedette, newest_s: int) -> None:
    times = [f"--start={newest_s - 30}", f"--end={newest_s}", "--step=15s"]
    (series,) = json.loads(_promtool("query", "range", "--format=json", *times, server.url, "requests_total"))
    assert [value for _, value in series["values"]] == ["16.25", "19.5", "22.75"], series


def promtool_lists_series_and_label_values(server: Vedette, newest_s: int) -> None:
    listed = _promtool("query", "series", "--format=json", "--match=up", server.url)
    assert {"__name__": "up", "instance": "one", "job": "a"} in json.loads(listed), listed
    assert _promtool("query", "labels", server.url, "job").split() == ["a", "b", "node", "utf"]


def promtool_shows_our_refusal(server: Vedette, newest_s: int) -> None:
    refused = run_promtool("query", "instant", server.url, "up(")
    assert refused.returncode != 0, refused.stdout
    assert 'invalid parameter "query": 1:' in refused.stderr, refused.stderr


def promtool_finds_us_healthy_and_ready(server: Vedette, newest_s: int) -> None:
    _promtool("check", "healthy", f"--url={server.url}")
    _promtool("check", "ready", f"--url={server.url}")


def our_metrics_pass_promtools_check(server: Vedette, newest_s: int) -> None:
    for path in ("/metrics", "/metrics/node"):
        checked = run_promtool("check", "metrics", text=server.get(path)[1].decode())
        assert "error while linting" not in checked.stderr, checked.stderr


def prometheus_api_client_reads_everything(server: Vedette, newest_s: int) -> None:
    client: Any = PrometheusConnect(url=server.url)
    assert client.check_prometheus_connection(), "the page answers its GET /"
    assert {"http.requests", "requests_total", "up"} <= set(client.all_metrics())
    (one,) = client.get_current_metric_value("up", {"job": "a"})
    assert (one["value"][1], one["metric"]["instance"]) == ("1", "one"), one
    start, end = (datetime.fromtimestamp(second, UTC) for second in (newest_s - 30, newest_s))
    (ranged,) = client.custom_query_range("requests_total", start_time=start, end_time=end, step="15")
    assert [value for _, value in ranged["values"]] == ["16.25", "19.5", "22.75"], ranged
    (raw,) = client.get_metric_range_data("requests_total", start_time=start, end_time=end)
    assert len(raw["values"]) >= 2, raw
    assert client.get_label_values("job") == ["a", "b", "node", "utf"]
    assert client.custom_query('sum(up{job=~"a|b"})')[0]["value"][1] == "1"


def a_real_prometheus_federates_from_us(server: Vedette, newest_s: int) -> None:
    job = {
        "job_name": "federate",
        "honor_labels": True,
        "metrics_path": "/federate",
        "params": {"match[]": ['{job=~".+"}']},
        "static_configs": [{"targets": [urllib.parse.urlsplit(server.url).netloc]}],
    }
    config = json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]})
    with tempfile.TemporaryDirectory() as folder, Prometheus(Path(folder) / "data", config) as theirs:
        assert wait_until(lambda: bool(_ask(theirs, 'requests_total{job="a"}')), _FEDERATED_WITHIN_S)
        found = [(one["metric"], one["value"][1]) for one in _ask(theirs, 'requests_total{job="a"}')]
        assert found == [({"__name__": "requests_total", "job": "a"}, "22.75")], found
        assert {one["metric"]["instance"] for one in _ask(theirs, 'up{job=~"a|b"}')} == {"one", "two"}
        (utf8,) = _ask(theirs, '{"http.requests"}')
        assert (utf8["metric"]["my.label"], utf8["value"][1]) == ("x y", "1e-09"), utf8
        ours = _series_of(server, "node")
        assert len(ours) > 100, len(ours)
        assert wait_until(lambda: _series_of(theirs, "node") >= ours, _FEDERATED_WITHIN_S), ours - _series_of(
            theirs, "node"
        )


def _ask(server: Service, query: str) -> list[Any]:
    return list(server.api("query", query=query)["result"])


def _series_of(server: Service, job: str) -> set[tuple[tuple[str, str], ...]]:
    return {tuple(sorted(labels.items())) for labels in server.api("series", **{"match[]": f'{{job="{job}"}}'})}


def _promtool(*arguments: str) -> str:
    done = run_promtool(*arguments)
    assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
    return done.stdout


CHECKS: Final = (
    this_machine_is_scraped,
    promtool_reads_an_instant_vector,
    promtool_reads_a_range,
    promtool_lists_series_and_label_values,
    promtool_shows_our_refusal,
    promtool_finds_us_healthy_and_ready,
    our_metrics_pass_promtools_check,
    prometheus_api_client_reads_everything,
    a_real_prometheus_federates_from_us,
)
