"""The receiver of remote write 1.0 and 2.0: a snappy block goes in, samples are in the store, a receipt comes out.

Warm path: every series is known by its key and nothing here makes a Python object per sample. A series whose labels are
wrong costs its own samples only, in both versions: 2.0 demands it, 1.0 allows it. What is malformed as a whole is refused
as a whole. A request that is sent again after a 5xx is idempotent: the store knows equal samples.
Source: Prometheus storage/remote/write_handler.go; prometheus.io/docs/specs/prw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.intake.receiving.admission import Receipt, Refusals, register_series
from vedette.intake.receiving.exemplar_rows import ExemplarRows
from vedette.intake.receiving.histogram_checks import invalid_histograms, with_known_resolution
from vedette.intake.receiving.series_refs import SeriesRefs, resolve
from vedette.model.blocks import HistogramBatch, Int64s, MetricMetadata, SampleBatch
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.limits import ReceiveLimits
from vedette.model.telemetry import counter
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.signals.type_and_unit import BOTH, type_and_unit_pairs, with_type_and_unit
from vedette.wire.remote_write import Message, WriteRequest, scan_request
from vedette.wire.remote_write.histograms import read_histograms
from vedette.wire.remote_write.scanning import PADDING
from vedette.wire.remote_write.words import show_labels
from vedette.wire.snappy import decompress_padded

DOOR = "remote_write"

_INVALID_LABELS = counter(
    "prometheus_api_remote_write_invalid_labels_samples", "Remote-written samples refused because of their labels."
)


class RemoteWriteReceiver:
    """Thread-safe."""

    def __init__(
        self, store: Store, clock: Clock, limits: ReceiveLimits = ReceiveLimits(), *, type_and_unit: bool = False
    ) -> None:
        """`type_and_unit`: what 2.0 says of both becomes labels."""
        self._store = store
        self._limits = limits
        self._type_and_unit = type_and_unit
        self._refs = SeriesRefs(limits.known_series_max, clock)

    def receive(self, principal: Principal, block: bytes, message: Message) -> Receipt:
        """Raises BadInput, BodyTooLarge, QueueFull, StoreError; then nothing was taken."""
        request = scan_request(
            decompress_padded(block, self._limits.inflated_bytes_max, PADDING), message, self._limits
        )
        receipt = Receipt(Refusals(self._limits.errors_shown_max))
        refs = self._resolve(principal, request, receipt.refusals)
        if message is Message.V2:
            _refuse_empty(request, receipt.refusals)
        self._append_samples(principal, request, refs, receipt)
        if len(request.histograms):
            self._append_histograms(principal, request, refs, receipt)
        if len(request.exemplars):
            self._append_exemplars(principal, request, refs, receipt)
        if message is Message.V1:
            self._store.put_metadata(principal, request.metadata())
        return receipt.count(DOOR)

    def _append_samples(self, principal: Principal, request: WriteRequest, refs: Int64s, receipt: Receipt) -> None:
        owners = request.owners
        batch = SampleBatch(refs[owners], request.times_ms, request.values, request.start_times_ms)
        if (refs < 0).any():
            kept = np.flatnonzero(batch.refs >= 0)
            owners, batch = owners[kept], batch.take(kept)
        result = self._store.append(principal, batch, commit_within_s=self._limits.commit_within_s)
        receipt.samples += receipt.take(result, batch.times_ms, lambda row: _show(request, int(owners[row])))

    def _append_histograms(self, principal: Principal, request: WriteRequest, refs: Int64s, receipt: Receipt) -> None:
        written = read_histograms(request)
        table = with_known_resolution(written.table)
        faults = dict(invalid_histograms(table)) | dict(written.faults)
        owners, refusals = written.owners, receipt.refusals
        for row, words in sorted(faults.items()):
            if refs[owners[row]] >= 0:
                refusals.add(f"{words} for series {_show(request, int(owners[row]))}")
        sound = np.ones(len(owners), np.bool_)
        sound[list(faults)] = False
        kept = np.flatnonzero(sound & (refs[owners] >= 0))
        batch = HistogramBatch(
            refs[owners[kept]], written.times_ms[kept], table.take(kept), written.start_times_ms[kept]
        )
        result = self._store.append_histograms(principal, batch, commit_within_s=self._limits.commit_within_s)
        receipt.histograms += receipt.take(result, batch.times_ms, lambda row: _show(request, int(owners[kept[row]])))

    def _append_exemplars(self, principal: Principal, request: WriteRequest, refs: Int64s, receipt: Receipt) -> None:
        """Those that come too late are passed over: samples are not sent again for the sake of an exemplar."""
        rows = ExemplarRows()
        for row, owner in enumerate(request.exemplars.owners.tolist()):
            try:
                labels, value, time_ms = request.exemplar(row)
            except BadInput as error:
                receipt.refusals.add(f"parsing exemplar for series {_show(request, owner)}: {error.message}", 0)
                continue
            if refs[owner] >= 0:
                rows.add(int(refs[owner]), time_ms, value, labels)
        result = self._store.append_exemplars(principal, rows.batch(), commit_within_s=self._limits.commit_within_s)
        receipt.exemplars += result.accepted + result.idempotent
        receipt.commits.append(result.committed)

    def _resolve(self, principal: Principal, request: WriteRequest, refusals: Refusals) -> Int64s:
        """The refs of the request's series, -1 for those that are refused."""

        def read_new(rows: Sequence[int]) -> Int64s:
            read = [_read_series(request, row, refusals) for row in rows]
            known = [one for one in read if one is not None]
            self._store.put_metadata(principal, {entry.metric: entry for _, entry in known if entry}.values())
            fresh = np.full(len(rows), -1, np.int64)
            sound = np.array([one is not None for one in read], np.bool_)
            values = [request.values_of(row) for row, good in zip(rows, sound.tolist(), strict=True) if good]
            labels = [self._named(*one) for one in known]
            fresh[sound] = register_series(self._store, principal, labels, values, refusals)
            return fresh

        return resolve(self._refs, principal.tenant, request.keys, read_new)

    def _named(self, labels: Labels, metadata: MetricMetadata | None) -> Labels:
        """What the metadata says wins over labels of the same names, as a whole."""
        if not self._type_and_unit or metadata is None or not type_and_unit_pairs(metadata.type, metadata.unit):
            return labels
        return with_type_and_unit(labels.without(BOTH), metadata.type, metadata.unit)


def _read_series(request: WriteRequest, row: int, refusals: Refusals) -> tuple[Labels, MetricMetadata | None] | None:
    """The slow path, once for each series: 2.0 sends metadata with each of them: a part of the key, so that a change comes here too.
    None: refused."""
    try:
        labels = request.labels(row)
        return labels, request.metadata_of(row, labels.name) if request.message is Message.V2 else None
    except BadInput as error:
        _INVALID_LABELS.inc(request.values_of(row))
        refusals.add(error.message, request.values_of(row))
        return None


def _refuse_empty(request: WriteRequest, refusals: Refusals) -> None:
    """2.0 forbids series without data."""
    empty = request.empty_series()
    for row in empty[: refusals.shown_max].tolist():
        refusals.add(f"TimeSeries must contain at least one sample or histogram for series {_show(request, row)}", 0)
    refusals.add_unshown(max(0, len(empty) - refusals.shown_max), 0)


def _show(request: WriteRequest, row: int) -> str:
    try:
        return show_labels(request.labels(row))
    except BadInput as error:
        return error.message
