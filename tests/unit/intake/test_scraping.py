"""A target is scraped into the store: labels, reports, staleness, limits, times. Real HTTP, a turned clock."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import re
from pathlib import Path

import pytest

from tests.unit.intake.scraping import START_MS, Endpoint, Scene, scene, settle
from vedette.intake.config import load_config
from vedette.model.telemetry import REGISTRY
from vedette.ports.principal import SYSTEM

INSTANCE = re.compile(r'instance="[^"]*"')


def by_labels(values: dict[str, list[float | str]]) -> dict[str, list[float | str]]:
    return {INSTANCE.sub("", text).replace("{, ", "{").replace(", , ", ", "): found for text, found in values.items()}


def test_a_page_becomes_samples_and_a_report() -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint('# TYPE a counter\n# HELP a how many\na{b="c"} 1\nd NaN\n')) as stage:
            await stage.scrape(2)
            assert by_labels(stage.store.values("a")) == {'a{b="c", job="x"}': [1.0, 1.0]}
            assert by_labels(stage.store.values("up|scrape_.*(?:scraped|relabeling|added)")) == {
                'up{job="x"}': [1.0, 1.0],
                'scrape_samples_scraped{job="x"}': [2.0, 2.0],
                'scrape_samples_post_metric_relabeling{job="x"}': [2.0, 2.0],
                'scrape_series_added{job="x"}': [2.0, 0.0],
            }
            (status,) = stage.manager.targets.active()
            assert (status.health, status.last_error, status.scrape_interval) == ("up", "", "15s")
            assert [entry.type for entry in stage.store.metadata(SYSTEM)] == ["counter"]

    asyncio.run(run())


def test_the_request_says_what_the_reference_says() -> None:
    async def run() -> None:
        async with scene("params: {q: [1, 2]}\nmetrics_path: /m\nscrape_timeout: 2500ms") as stage:
            await stage.scrape()
            (request,) = stage.endpoint.requests
            assert request.path_qs == "/m?q=1&q=2"
            assert request.headers["X-Prometheus-Scrape-Timeout-Seconds"] == "2.5"
            assert request.headers["Accept-Encoding"] == "gzip"
            assert request.headers["Accept"].startswith(
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            )

    asyncio.run(run())


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ("", 'a{exported_job="z", exported_exported_job="y", job="x"}'),
        ("honor_labels: true", 'a{exported_job="z", job="y"}'),
    ],
)
def test_labels_that_clash_with_the_target_s(job: str, expected: str) -> None:
    async def run() -> None:
        async with scene(job, Endpoint('a{job="y",exported_job="z"} 1\n')) as stage:
            await stage.scrape()
            (labels,) = by_labels(stage.store.values("a"))
            assert sorted(re.findall(r"\w+=\"\w\"", labels)) == sorted(re.findall(r"\w+=\"\w\"", expected))

    asyncio.run(run())


def test_metric_relabelling_drops_and_renames() -> None:
    job = (
        "metric_relabel_configs:\n- {source_labels: [__name__], regex: b, action: drop}\n"
        "- {source_labels: [__name__], regex: (c), target_label: __name__, replacement: '${1}_new'}"
    )

    async def run() -> None:
        async with scene(job, Endpoint("a 1\nb 2\nc 3\n")) as stage:
            await stage.scrape(2)
            found = stage.store.values("a|b|c|c_new|scrape_samples_(?:scraped|post.*)")
            assert sorted(INSTANCE.sub("", name).split("{")[0] for name in found) == [
                "a",
                "c_new",
                "scrape_samples_post_metric_relabeling",
                "scrape_samples_scraped",
            ]
            assert [values for name, values in found.items() if "post" in name] == [[2.0, 2.0]]

    asyncio.run(run())


def test_a_series_that_vanishes_gets_a_stale_marker_once() -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint("a 1\nb 2\n")) as stage:
            await stage.scrape()
            stage.endpoint.body = "a 3\n"
            await stage.scrape(2)
            assert list(stage.store.values("a|b").values()) == [[1.0, 3.0, 3.0], [2.0, "stale"]]

    asyncio.run(run())


@pytest.mark.parametrize("body", ["a 1\n{broken", "a one\n", 'a{b="\xff"} 1\n'.encode("latin-1")])
def test_a_failed_scrape_ends_its_series_and_says_up_0(body: str | bytes) -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint("a 1\n")) as stage:
            await stage.scrape()
            stage.endpoint.body = body
            await stage.scrape(2)
            assert list(stage.store.values("a").values()) == [[1.0, "stale"]]
            assert list(stage.store.values("up").values()) == [[1.0, 0.0, 0.0]]
            assert stage.error() != ""
            stage.endpoint.body = "a 2\n"
            await stage.scrape()
            assert list(stage.store.values("a").values()) == [[1.0, "stale", 2.0]]

    asyncio.run(run())


def test_an_empty_page_is_a_page_without_series() -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint("a 1\n")) as stage:
            await stage.scrape()
            stage.endpoint.body, stage.endpoint.headers = b"", {}
            await stage.scrape()
            assert list(stage.store.values("a").values()) == [[1.0, "stale"]]
            assert list(stage.store.values("up").values()) == [[1.0, 1.0]]

    asyncio.run(run())


def test_timestamps_of_the_page_are_honoured_or_not() -> None:
    late = START_MS - 60_000

    async def times(job: str) -> list[int]:
        async with scene(job, Endpoint(f"a 1 {late}\n")) as stage:
            await stage.scrape()
            return stage.store.times("a")

    assert asyncio.run(times("")) == [late]
    assert asyncio.run(times("honor_timestamps: false")) != [late]


@pytest.mark.parametrize(("job", "marked"), [("", False), ("track_timestamps_staleness: true", True)])
def test_series_with_their_own_timestamps_are_marked_only_where_asked(job: str, marked: bool) -> None:
    async def run() -> None:
        async with scene(job, Endpoint(f"a 1 {START_MS}\nb 1\n")) as stage:
            await stage.scrape()
            stage.endpoint.body = "b 1\n"
            await stage.scrape()
            assert list(stage.store.values("a").values()) == [[1.0, "stale"] if marked else [1.0]]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("job", "body", "error"),
    [
        ("sample_limit: 2", "a 1\nb 2\nc 3\n", "sample limit exceeded"),
        ("label_limit: 3", 'a{b="c",d="e"} 1\n', "label_limit exceeded (metric: a, number of labels: 5, limit: 3)"),
        (
            "label_name_length_limit: 8",
            'a{longername="c"} 1\n',
            "label_name_length_limit exceeded (metric: a, label name: longername, length: 10, limit: 8)",
        ),
        (
            "label_value_length_limit: 20",
            f'a{{b="{"c" * 30}"}} 1\n',
            'label_value_length_limit exceeded (metric: a, label name: b, value: "'
            + "c" * 30
            + '", length: 30, limit: 20)',
        ),
        ("body_size_limit: 10B", "a 1\nb 2\nc 3\n", "body size limit exceeded"),
        ("metric_name_validation_scheme: legacy", '{"a.b"} 1\n', "invalid metric name or label names"),
        (
            "metric_relabel_configs: [{target_label: __name__, replacement: ''}]",
            "a 1\n",
            "missing metric name (__name__ label)",
        ),
    ],
)
def test_a_limit_fails_the_scrape_in_the_reference_s_words(job: str, body: str, error: str) -> None:
    async def run() -> None:
        async with scene(job, Endpoint(body)) as stage:
            await stage.scrape()
            assert stage.error().startswith(error)
            assert stage.store.values("a|b|c") == {}
            assert list(stage.store.values("up").values()) == [[0.0]]

    asyncio.run(run())


def test_a_sample_limit_still_reports_what_was_scraped() -> None:
    async def run() -> None:
        async with scene("sample_limit: 2", Endpoint("a 1\nb 2\nc 3\n")) as stage:
            await stage.scrape()
            assert [values for name, values in stage.store.values("scrape_samples_.*").items()] == [[3.0], [3.0]]
            stage.endpoint.body = "a 1\nb 2\n"
            await stage.scrape()
            assert list(stage.store.values("a|b|c").values()) == [[1.0], [2.0]]

    asyncio.run(run())


def test_too_many_targets_fail_every_scrape_of_the_pool() -> None:
    job = "target_limit: 1\nstatic_configs: [{targets: [ADDRESS, '127.0.0.2:1']}]"

    async def run() -> None:
        async with scene(job) as stage:
            wanted = stage.store.appends + 2
            await stage.clock.turn(15)
            await stage.store.appended(wanted)
            await stage.at_rest()
            errors = {status.last_error for status in stage.manager.targets.active()}
            assert errors == {"target_limit exceeded (number of targets: 2, limit: 1)"}
            assert stage.endpoint.requests == []

    asyncio.run(run())


def test_extra_metrics_report_the_timeout_the_limit_and_the_size() -> None:
    async def run() -> None:
        async with scene("extra_scrape_metrics: true\nsample_limit: 9", Endpoint("a 1\n")) as stage:
            await stage.scrape()
            found = stage.store.values("scrape_timeout_seconds|scrape_sample_limit|scrape_body_size_bytes")
            assert sorted(values[0] for values in found.values()) == [4.0, 9.0, 10.0]

    asyncio.run(run())


def test_a_line_twice_on_a_page_counts_as_a_duplicate() -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint("a 1\na 2\n")) as stage:
            await stage.scrape(2)
            assert list(stage.store.values("a").values()) == [[1.0, 1.0]]
            assert list(stage.store.values("scrape_samples_post.*").values()) == [[2.0, 2.0]]

    asyncio.run(run())


def test_scrapes_stand_on_the_interval_s_grid() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape(4)
            times = stage.store.times("a")
            assert [b - a for a, b in itertools.pairwise(times)] == [15_000] * 3

    asyncio.run(run())


def test_a_wall_clock_that_goes_back_does_not_stop_the_scrapes() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape(2)
            stage.clock.jump_ms = -100_000
            await stage.scrape(2)
            stage.clock.jump_ms = 300_000
            await stage.scrape(2)
            assert len(stage.store.times("a")) == 6

    asyncio.run(run())


def test_gzip_pages_are_inflated_and_compression_can_be_refused() -> None:
    async def run() -> None:
        body = gzip.compress(b"a 1\n") + gzip.compress(b"b 2\n")
        headers = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
        async with scene(endpoint=Endpoint(body, headers=headers)) as stage:
            await stage.scrape()
            assert list(stage.store.values("a|b").values()) == [[1.0], [2.0]]
        async with scene("enable_compression: false") as stage:
            await stage.scrape()
            assert stage.endpoint.requests[0].headers["Accept-Encoding"] == "identity"

    asyncio.run(run())


async def gone(stage: Scene) -> None:
    await stage.apply("static_configs: []")


def test_a_target_that_goes_away_ends_its_series_after_two_intervals() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape(2)
            await gone(stage)
            assert stage.manager.targets.active() == []
            last_ms = stage.store.times("a")[-1]
            await stage.clock.turn((last_ms + 31_000 - stage.clock.now_ms()) / 1000)
            assert list(stage.store.values("a").values()) == [[1.0, 1.0]]
            wanted = stage.store.appends + 1
            await stage.clock.turn(1)
            await stage.store.appended(wanted)
            assert list(stage.store.values("a").values()) == [[1.0, 1.0, "stale"]]
            assert list(stage.store.values("up").values()) == [[1.0, 1.0, "stale"]]
            first, second, marker = stage.store.times("a")
            assert marker - second == second - first

    asyncio.run(run())


def test_a_job_that_goes_away_ends_its_series_too() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape()
            stage.manager.apply(load_config("prometheus.yml", text=""))
            await stage.manager.settled()
            wanted = stage.store.appends + 1
            await stage.clock.turn(40)
            await stage.store.appended(wanted)
            assert list(stage.store.values("a|up").values()) == [[1.0, "stale"], [1.0, "stale"]]
            assert stage.manager.targets.pools() == []

    asyncio.run(run())


def test_series_that_come_back_elsewhere_are_not_ended() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape()
            await gone(stage)
            await stage.apply("")
            await stage.scrape(3)
            await stage.clock.turn(1)
            assert "stale" not in [value for values in stage.store.values("a|up").values() for value in values]

    asyncio.run(run())


def test_a_reload_that_changes_nothing_keeps_the_loop() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape()
            (before,) = stage.manager._pools["x"].loops.values()
            await stage.apply("static_configs: [{targets: [ADDRESS, '127.0.0.1:1']}]")
            assert before in stage.manager._pools["x"].loops.values()
            assert len(stage.manager._pools["x"].loops) == 2

    asyncio.run(run())


def test_a_reload_of_the_interval_keeps_the_series_cache() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape()
            await stage.apply("scrape_interval: 5s")
            await stage.scrape(interval_s=5)
            assert list(stage.store.values("scrape_series_added").values()) == [[1.0, 0.0]]
            await stage.apply("scrape_interval: 5s\nhonor_labels: true")
            await stage.scrape(interval_s=5)
            assert list(stage.store.values("scrape_series_added").values()) == [[1.0, 0.0, 1.0]]

    asyncio.run(run())


def test_relabelled_targets_show_as_dropped_with_their_steps() -> None:
    job = "relabel_configs: [{source_labels: [__address__], regex: '.*:1', action: drop}]\nkeep_dropped_targets: 1\nstatic_configs: [{targets: [ADDRESS, 'a:1', 'b:1']}]"

    async def run() -> None:
        async with scene(job) as stage:
            targets = stage.manager.targets
            assert len(targets.active("x")) == 1
            assert [dropped.discovered_labels.get("__address__") for dropped in targets.dropped()] == ["a:1"]
            assert targets.dropped_counts() == {"x": 2}
            (step,) = targets.relabel_steps("x", targets.dropped()[0].discovered_labels)
            assert (step.keep, step.rule["action"]) == (False, "drop")

    asyncio.run(run())


def test_shutdown_leaves_no_task_and_no_stale_marker() -> None:
    async def run() -> None:
        async with scene() as stage:
            await stage.scrape()
        assert list(stage.store.values("a").values()) == [[1.0]]
        await settle()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_failed_scrapes_are_logged_to_the_job_s_file(tmp_path: Path) -> None:
    path = tmp_path / "failures.log"

    async def run() -> None:
        async with scene(f"scrape_failure_log_file: {path}", Endpoint("a one\n")) as stage:
            await stage.scrape(2)

    asyncio.run(run())
    first, _ = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["job_name"], first["level"]) == ("x", "ERROR")
    assert first["target"].endswith("/metrics")
    assert first["time"].startswith("2023-11-14T22:13:")


def test_a_job_that_is_gone_leaves_no_metric_behind() -> None:
    async def run() -> None:
        async with scene() as stage:
            assert REGISTRY.get_sample_value("prometheus_target_scrape_pool_targets", {"scrape_job": "x"}) == 1
            stage.manager.apply(load_config("prometheus.yml", text=""))
            await stage.manager.settled()
            assert REGISTRY.get_sample_value("prometheus_target_scrape_pool_targets", {"scrape_job": "x"}) is None

    asyncio.run(run())
