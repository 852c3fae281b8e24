"""A real Prometheus remote-writes to us, 1.0 and 2.0: afterwards both hold the same samples, histograms, exemplars and metadata.

Prometheus scrapes itself (floats, native histograms, exemplars where it has them) and an exporter of ours whose values are
known. Queries run over whole seconds that both have long passed, so that nothing is under way.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.asking import Service, wait_until
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus
from tests.server import Vedette

_MESSAGES: Final = {"1.0": "prometheus.WriteRequest", "2.0": "io.prometheus.write.v2.Request"}
_FLAGS: Final = ("--web.enable-lifecycle",)
_SENT_WITHIN_S: Final = 60.0
_SCRAPED_S: Final = 8
_QUIET_S: Final = 4


def run(options: Options) -> Iterable[Outcome]:
    """`rounds`: how many seconds Prometheus scrapes, for each version."""
    outcome = Outcome("remote-write", 0, 0)
    for version, message in _MESSAGES.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "prometheus.yml").write_text("scrape_configs: []\n")
            with Vedette(folder / "data", "--config", str(folder / "prometheus.yml"), "--no-node-job") as ours:
                ours.wait_until_ready()
                config = _config(ours.url, message)
                with Prometheus(folder / "theirs", config, *_FLAGS) as theirs:
                    _scrape_itself(theirs, folder / "theirs.yml", config)
                    end_s = _scraped(theirs, ours, options.rounds_or(_SCRAPED_S))
                    found = run_checks(version, CHECKS[version], theirs, ours, end_s)
        outcome.passed += found.passed
        outcome.total += found.total
        outcome.failures += [f"{version}: {failure}" for failure in found.failures]
    yield outcome


def _config(url: str, message: str) -> str:
    scraping = {
        "job_name": "self",
        "scrape_native_histograms": True,
        "static_configs": [{"targets": ["SELF"]}],
    }
    remote = {
        "url": f"{url}/api/v1/write",
        "protobuf_message": message,
        "send_exemplars": True,
        "send_native_histograms": True,
        "queue_config": {"batch_send_deadline": "200ms", "max_samples_per_send": 500},
        "metadata_config": {"send_interval": "1s"},
    }
    common = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    return json.dumps({"global": common, "scrape_configs": [scraping], "remote_write": [remote]})


def _scrape_itself(theirs: Prometheus, file: Path, config: str) -> None:
    """Its address is known only once it runs."""
    file.write_text(config.replace("SELF", urlsplit(theirs.url).netloc))
    status, body = theirs.post("/-/reload")
    assert status == 200, body
    assert wait_until(lambda: bool(_instant(theirs, "up")), _SENT_WITHIN_S)


def _scraped(theirs: Prometheus, ours: Vedette, seconds: int) -> int:
    """The last second that both have."""
    time.sleep(seconds)
    end_s = int(time.time())
    assert wait_until(lambda: bool(_instant(ours, f"timestamp(up) >= {end_s}")), _SENT_WITHIN_S), ours.log_end()
    time.sleep(_QUIET_S)
    return end_s


def _instant(server: Service, query: str, at_s: int | None = None) -> list[Any]:
    return list(server.api("query", query=query, **({"time": str(at_s)} if at_s else {}))["result"])


def both_hold_the_same_samples(theirs: Prometheus, ours: Vedette, end_s: int) -> None:
    query = '{__name__=~".+"}[1m]'
    expected, found = (_by_labels(_instant(server, query, end_s)) for server in (theirs, ours))
    assert len(expected) > 300, len(expected)
    assert found.keys() == expected.keys(), list(found.keys() ^ expected.keys())[:5]
    different = [labels for labels, series in expected.items() if found[labels] != series]
    assert not different, [(labels, _first_difference(expected[labels], found[labels])) for labels in different[:5]]


def native_histograms_are_among_them(theirs: Prometheus, ours: Vedette, end_s: int) -> None:
    query = 'histogram_count({__name__="prometheus_http_request_duration_seconds"})'
    expected, found = (_by_labels(_instant(server, query, end_s)) for server in (theirs, ours))
    assert expected and expected == found


def metadata_is_there(theirs: Prometheus, ours: Vedette, end_s: int) -> None:
    name = "prometheus_http_requests_total"
    expected = theirs.api("metadata", metric=name)
    assert wait_until(lambda: ours.api("metadata", metric=name) == expected, _SENT_WITHIN_S), ours.api(
        "metadata", metric=name
    )


def nothing_was_refused(theirs: Prometheus, ours: Vedette, end_s: int) -> None:
    for name in ("failed", "dropped"):
        found = _instant(theirs, f"sum(prometheus_remote_storage_samples_{name}_total)", end_s)
        assert all(one["value"][1] == "0" for one in found), (name, found)


def _first_difference(expected: dict[str, Any], found: dict[str, Any]) -> Any:
    for kind in expected.keys() | found.keys():
        sides = expected.get(kind, []), found.get(kind, [])
        if sides[0] != sides[1]:
            pairs = [(a, b) for a, b in zip(*sides, strict=False) if a != b]
            return kind, len(sides[0]), len(sides[1]), pairs[:1]
    return None


def _by_labels(result: list[Any]) -> dict[str, Any]:
    """Numbers as numbers: how small bounds are written is not the question here."""
    return {
        json.dumps(one["metric"], sort_keys=True): {key: _plain(value) for key, value in one.items() if key != "metric"}
        for one in result
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return repr(float(value)) if isinstance(value, str) else value


_ALWAYS: Final = (both_hold_the_same_samples, native_histograms_are_among_them, nothing_was_refused)
CHECKS: Final = {"1.0": (*_ALWAYS, metadata_is_there), "2.0": _ALWAYS}
"""Prometheus 3.14 says of every series in 2.0 that its type is not known, also with its feature metadata-wal-records."""
