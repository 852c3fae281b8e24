"""`stats=true|all` of a query: seconds by phase and counts of samples, under the reference's names (util/stats)."""

from __future__ import annotations

from typing import Final

from vedette.api.services import Document
from vedette.model.quoting import quote
from vedette.query.promql.stats import SampleStats

_VALUES: Final = ("", "true", "all")


def stats_warning(value: str) -> list[str]:
    if value in _VALUES:
        return []
    return [
        f'value {quote(value)} for parameter "stats" is deprecated and will be rejected in the next major release, '
        'use "true" or "all"'
    ]


def describe(stats: SampleStats, queued_s: float, per_step: bool) -> Document:
    seconds = stats.seconds
    exec_s, scan_s = seconds.get("exec", 0.0), seconds.get("scan", 0.0)
    preparation_s = seconds.get("parse", 0.0) + seconds.get("plan", 0.0)
    samples: Document = {
        "totalQueryableSamples": stats.total,
        "samplesRead": stats.total,
        "peakSamples": stats.peak,
    }
    if per_step:
        pairs = zip(stats.grid.times_ms.tolist(), stats.per_step.tolist(), strict=True)
        samples["totalQueryableSamplesPerStep"] = [[time_ms / 1000, count] for time_ms, count in pairs]
    return {
        "timings": {
            "evalTotalTime": exec_s,
            "resultSortTime": 0.0,
            "queryPreparationTime": preparation_s + scan_s,
            "innerEvalTime": exec_s - scan_s,
            "execQueueTime": queued_s,
            "execTotalTime": queued_s + preparation_s + exec_s,
        },
        "samples": samples,
    }
