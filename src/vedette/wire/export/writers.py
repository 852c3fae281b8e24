"""One writer for each format: `begin`, `write` for each slice of series, in order, `end`; each returns bytes of the file.

Slices come in the order of metric names, so that OpenMetrics' families are whole. JSON lines and Parquet keep native
histograms and stale markers; the text formats have no word for either, leave them out and count them.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.kernels.json_rows import Texts
from vedette.kernels.text_rows import NUMBER, Others, write_arrays, write_lines
from vedette.model.blocks import Bools, SeriesColumns
from vedette.model.errors import BadInput
from vedette.model.histograms import FLOAT, HistogramCells, stretches
from vedette.model.labels import METRIC_NAME, Labels, escape_value, exposition_text, is_classic_metric_name
from vedette.model.staleness import STALE_NAN_BITS
from vedette.wire.export.histogram_arrow import histogram_column, histogram_type
from vedette.wire.export.histogram_json import HistogramJson

Buffer = bytes | memoryview

SAMPLES_PER_LINE_MAX: Final = 100_000
"""4 MB of a line: readers have limits."""


class ExportWriter(Protocol):
    """Not thread-safe. `content_type` of the file; `left_out` counts samples that the format cannot hold."""

    content_type: bytes
    left_out: int

    def begin(self) -> Buffer: ...

    def write(self, columns: SeriesColumns) -> Buffer: ...

    def end(self) -> Buffer: ...


class OpenMetricsWriter:
    """`# TYPE metric unknown` before each metric, lines with times in seconds, `# EOF`. What `import openmetrics` reads."""

    content_type = b"application/openmetrics-text; version=1.0.0; charset=utf-8"

    def __init__(self) -> None:
        self.left_out = 0
        self._metric: str | None = None

    def begin(self) -> Buffer:
        return b""

    def write(self, columns: SeriesColumns) -> Buffer:
        keep, left_out = _printable(columns)
        self.left_out += left_out
        parts: list[Buffer] = []
        first = 0
        for row, labels in enumerate(columns.labels):
            if labels.name != self._metric:
                parts.append(self._lines(columns, keep, first, row))
                parts.append(_type_line(labels.name))
                self._metric, first = labels.name, row
        parts.append(self._lines(columns, keep, first, columns.n_series))
        return b"".join(parts)

    def end(self) -> Buffer:
        return b"# EOF\n"

    @staticmethod
    def _lines(columns: SeriesColumns, keep: Bools, first: int, last: int) -> Buffer:
        if first == last:
            return b""
        heads = Texts.of([_series_text(labels) for labels in columns.labels[first:last]])
        offsets = columns.offsets[first : last + 1]
        return write_lines(heads, offsets, columns.times_ms, columns.values, keep, time_first=False)


class CsvWriter:
    """`series,time,value`: the series as Prometheus writes it, seconds since 1970, the value."""

    content_type = b"text/csv; charset=utf-8; header=present"

    def __init__(self) -> None:
        self.left_out = 0

    def begin(self) -> Buffer:
        return b"series,time,value\n"

    def write(self, columns: SeriesColumns) -> Buffer:
        keep, left_out = _printable(columns)
        self.left_out += left_out
        heads = Texts.of(['"{}"'.format(str(labels).replace('"', '""')).encode() for labels in columns.labels])
        return write_lines(heads, columns.offsets, columns.times_ms, columns.values, keep, time_first=True)

    def end(self) -> Buffer:
        return b""


class JsonLinesWriter:
    """A line for each series: `{"metric":{...},"values":[...],"timestamps":[...]}`, times in ms; a long one has several."""

    content_type = b"application/x-ndjson"

    def __init__(self) -> None:
        self.left_out = 0

    def begin(self) -> Buffer:
        return b""

    def write(self, columns: SeriesColumns) -> Buffer:
        lengths = np.diff(columns.offsets)
        # a series without samples has no line, a long one several
        n_lines = -(-lengths // SAMPLES_PER_LINE_MAX)
        _, places = stretches(np.zeros(len(lengths), np.int64), n_lines)
        starts = np.repeat(columns.offsets[:-1], n_lines) + places * SAMPLES_PER_LINE_MAX
        encode = msgspec.json.Encoder().encode
        heads = Texts.of(
            [
                b'{"metric":%s,"values":[' % encode(dict(labels.pairs))
                for labels, n in zip(columns.labels, n_lines.tolist(), strict=True)
                for _ in range(n)
            ]
        )
        offsets = np.append(starts, columns.offsets[-1])
        others = None if columns.histograms is None else _as_json(columns.histograms)
        return write_arrays(heads, offsets, columns.times_ms, columns.values, others, b'],"timestamps":[', b"]}\n")

    def end(self) -> Buffer:
        return b""


class ParquetWriter:
    """Columns `metric`, `labels` (JSON of the others), both dictionaries, `time` (ms, UTC), `value` or `histogram`; a row group a slice."""

    content_type = b"application/vnd.apache.parquet"

    def __init__(self) -> None:
        # loaded where it is wanted: few exports are Parquet
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.left_out = 0
        self._pa = pa
        names = pa.dictionary(pa.int32(), pa.string())
        self._schema = pa.schema(
            [
                ("metric", names),
                ("labels", names),
                ("time", pa.timestamp("ms", "UTC")),
                ("value", pa.float64()),
                ("histogram", histogram_type()),
            ]
        )
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, "w"), self._schema, compression="zstd")

    def begin(self) -> Buffer:
        return self._sink.take()

    def write(self, columns: SeriesColumns) -> Buffer:
        pa = self._pa
        rows = np.repeat(np.arange(columns.n_series, dtype=np.int32), np.diff(columns.offsets))
        encode = msgspec.json.Encoder().encode
        labels = [encode({name: value for name, value in one if name != METRIC_NAME}) for one in columns.labels]
        arrays = [
            _dictionary(pa, rows, [one.name for one in columns.labels]),
            _dictionary(pa, rows, [text.decode() for text in labels]),
            pa.array(columns.times_ms, pa.timestamp("ms", "UTC")),
            pa.array(columns.values, mask=~_floats(columns)),
            histogram_column(columns.histograms, len(rows)),
        ]
        if len(rows):
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        return self._sink.take()

    def end(self) -> Buffer:
        self._writer.close()
        return self._sink.take()


FORMATS: Final[dict[str, type[ExportWriter]]] = {
    "openmetrics": OpenMetricsWriter,
    "jsonl": JsonLinesWriter,
    "csv": CsvWriter,
    "parquet": ParquetWriter,
}


def new_writer(name: str) -> ExportWriter:
    """Raises BadInput."""
    chosen = FORMATS.get(name)
    if chosen is None:
        raise BadInput(f"unknown export format: {name}", hint=f"known are: {', '.join(FORMATS)}")
    return chosen()


class _Sink:
    """A file that only collects what is written to it."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def flush(self) -> None: ...

    def close(self) -> None: ...


def _dictionary(pa: Any, rows: NDArray[np.int32], texts: list[str]) -> Any:
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes[rows]), encoded.dictionary)


def _as_json(cells: HistogramCells) -> Others:
    """Only those that occur are rendered."""
    encode = msgspec.json.Encoder().encode
    places = np.flatnonzero(cells.rows != FLOAT)
    rows = np.full(len(cells.rows), NUMBER, np.int64)
    rows[places] = np.arange(len(places))
    used = cells.rows[places].tolist()
    return Others(rows, Texts.of([encode(HistogramJson.of(cells.table.at(row))) for row in used]))


def _floats(columns: SeriesColumns) -> Bools:
    if columns.histograms is None:
        return np.ones(columns.n_samples, np.bool_)
    found: Bools = columns.histograms.rows == FLOAT
    return found


def _printable(columns: SeriesColumns) -> tuple[Bools, int]:
    """(which samples have a text, how many have none)"""
    keep = _floats(columns) & (columns.values.view(np.uint64) != STALE_NAN_BITS)
    return keep, int((~keep).sum())


def _type_line(metric: str) -> bytes:
    shown = metric if is_classic_metric_name(metric) else f'"{escape_value(metric)}"'
    return f"# TYPE {shown} unknown\n".encode() if metric else b""


def _series_text(labels: Labels) -> bytes:
    return exposition_text(labels.name, [pair for pair in labels if pair[0] != METRIC_NAME]).encode()
