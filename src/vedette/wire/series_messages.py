"""Series as protobuf messages `TimeSeries`, from columns: what remote write 1.0 sends and remote read answers.

Spec: prometheus prompb/types.proto; https://prometheus.io/docs/specs/prw/remote_write_spec/.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.histogram_messages import BOUND_BYTES, BUCKET_BYTES_MAX, HEAD_BYTES_MAX, write_histograms
from vedette.kernels.histogram_table import table_of
from vedette.kernels.json_rows import Texts
from vedette.kernels.protobuf_writing import SAMPLE_BYTES_MAX, SERIES_HEAD_BYTES_MAX, write_series
from vedette.model.blocks import Float64s, Int64s
from vedette.model.histograms import EXPONENTIAL, Histograms
from vedette.model.labels import Labels
from vedette.wire.protobuf import bytes_field

SERIES_TAG: Final = 0x0A
"""Field 1, length-delimited: of WriteRequest, and of QueryResult."""

_NO_TIMES: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class FloatSamples:
    """CSR by series: series i owns offsets[i]:offsets[i + 1]. `start_times_ms` 0 where unknown, None where none is known."""

    offsets: Int64s
    times_ms: Int64s
    values: Float64s
    start_times_ms: Int64s | None = None


def label_fields(labels: Iterable[tuple[str, str]]) -> bytes:
    """The pairs, sorted, as fields `labels` of a TimeSeries or ChunkedSeries."""
    return b"".join(
        bytes_field(1, bytes_field(1, name.encode()) + bytes_field(2, value.encode())) for name, value in labels
    )


def encode_series(labels: Texts, samples: FloatSamples, others: Texts, tag: int = SERIES_TAG) -> memoryview:
    """n messages under `tag`. `labels`: fields made by `label_fields`; `others`: further fields, already encoded."""
    starts = samples.start_times_ms
    room = (len(samples.offsets) - 1) * SERIES_HEAD_BYTES_MAX + len(labels.data) + len(others.data)
    n_samples = int(samples.offsets[-1] - samples.offsets[0])
    out = np.empty(room + n_samples * SAMPLE_BYTES_MAX, np.uint8)
    size = write_series(
        tag,
        *labels.borrowed(),
        borrowed(samples.offsets, np.int64),
        borrowed(samples.times_ms, np.int64),
        borrowed(samples.values, np.float64).view(np.uint64),
        borrowed(_NO_TIMES if starts is None else starts, np.int64),
        *others.borrowed(),
        out,
    )
    return out.data[:size]


def encode_histograms(histograms: Histograms, times_ms: Int64s, start_times_ms: Int64s | None, tag: int) -> Texts:
    """n messages Histogram, each under `tag` (a byte). `start_times_ms` as in FloatSamples."""
    n = len(histograms)
    room = _histogram_bytes_max(histograms)
    out, offsets = np.empty(int(room.sum()), np.uint8), np.empty(n + 1, np.int64)
    write_histograms(
        tag,
        table_of(histograms),
        borrowed(times_ms, np.int64),
        borrowed(_NO_TIMES if start_times_ms is None else start_times_ms, np.int64),
        np.empty(int(room.max(initial=0)), np.uint8),
        out,
        offsets,
    )
    return Texts(out[: offsets[-1]], offsets)


def _histogram_bytes_max(histograms: Histograms) -> Int64s:
    buckets = np.diff(histograms.positive.offsets) + np.diff(histograms.negative.offsets)
    n_bounds = np.append(np.diff(histograms.bound_offsets), 0)
    assert EXPONENTIAL == -1  # the last entry: no bounds
    return np.asarray(HEAD_BYTES_MAX + buckets * BUCKET_BYTES_MAX + n_bounds[histograms.layouts] * BOUND_BYTES)


def merge_labels(own: Labels, added: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The series' own pairs and those of `added` whose names it lacks, sorted."""
    names = {name for name, _ in own}
    missing = [pair for pair in added if pair[0] not in names]
    return sorted([*own, *missing]) if missing else list(own)
