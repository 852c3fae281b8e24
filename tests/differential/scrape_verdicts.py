"""Scrapes the OpenMetrics parser cases with the real Prometheus and with our scanner: verdict and samples must agree.

One Prometheus has one target a case. A huge out-of-order window lets it keep samples with the cases' own timestamps.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tests.asking import wait_until
from tests.harness import Options, Outcome
from tests.page_server import OPENMETRICS, PageServer, send_page
from tests.prometheus import Prometheus
from tests.settings import conformance
from vedette.model.errors import MalformedPage
from vedette.wire.exposition import DUPLICATE, NO_TIME, UNKNOWN, Format, SeriesCache, scan

CASE_LABEL = "vedette_case"
TOO_OLD = "too old sample"
"""Where an out-of-order window is set, Prometheus' store rolls a page back for one sample before it: no verdict on the page."""
SCRAPE = "scrape"
"""Stands for the time of the scrape where a sample has no timestamp of its own."""
WINDOW = "100y"
DEADLINE_S = 80.0

Samples = dict[tuple[Any, ...], str]
"""(labels, time in ms or SCRAPE) -> value as text."""


def run(options: Options) -> Iterable[Outcome]:
    pages = {folder.name: (folder / "metrics").read_bytes() for folder in sorted(conformance("openmetrics").iterdir())}
    outcome = Outcome("scrape-verdicts", 0, len(pages))
    with (
        tempfile.TemporaryDirectory() as folder,
        PageServer(lambda handler: send_page(handler, pages[handler.path.lstrip("/")], OPENMETRICS)) as target,
        Prometheus(
            Path(folder) / "data", config_for(pages, target.address), "--storage.tsdb.retention.time=100y"
        ) as peer,
    ):
        errors = wait_for_verdicts(peer, len(pages))
        theirs = read_samples(peer)
    for name, body in pages.items():
        reason, ours = scrape(body)
        refused = errors[name] not in ("", TOO_OLD)
        expected = ours if errors[name] == TOO_OLD else theirs.get(name, {})
        agreed = (reason is not None) == refused and ours == expected
        outcome.passed += agreed
        if not agreed:
            outcome.failures.append(f"{name}: prometheus {errors[name]!r} {theirs.get(name)}, we {reason!r} {ours}")
    yield outcome


def scrape(body: bytes) -> tuple[str | None, Samples]:
    """Our verdict and the samples that a store would keep: of two for one series and time the first."""
    samples: Samples = {}
    cache = SeriesCache()
    try:
        page = scan(body, Format.OPENMETRICS)
        refs = cache.resolve(page)
        labels = [page.labels(i) for i in np.flatnonzero(refs == UNKNOWN)]
    except MalformedPage as error:
        return error.message, {}
    kept = iter(labels)
    by_key = {int(page.keys[i]): next(kept) for i in np.flatnonzero(refs == UNKNOWN)}
    for i in np.flatnonzero(refs != DUPLICATE):
        time_ms = int(page.times_ms[i])
        if abs(time_ms) == (1 << 63) - 1:
            continue  # out of any store's bounds
        key = (by_key[int(page.keys[i])].pairs, SCRAPE if time_ms == NO_TIME else time_ms)
        samples.setdefault(key, number(float(page.values[i])))
    return None, samples


def number(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


def config_for(names: Iterable[str], address: str) -> str:
    targets = [{"targets": [address], "labels": {"__metrics_path__": f"/{name}", CASE_LABEL: name}} for name in names]
    job = {"job_name": "cases", "scrape_interval": "5s", "honor_labels": True, "static_configs": targets}
    return json.dumps({"scrape_configs": [job], "storage": {"tsdb": {"out_of_order_time_window": WINDOW}}})


def wait_for_verdicts(peer: Prometheus, n: int) -> dict[str, str]:
    """The last error of every target once each has been scraped."""
    targets: list[Any] = []

    def all_scraped() -> bool:
        targets[:] = peer.api("targets")["activeTargets"]
        return len(targets) == n and all(target["health"] != "unknown" for target in targets)

    if not wait_until(all_scraped, DEADLINE_S, every_s=0.3):
        raise TimeoutError(f"prometheus has not scraped {n} targets in {DEADLINE_S} s")
    return {target["labels"][CASE_LABEL]: target["lastError"] for target in targets}


def read_samples(peer: Prometheus) -> dict[str, Samples]:
    """What Prometheus stored, by case; report series, target labels and the case label left out."""
    started_ms = (time.time() - DEADLINE_S - 60) * 1000
    by_case: dict[str, Samples] = {}
    query = f'{{{CASE_LABEL}!="", __name__!~"up|scrape_.+"}}[{WINDOW}]'
    for entry in peer.api("query", query=query)["result"]:
        labels = entry["metric"]
        samples = by_case.setdefault(labels.pop(CASE_LABEL), {})
        if labels.get("instance", "").startswith("127.0.0.1:"):
            del labels["instance"]
        if labels.get("job") == "cases":
            del labels["job"]
        for seconds, text in entry["values"]:
            time_ms = round(seconds * 1000)
            key = (tuple(sorted(labels.items())), SCRAPE if time_ms > started_ms else time_ms)
            samples.setdefault(key, number(float(text)))
    return by_case
