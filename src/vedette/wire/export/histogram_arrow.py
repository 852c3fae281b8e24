"""Native histograms as one Arrow column of structs: null where a sample is a float. docs/formats/export.md has the fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.histograms import EXPONENTIAL, FLOAT, Buckets, HistogramCells, Histograms, stretches


def histogram_type() -> Any:
    # loaded where it is wanted: few exports are Parquet
    import pyarrow as pa

    doubles = pa.list_(pa.float64())
    return pa.struct(
        [
            ("schema", pa.int8()),
            ("count", pa.float64()),
            ("sum", pa.float64()),
            ("zero_count", pa.float64()),
            ("zero_threshold", pa.float64()),
            ("positive_indexes", pa.list_(pa.int32())),
            ("positive_counts", doubles),
            ("negative_indexes", pa.list_(pa.int32())),
            ("negative_counts", doubles),
            ("bounds", doubles),
            ("counter_reset", pa.int8()),
        ]
    )


def histogram_column(cells: HistogramCells | None, n: int) -> Any:
    """One entry for each of the n cells."""
    import pyarrow as pa

    if cells is None:
        return pa.nulls(n, histogram_type())
    is_histogram = cells.rows != FLOAT
    used = cells.table.take(cells.rows[is_histogram])
    places = np.cumsum(is_histogram) - 1
    return _structs(used).take(pa.array(places, mask=~is_histogram))


def _structs(table: Histograms) -> Any:
    import pyarrow as pa

    fields = [
        pa.array(table.schemas, pa.int8()),
        pa.array(table.counts),
        pa.array(table.sums),
        pa.array(table.zero_counts),
        pa.array(table.zero_thresholds),
        *_lists(table.positive),
        *_lists(table.negative),
        _bounds(table),
        pa.array(table.hints, pa.int8()),
    ]
    return pa.StructArray.from_arrays(fields, fields=list(histogram_type()))


def _lists(side: Buckets) -> tuple[Any, Any]:
    import pyarrow as pa

    offsets = pa.array(side.offsets, pa.int32())
    indexes = pa.array(side.indexes, pa.int32())
    return pa.ListArray.from_arrays(offsets, indexes), pa.ListArray.from_arrays(offsets, pa.array(side.counts))


def _bounds(table: Histograms) -> Any:
    import pyarrow as pa

    offsets, places = stretches(*_bound_stretches(table))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(table.bounds[places]))


def _bound_stretches(table: Histograms) -> tuple[Int64s, Int64s]:
    """(starts, lengths) of each one's bounds; without any where it is exponential."""
    assert EXPONENTIAL == -1  # the last entry of both
    starts = np.append(table.bound_offsets[:-1], 0)[table.layouts]
    return starts, np.append(np.diff(table.bound_offsets), 0)[table.layouts]
