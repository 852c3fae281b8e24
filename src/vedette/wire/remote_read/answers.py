"""Answers of remote read from columns: QueryResult messages of plain samples, or frames of chunks.

Labels come as the answer shows them: those of the series, with the external ones merged in. A series without samples is
left out. Source: prometheus storage/remote/codec.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
from vedette.kernels.histogram_chunks import measure_chunks, open_chunks, write_mixed_messages
from vedette.kernels.histogram_resets import resolve_hints
from vedette.kernels.histogram_table import Table, table_of
from vedette.kernels.json_rows import Texts
from vedette.kernels.xor_chunks import CHUNK_HEAD_BYTES_MAX, SAMPLE_BYTES_MAX
from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import FLOAT, stretches
from vedette.wire.series_messages import (
    FloatSamples,
    encode_histograms,
    encode_series,
    label_fields,
    merge_labels,
)

Pairs = Sequence[tuple[str, str]]


_HISTOGRAMS_TAG: Final = 0x22
"""Field 4 of TimeSeries."""


def encode_samples(columns: SeriesColumns, external: Pairs) -> memoryview:
    """The fields `timeseries` of a QueryResult."""
    filled = np.flatnonzero(np.diff(columns.offsets))
    floats = columns.floats_only()
    samples = FloatSamples(np.append(floats.offsets[filled], floats.offsets[-1]), floats.times_ms, floats.values)
    return encode_series(_label_blobs(columns, filled, external), samples, _histogram_blobs(columns, filled))


def encode_chunks(columns: SeriesColumns, external: Pairs, query: int, frame_bytes_max: int) -> memoryview:
    """Frames, each of one series; `query` is the number of the query in its request."""
    filled = np.flatnonzero(np.diff(columns.offsets))
    if columns.histograms is None:
        cuts = _cut_floats(columns.offsets[filled], columns.offsets[filled + 1])
        chunks = _encode_messages(columns, cuts)
    else:
        # copies: kernels of histograms are compiled for arrays of one's own
        rows, table = columns.histograms.rows.copy(), table_of(columns.histograms.table)
        cuts = _cut_mixed(columns, rows, table, filled)
        chunks = _encode_mixed_messages(columns, rows, table, cuts)
    labels = _label_blobs(columns, filled, external)
    # a frame repeats its series' labels, and has at least one chunk
    repeated = int((np.diff(labels.offsets) * np.diff(cuts.series_offsets)).sum())
    out = np.empty(len(chunks.data) + repeated + len(cuts.starts) * FRAME_BYTES_MAX, np.uint8)
    size = write_frames(
        *labels.borrowed(),
        *chunks.borrowed(),
        borrowed(cuts.series_offsets, np.int64),
        query,
        frame_bytes_max,
        out,
    )
    return out.data[:size]


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Chunk k holds samples [starts[k], ends[k]); series i owns the chunks series_offsets[i]:series_offsets[i + 1]."""

    starts: Int64s
    ends: Int64s
    series_offsets: Int64s


def _cut_floats(starts: Int64s, ends: Int64s) -> _Cuts:
    chunk_counts = -(-(ends - starts) // SAMPLES_PER_CHUNK)
    series_offsets, places = stretches(np.zeros(len(starts), np.int64), chunk_counts)
    chunk_starts = np.repeat(starts, chunk_counts) + places * SAMPLES_PER_CHUNK
    return _Cuts(
        chunk_starts, np.minimum(chunk_starts + SAMPLES_PER_CHUNK, np.repeat(ends, chunk_counts)), series_offsets
    )


def _cut_mixed(columns: SeriesColumns, rows: Int64s, table: Table, filled: Int64s) -> _Cuts:
    """A chunk ends where its kind or layout does, and before a counter reset."""
    n, offsets = columns.n_samples, columns.offsets.copy()
    hints, resets, opens = np.empty(n, np.int64), np.empty(n, np.bool_), np.empty(n, np.bool_)
    resolve_hints(table, rows, offsets, hints, resets)
    open_chunks(table, rows, offsets, hints, opens)
    starts = np.flatnonzero(opens)
    series_offsets = np.searchsorted(starts, np.append(columns.offsets[filled], n))
    return _Cuts(starts, np.append(starts[1:], n), series_offsets)


def _encode_messages(columns: SeriesColumns, cuts: _Cuts) -> Texts:
    starts, ends = cuts.starts, cuts.ends
    room = int((ends - starts).sum()) * SAMPLE_BYTES_MAX + len(starts) * (CHUNK_HEAD_BYTES_MAX + CHUNK_FIELDS_BYTES_MAX)
    out, out_ends = np.empty(room, np.uint8), np.empty(len(starts), np.int64)
    scratch = np.empty(CHUNK_DATA_BYTES_MAX, np.uint8)
    bits = borrowed(columns.values, np.float64).view(np.uint64)
    write_chunk_messages(borrowed(columns.times_ms, np.int64), bits, starts, ends, scratch, out, out_ends)
    return Texts(out, np.append(0, out_ends))


def _encode_mixed_messages(columns: SeriesColumns, rows: Int64s, table: Table, cuts: _Cuts) -> Texts:
    sizes, out_ends = np.empty(len(cuts.starts), np.int64), np.empty(len(cuts.starts), np.int64)
    measure_chunks(table, rows, cuts.starts, cuts.ends, sizes)
    out = np.empty(int(sizes.sum()) + len(sizes) * CHUNK_FIELDS_BYTES_MAX, np.uint8)
    write_mixed_messages(
        borrowed(columns.times_ms, np.int64),
        borrowed(columns.values, np.float64).view(np.uint64),
        table,
        rows,
        cuts.starts,
        cuts.ends,
        np.empty(int(sizes.max(initial=0)), np.uint8),
        out,
        out_ends,
    )
    return Texts(out, np.append(0, out_ends))


def _histogram_blobs(columns: SeriesColumns, series: Int64s) -> Texts:
    """The fields `histograms` of each of these series."""
    cells = columns.histograms
    if cells is None:
        return Texts.none(len(series))
    places = np.flatnonzero(cells.rows != FLOAT)
    messages = encode_histograms(cells.table.take(cells.rows[places]), columns.times_ms[places], None, _HISTOGRAMS_TAG)
    firsts = np.searchsorted(places, np.append(columns.offsets[series], columns.n_samples))
    return Texts(messages.data, messages.offsets[firsts])


def _label_blobs(columns: SeriesColumns, rows: Int64s, external: Pairs) -> Texts:
    return Texts.of([label_fields(merge_labels(columns.labels[row], external)) for row in rows.tolist()])
