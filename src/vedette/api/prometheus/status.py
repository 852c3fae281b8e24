"""`/api/v1/status/*`: what this server is, how it was started and configured, what its store holds.

Field names are the reference's; where it counts goroutines we count threads. Secrets are already out of the `ConfigView`.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Sequence
from typing import Final

from vedette.api.answers import Answer
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.targets import format_time
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import BuildInfo, Document
from vedette.model.errors import BadInput
from vedette.ports.administration import StoredDay
from vedette.ports.store import NameCount, StoreStats

TOP_MAX: Final = 10_000
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


async def config(api: Api, request: Request) -> Answer:
    require_owner(request.principal)
    return envelope.success({"yaml": api.services.config().text})


async def flags(api: Api, request: Request) -> Answer:
    require_owner(request.principal)
    return envelope.success(dict(sorted(api.services.flags.items())))


async def build_info(api: Api, request: Request) -> Answer:
    return envelope.success(describe_build(api.services.build))


def describe_build(build: BuildInfo) -> Document:
    return {
        "version": build.version,
        "revision": build.revision,
        "branch": build.branch,
        "buildUser": build.build_user,
        "buildDate": build.build_date,
        "goVersion": "",
        "application": "Vedette",
        "vedetteVersion": build.vedette_version,
    }


async def runtime_info(api: Api, request: Request) -> Answer:
    require_owner(request.principal)
    runtime = api.services.runtime()
    return envelope.success(
        {
            "startTime": format_time(runtime.start_time_ms),
            "CWD": os.getcwd(),
            "hostname": socket.gethostname(),
            "serverTime": format_time(api.services.clock.now_ms()),
            "reloadConfigSuccess": runtime.reload_succeeded,
            "lastConfigTime": format_time(runtime.last_config_time_ms),
            "corruptionCount": runtime.corruptions,
            "goroutineCount": threading.active_count(),
            "GOMAXPROCS": len(os.sched_getaffinity(0)),
            "GOMEMLIMIT": 0,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": runtime.storage_retention,
        }
    )


async def tsdb(api: Api, request: Request) -> Answer:
    top = _read_top((await request.parameters()).get("limit"))
    store = api.services.store

    def work() -> Answer:
        return envelope.success(_describe_store(store.stats(request.principal, top)))

    return await api.look_up(request, work)


def _read_top(text: str) -> int:
    if not text:
        return 10
    try:
        top = parameters.parse_go_int(text)
    except BadInput:
        top = 0
    if top < 1:
        raise BadInput("limit must be a positive number")
    if top > TOP_MAX:
        raise BadInput(f"limit must not exceed {TOP_MAX}")
    return top


def _describe_store(stats: StoreStats) -> Document:
    """`storage` is ours; the rest are the reference's fields. The head holds one open chunk a series."""
    return {
        "headStats": {
            "numSeries": stats.head_series,
            "numLabelPairs": stats.n_label_pairs,
            "chunkCount": stats.head_series,
            "minTime": stats.head_min_time_ms,
            "maxTime": stats.head_max_time_ms,
        },
        "seriesCountByMetricName": _counts(stats.series_by_metric),
        "labelValueCountByLabelName": _counts(stats.values_by_label),
        "memoryInBytesByLabelName": _counts(stats.bytes_by_label),
        "seriesCountByLabelValuePair": _counts(stats.series_by_label_pair),
        "storage": {
            "headSamples": stats.head_samples,
            "headBytes": stats.head_bytes,
            "diskSamples": stats.disk_samples,
            "diskBytes": stats.disk_bytes,
        },
    }


def _counts(counts: Sequence[NameCount]) -> list[Document]:
    return [{"name": count.name, "value": count.value} for count in counts]


async def tsdb_blocks(api: Api, request: Request) -> Answer:
    """The days of our store stand for the reference's blocks."""
    require_owner(request.principal)
    store = api.services.administration

    def work() -> Answer:
        days = store.stored_days() if store is not None else []
        return envelope.success({"blocks": [_describe_day(day) for day in days]})

    return await api.look_up(request, work)


def _describe_day(day: StoredDay) -> Document:
    identity = _ulid(day)
    return {
        "ulid": identity,
        "minTime": day.min_time_ms,
        "maxTime": day.max_time_ms + 1,
        "stats": {
            "numSamples": day.samples,
            "numFloatSamples": day.samples,
            "numSeries": day.series,
            "numChunks": day.chunks,
        },
        "compaction": {"level": 1, "sources": [identity]},
        "version": 1,
    }


def _ulid(day: StoredDay) -> str:
    """The first 48 bits are the day's time; the others change with its rows. https://github.com/ulid/spec"""
    text = f"{day.day} {day.class_} {day.version}".encode()
    number = max(0, day.min_time_ms) << 80 | int.from_bytes(hashlib.blake2b(text, digest_size=10).digest())
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


async def wal_replay(api: Api, request: Request) -> Answer:
    """There is no log to replay (DESIGN D3): always done."""
    return envelope.success({"min": 0, "max": 0, "current": 0})


ROUTES = (
    Route(GET, "/api/v1/status/config", config),
    Route(GET, "/api/v1/status/flags", flags),
    Route(GET, "/api/v1/status/buildinfo", build_info),
    Route(GET, "/api/v1/status/runtimeinfo", runtime_info),
    Route(GET, "/api/v1/status/tsdb", tsdb),
    Route(GET, "/api/v1/status/tsdb/blocks", tsdb_blocks),
    Route(GET, "/api/v1/status/walreplay", wal_replay, needs_ready=False),
)
