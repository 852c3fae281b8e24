"""The load of the benchmarks: targets whose 1,000 series all change: 600 counters, 10 histograms of 10 buckets, 300 gauges.

`python -m benchmarks.load TARGETS SERIES` serves them on 127.0.1.1, 127.0.1.2, ... until its standard input closes; it
prints its port first. `write_openmetrics` writes the same series as a file with timestamps.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

COUNTERS_OF_TEN = 6
BUCKET_OF_TEN = 6
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")


class Series:
    """The series of one target: names, and values that move on with each page."""

    def __init__(self, target: int, n_series: int) -> None:
        """`n_series` is a multiple of 100: each hundred has one histogram."""
        self._random = np.random.default_rng(target)
        kind = np.arange(n_series) % 10
        self._buckets = np.flatnonzero(kind == BUCKET_OF_TEN)
        self._gauges = np.flatnonzero(kind > BUCKET_OF_TEN)
        self._values = np.zeros(n_series, np.int64)
        self._values[self._gauges] = self._random.integers(0, 100_000, len(self._gauges))
        self._is_gauge = (kind > BUCKET_OF_TEN).tolist()
        self.names = [self._name(row) for row in range(n_series)]

    def _name(self, row: int) -> str:
        if row % 10 < COUNTERS_OF_TEN:
            method = ("GET", "POST", "PUT")[row % 3]
            return f'http_requests_total{{handler="/api/v1/item{row // 50}",method="{method}",code="{200 + row % 5}",shard="{row}"}}'
        if row % 10 == BUCKET_OF_TEN:
            return f'request_seconds_bucket{{handler="/api/v1/item{row // 100}",le="{BOUNDS[row // 10 % 10]}"}}'
        return f'queue_depth{{queue="orders-{row // 30}",partition="{row}"}}'

    def advance(self) -> list[str]:
        """The next values as text: counters grow by 0 to 99, buckets cumulatively, gauges walk by up to 5.00."""
        steps = self._random.integers(0, 100, len(self._values))
        steps[self._buckets] = np.cumsum(self._random.integers(0, 10, (len(self._buckets) // 10, 10)), axis=1).ravel()
        steps[self._gauges] = self._random.integers(-500, 501, len(self._gauges))
        self._values += steps
        return [
            f"{value / 100:.2f}" if gauge else str(value)
            for value, gauge in zip(self._values.tolist(), self._is_gauge, strict=True)
        ]

    def page(self) -> bytes:
        return "".join([f"{name} {value}\n" for name, value in zip(self.names, self.advance(), strict=True)]).encode()


def write_openmetrics(path: Path, targets: int, n_series: int, start_s: int, step_s: int, steps: int) -> int:
    """Each series' samples one after another, as promtool wants them; the number of samples."""
    with path.open("w") as out:
        for target in range(targets):
            series = Series(target, n_series)
            columns = [series.advance() for _ in range(steps)]
            times = [str(start_s + step * step_s) for step in range(steps)]
            for row, name in enumerate(series.names):
                labelled = name.replace("{", f'{{instance="127.0.1.{target + 1}:80",', 1)
                out.write(
                    "".join([f"{labelled} {column[row]} {time}\n" for column, time in zip(columns, times, strict=True)])
                )
        out.write("# EOF\n")
    return targets * n_series * steps


async def serve(targets: int, n_series: int) -> None:
    series = {f"127.0.1.{target + 1}": Series(target, n_series) for target in range(targets)}
    first, *others = series
    server = await asyncio.start_server(lambda reader, writer: answer(series, reader, writer), first, 0)
    port = server.sockets[0].getsockname()[1]
    for address in others:
        await asyncio.start_server(lambda reader, writer: answer(series, reader, writer), address, port)
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def answer(series: dict[str, Series], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keep-alive HTTP, gzip if asked for, as real exporters do."""
    own = series[writer.get_extra_info("sockname")[0]]
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            page, encoding = own.page(), b""
            if b"gzip" in request:
                packer = zlib.compressobj(1, zlib.DEFLATED, 31)
                page, encoding = packer.compress(page) + packer.flush(), b"Content-Encoding: gzip\r\n"
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                + encoding
                + b"Content-Length: %d\r\n\r\n" % len(page)
                + page
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


@contextmanager
def running_targets(targets: int, n_series: int) -> Iterator[list[str]]:
    """Their addresses; they run in a process of their own."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", str(targets), str(n_series)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        port = int(process.stdout.readline())
        try:
            yield [f"127.0.1.{target + 1}:{port}" for target in range(targets)]
        finally:
            process.stdin.close()


def scrape_config(addresses: list[str], interval_s: int) -> str:
    listed = ", ".join(f'"{address}"' for address in addresses)
    return (
        f"global: {{scrape_interval: {interval_s}s, scrape_timeout: {interval_s}s}}\n"
        f"scrape_configs:\n  - job_name: load\n    static_configs: [{{targets: [{listed}]}}]\n"
    )


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
