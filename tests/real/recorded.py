"""Answers as Prometheus gives them, for what a fresh server cannot have yet: native histograms over time, exemplars.

The shapes are those of prometheus web/api/v1/json_codec.go (histograms) and api.go (query_exemplars).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Final

from playwright.sync_api import Page, Route

_STEP_S: Final = 5
_STEPS: Final = 180
_BUCKETS_PER_DOUBLING: Final = 4


def native_histograms() -> dict[str, Any]:
    """A latency that rises and falls, in exponential buckets of schema 2; every tenth one at half the resolution."""
    newest = int(time.time()) // _STEP_S * _STEP_S
    samples = [[newest - (_STEPS - 1 - at) * _STEP_S, _histogram(at)] for at in range(_STEPS)]
    return _success({"resultType": "matrix", "result": [{"metric": {"job": "api"}, "histograms": samples}]})


def _histogram(at: int) -> dict[str, Any]:
    per_doubling = _BUCKETS_PER_DOUBLING if at % 10 else _BUCKETS_PER_DOUBLING // 2
    middle, width = 2 * math.sin(at / 30), 1 + 0.5 * math.sin(at / 23)
    buckets = []
    for index in range(-4 * per_doubling, 4 * per_doubling):
        doublings = index / per_doubling
        count = 800 / per_doubling * math.exp(-(((doublings - middle) / width) ** 2))
        bounds = (0.05 * 2**doublings, 0.05 * 2 ** (doublings + 1 / per_doubling))
        if count > 0.1:
            buckets.append([0, f"{bounds[0]:.9g}", f"{bounds[1]:.9g}", f"{count:.4g}"])
    return {"count": "1000", "sum": "50", "buckets": buckets}


def exemplars() -> dict[str, Any]:
    now = time.time()
    listed = [
        {"labels": {"trace_id": f"4bf92f3577b34da6a3ce929d0e0e47{at:02}"}, "value": f"{at}", "timestamp": now - 40 * at}
        for at in range(1, 8)
    ]
    return _success([{"seriesLabels": {"__name__": "requests_bucket", "le": "10"}, "exemplars": listed}])


def _success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


ANSWERS: Final = {"query_range": native_histograms, "query_exemplars": exemplars}


def play(page: Page, *endpoints: str) -> None:
    """From now on these endpoints of /api/v1 answer from here."""

    def answer_from(document: Mapping[str, Any]) -> Any:
        def answer(route: Route) -> None:
            route.fulfill(json=document)

        return answer

    for endpoint in endpoints:
        page.route(f"**/api/v1/{endpoint}?*", answer_from(ANSWERS[endpoint]()))
