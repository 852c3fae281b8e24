"""Line protocol into the store: lines that cannot be read are refused one by one, the others are stored.

A series is `measurement_field{tags}`, plus `db` where the request names a database or bucket. A line without a time has the
time of its arrival. Source: docs.influxdata.com (line protocol, /api/v2/write); VictoriaMetrics for the naming.
"""

from __future__ import annotations

import numpy as np

from vedette.intake.receiving.admission import Receipt, Refusals, register_series
from vedette.model.blocks import SampleBatch
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.limits import ReceiveLimits
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.wire.line_protocol import PRECISIONS, Line, parse_line, split_lines

DOOR = "line_protocol"
DATABASE_LABEL = "db"


class LineReceiver:
    """Thread-safe."""

    def __init__(self, store: Store, clock: Clock, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits

    def receive(self, principal: Principal, body: bytes, *, precision: str, database: str) -> Receipt:
        """Raises BadInput for an unknown precision or bytes that are no text, BodyTooLarge, QueueFull, StoreError."""
        unit_ms = PRECISIONS.get(precision or "ns")
        if unit_ms is None:
            raise BadInput(f"invalid precision: {precision}", hint="one of ns, us, ms, s")
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadInput(f"the body is not valid UTF-8 at byte {error.start}") from None
        receipt = Receipt(Refusals(self._limits.errors_shown_max))
        now_ms = self._clock.now_ms()
        rows: dict[Labels, list[tuple[int, float]]] = {}
        n = 0
        for number, line in split_lines(text):
            try:
                read = parse_line(line)
            except BadInput as error:
                receipt.refusals.add(f"line {number}: {error.message}")
                continue
            time_ms = now_ms if read.time is None else _time_ms(read.time, unit_ms)
            for labels, value in _series(read, database):
                rows.setdefault(labels, []).append((time_ms, value))
                n += 1
            if n > self._limits.samples_max:
                raise BodyTooLarge(f"too many samples in one request, limit {self._limits.samples_max}")
        if rows:
            self._append(principal, rows, receipt)
        return receipt.count(DOOR)

    def _append(self, principal: Principal, rows: dict[Labels, list[tuple[int, float]]], receipt: Receipt) -> None:
        labels = list(rows)
        lengths = [len(points) for points in rows.values()]
        refs = register_series(self._store, principal, labels, lengths, receipt.refusals)
        owners = np.repeat(np.arange(len(labels)), lengths)
        points = [point for points in rows.values() for point in points]
        batch = SampleBatch(
            refs[owners],
            np.array([time_ms for time_ms, _ in points], np.int64),
            np.array([value for _, value in points], np.float64),
        )
        kept = np.flatnonzero(batch.refs >= 0)
        owners, batch = owners[kept], batch.take(kept)
        result = self._store.append(principal, batch, commit_within_s=self._limits.commit_within_s)
        receipt.samples += receipt.take(result, batch.times_ms, lambda row: str(labels[owners[row]]))


def _series(line: Line, database: str) -> list[tuple[Labels, float]]:
    tags = {**({DATABASE_LABEL: database} if database else {}), **line.tags}
    return [
        (Labels({**tags, METRIC_NAME: f"{line.measurement}_{name}"}.items()), value)
        for name, value in line.fields.items()
    ]


def _time_ms(time: int, unit_ms: float) -> int:
    """Exact for whole units; finer ones are cut."""
    limit = 1 << 62
    scaled = time * int(unit_ms) if unit_ms >= 1 else time // round(1 / unit_ms)
    return max(-limit, min(scaled, limit))
