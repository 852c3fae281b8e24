"""Answers of remote read from columns: QueryResult messages of plain samples, or frames of XOR chunks.

Labels come as the answer shows them: those of the series, with the external ones merged in. A series without samples is
left out, and so are native histograms, for which chunks are not written yet. Source: prometheus storage/remote/codec.go.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.chunk_frames import (
    CHUNK_DATA_BYTES_MAX,
    CHUNK_FIELDS_BYTES_MAX,
    FRAME_BYTES_MAX,
    SAMPLES_PER_CHUNK,
    write_chunk_messages,
    write_frames,
)
from vedette.kernels.json_rows import Texts
from vedette.kernels.xor_chunks import CHUNK_HEAD_BYTES_MAX, SAMPLE_BYTES_MAX
from vedette.model.blocks import Float64s, Int64s, SeriesColumns
from vedette.model.histograms import stretches
from vedette.wire.series_messages import FloatSamples, encode_series, label_fields, merge_labels

Pairs = Sequence[tuple[str, str]]


def encode_samples(columns: SeriesColumns, external: Pairs) -> memoryview:
    """The fields `timeseries` of a QueryResult."""
    columns = columns.floats_only()
    filled = np.flatnonzero(np.diff(columns.offsets))
    offsets = np.append(columns.offsets[filled], columns.offsets[-1])
    samples = FloatSamples(offsets, columns.times_ms, columns.values)
    return encode_series(_label_blobs(columns, filled, external), samples, Texts.none(len(filled)))


def encode_chunks(columns: SeriesColumns, external: Pairs, query: int, frame_bytes_max: int) -> memoryview:
    """Frames, each of one series; `query` is the number of the query in its request."""
    columns = columns.floats_only()
    filled = np.flatnonzero(np.diff(columns.offsets))
    starts, ends = columns.offsets[filled], columns.offsets[filled + 1]
    chunk_counts = -(-(ends - starts) // SAMPLES_PER_CHUNK)
    series_offsets, places = stretches(np.zeros(len(filled), np.int64), chunk_counts)
    chunk_starts = np.repeat(starts, chunk_counts) + places * SAMPLES_PER_CHUNK
    chunk_ends = np.minimum(chunk_starts + SAMPLES_PER_CHUNK, np.repeat(ends, chunk_counts))
    chunks = _encode_messages(columns.times_ms, columns.values, chunk_starts, chunk_ends)
    labels = _label_blobs(columns, filled, external)
    # a frame repeats its series' labels, and has at least one chunk
    repeated = int((np.diff(labels.offsets) * chunk_counts).sum())
    out = np.empty(len(chunks.data) + repeated + len(chunk_starts) * FRAME_BYTES_MAX, np.uint8)
    size = write_frames(
        *labels.borrowed(),
        *chunks.borrowed(),
        borrowed(series_offsets, np.int64),
        query,
        frame_bytes_max,
        out,
    )
    return out.data[:size]


def _encode_messages(times_ms: Int64s, values: Float64s, starts: Int64s, ends: Int64s) -> Texts:
    room = int((ends - starts).sum()) * SAMPLE_BYTES_MAX + len(starts) * (CHUNK_HEAD_BYTES_MAX + CHUNK_FIELDS_BYTES_MAX)
    out, out_ends = np.empty(room, np.uint8), np.empty(len(starts), np.int64)
    scratch = np.empty(CHUNK_DATA_BYTES_MAX, np.uint8)
    bits = borrowed(values, np.float64).view(np.uint64)
    write_chunk_messages(borrowed(times_ms, np.int64), bits, starts, ends, scratch, out, out_ends)
    return Texts(out, np.append(0, out_ends))


def _label_blobs(columns: SeriesColumns, rows: Int64s, external: Pairs) -> Texts:
    return Texts.of([label_fields(merge_labels(columns.labels[row], external)) for row in rows.tolist()])
