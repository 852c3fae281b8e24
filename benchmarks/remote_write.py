"""CPU per sample through the remote-write receiver to the fsynced commit, against Prometheus' receiver on the same requests.

As a Prometheus sends: CONNECTIONS shards, each with a request of 2,000 samples under way (its default), one sample a
series, the next request when the last one is answered. Both programs get the same bytes in alternate slices, so that they
share what else goes on in the machine; the first slice, in which they learn the series, does not count. Compaction is in
the benchmark `ingest`. `--rounds N`: slices to measure (default 6).
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.harness import Figure, Ratio
from benchmarks.load import Series
from benchmarks.processes import cpu_seconds
from tests import write_requests as rw
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette

CONNECTIONS = 50
SAMPLES = 2_000
REQUESTS_A_SLICE = 4
"""Of each connection."""
FIRST_S = 600
"""How long ago the first sample is; each further one is a second younger."""


def run(options: Options) -> Iterable[Ratio | Figure]:
    slices = options.rounds_or(6)
    for name, content_type, encode in (("v1", rw.V1_TYPE, rw.request_v1), ("v2", rw.V2_TYPE, rw.request_v2)):
        with tempfile.TemporaryDirectory() as folder:
            bodies = [make_bodies(shard, slices + 1, encode) for shard in range(CONNECTIONS)]
            theirs, ours = measure(Path(folder), bodies, content_type, slices)
        print(f"  {name}: prometheus {theirs:.2f} us/sample; vedette {ours:.2f} us/sample", flush=True)
        yield Ratio("remote_write" if name == "v1" else f"remote_write_{name}", "prometheus", [theirs / ours])


def make_bodies(shard: int, slices: int, encode: object) -> list[bytes]:
    """The requests of one connection, compressed."""
    assert callable(encode)
    series = Series(shard, SAMPLES)
    labels = [_labels(name, shard) for name in series.names]
    start_ms = (int(time.time()) - FIRST_S) * 1000
    bodies = []
    for request in range(slices * REQUESTS_A_SLICE):
        values = [float(text) for text in series.advance()]
        time_ms = start_ms + 1000 * request
        rows = [rw.Series(own, [(time_ms, value)]) for own, value in zip(labels, values, strict=True)]
        bodies.append(rw.snappy(encode(rows)))
    return bodies


def _labels(name: str, shard: int) -> list[tuple[str, str]]:
    metric, _, rest = name.partition("{")
    pairs = [pair.split("=") for pair in rest[:-1].replace('"', "").split(",")]
    own = dict(pairs) | {"__name__": metric, "instance": f"10.0.0.{shard}:9100", "job": "load"}
    return sorted(own.items())


def measure(folder: Path, bodies: list[list[bytes]], content_type: str, slices: int) -> tuple[float, float]:
    """CPU microseconds per sample: (Prometheus, Vedette)."""
    config = folder / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    accepted = (
        f"--web.remote-write-receiver.accepted-protobuf-messages={name}"
        for name in ("prometheus.WriteRequest", "io.prometheus.write.v2.Request")
    )
    receiver = ("--web.enable-remote-write-receiver", *accepted)
    with (
        Prometheus(folder / "theirs", "scrape_configs: []\n", *receiver) as prometheus,
        Vedette(folder / "ours", "--config", str(config), "--no-node-job") as vedette,
    ):
        vedette.wait_until_ready()
        used = np.zeros((slices + 1, 2))
        for k in range(slices + 1):
            place = slice(k * REQUESTS_A_SLICE, (k + 1) * REQUESTS_A_SLICE)
            for column, server in enumerate((prometheus, vedette)):
                before = cpu_seconds(server.pid)
                asyncio.run(send_all(server.url, [own[place] for own in bodies], content_type))
                used[k, column] = cpu_seconds(server.pid) - before
    samples = slices * REQUESTS_A_SLICE * CONNECTIONS * SAMPLES
    theirs, ours = (used[1:].sum(axis=0) / samples * 1e6).tolist()
    return theirs, ours


async def send_all(url: str, bodies: Sequence[Sequence[bytes]], content_type: str) -> None:
    address = urlsplit(url)
    assert address.hostname and address.port
    async with asyncio.TaskGroup() as tasks:
        for own in bodies:
            tasks.create_task(send(address.hostname, address.port, own, content_type))


async def send(host: str, port: int, bodies: Sequence[bytes], content_type: str) -> None:
    """One connection, one request after another; every answer must be a 2xx."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for body in bodies:
            head = (
                f"POST /api/v1/write HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {content_type}\r\n"
                f"Content-Encoding: snappy\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 2"), answer
    finally:
        writer.close()
