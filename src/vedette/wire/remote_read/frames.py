"""The other side of a streamed answer: bytes as they arrive, to checked frames, to columns of samples.

Sans-IO: `FrameReader.feed` takes pieces of any size. What a peer sends is not trusted: lengths, checksums, chunk counts and
label messages are checked before anything is allocated for them. Raises BadInput.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.checksums import crc32c
from vedette.kernels.chunk_frames import CHUNK_COLUMNS, FLOAT_HISTOGRAM, HISTOGRAM, LABEL_COLUMNS, XOR, scan_frame
from vedette.kernels.protobuf import PADDING
from vedette.kernels.xor_chunks import HEADER_BYTES, decode_chunks
from vedette.model.blocks import Float64s, Int64s
from vedette.model.errors import BadInput
from vedette.model.histograms import Histograms
from vedette.model.labels import Labels
from vedette.wire.protobuf import as_text, bytes_field, read_fields
from vedette.wire.remote_read.histogram_chunks import decode_histogram_chunks

FRAME_BYTES_MAX: Final = 64 << 20
"""A frame holds one series' labels and about a megabyte of chunks."""
_CHECKSUM_BYTES: Final = 4
_LENGTH_BYTES_MAX: Final = 5
_BITS_PER_SAMPLE_MIN: Final = 2


class FrameReader:
    """`feed` returns the payloads that became whole; `end` says whether the stream was cut."""

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        self._pending += data
        payloads, at = [], 0
        while (bounds := self._next_frame(at)) is not None:
            start, end = bounds
            payload = bytes(self._pending[start:end])
            self._check(payload, self._pending[start - _CHECKSUM_BYTES : start])
            payloads.append(payload)
            at = end
        del self._pending[:at]
        return payloads

    def end(self) -> None:
        if self._pending:
            raise BadInput("the stream ends within a frame")

    def _next_frame(self, at: int) -> tuple[int, int] | None:
        """Where the payload of the frame at `at` begins and ends; None while it is not whole."""
        size = shift = 0
        for count, byte in enumerate(self._pending[at : at + _LENGTH_BYTES_MAX], 1):
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                if size > self._frame_bytes_max:
                    break
                start = at + count + _CHECKSUM_BYTES
                return (start, start + size) if start + size <= len(self._pending) else None
        if shift < 7 * _LENGTH_BYTES_MAX and size <= self._frame_bytes_max:
            return None
        raise BadInput(f"message size exceeded the limit {self._frame_bytes_max} bytes; got: {size} bytes")

    @staticmethod
    def _check(payload: bytes, checksum: bytearray) -> None:
        found = int(crc32c(borrowed(np.frombuffer(payload, np.uint8), np.uint8), 0, len(payload)))
        if found != int.from_bytes(checksum, "big"):
            raise BadInput("corrupted frame; checksum mismatch")


@dataclass(frozen=True, slots=True)
class FramePart:
    """One series of a frame, with the samples of its chunks, in their order. `key`: the label messages, as they came."""

    key: bytes
    times_ms: Int64s
    values: Float64s
    histogram_times_ms: Int64s
    histograms: Histograms
    skipped_chunks: int
    """Of encodings that are not known."""

    @property
    def n_samples(self) -> int:
        return len(self.times_ms) + len(self.histograms)

    def labels(self) -> Labels:
        """Raises BadInput."""
        return Labels(_read_label(message) for number, message in read_fields(self.key) if number == 1)


def decode_frame(payload: bytes) -> Iterator[FramePart]:
    buffer = np.frombuffer(payload + bytes(PADDING), np.uint8)
    n_series, label_rows, chunk_rows = _scan(buffer, len(payload))
    for series in range(n_series):
        own = chunk_rows[chunk_rows[:, 0] == series]
        xor, native = own[own[:, 3] == XOR], own[np.isin(own[:, 3], (HISTOGRAM, FLOAT_HISTOGRAM))]
        times, values = _decode_chunks(buffer, xor)
        histogram_times, histograms = decode_histogram_chunks(buffer, native)
        labels = label_rows[label_rows[:, 0] == series, 1:].tolist()
        key = b"".join(bytes_field(1, payload[start:end]) for start, end in labels)
        yield FramePart(key, times, values, histogram_times, histograms, len(own) - len(xor) - len(native))


def _scan(buffer: NDArray[np.uint8], size: int) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    rows = 64
    while True:
        labels, chunks = np.empty((rows, LABEL_COLUMNS), np.int64), np.empty((rows, CHUNK_COLUMNS), np.int64)
        counts = np.zeros(3, np.int64)
        if not scan_frame(borrowed(buffer, np.uint8), size, labels, chunks, counts):
            raise BadInput("a frame is no ChunkedReadResponse")
        n_series, n_labels, n_chunks = counts.tolist()
        if max(n_labels, n_chunks) <= rows:
            return n_series, labels[:n_labels], chunks[:n_chunks]
        rows = max(n_labels, n_chunks)


def _decode_chunks(buffer: NDArray[np.uint8], rows: NDArray[np.int64]) -> tuple[Int64s, Float64s]:
    starts, ends = np.ascontiguousarray(rows[:, 4]), np.ascontiguousarray(rows[:, 5])
    if (ends - starts < HEADER_BYTES).any():
        raise BadInput("a chunk is shorter than its head")
    counts = buffer[starts].astype(np.int64) << 8 | buffer[starts + 1]
    if (counts * _BITS_PER_SAMPLE_MIN > 8 * (ends - starts)).any():
        raise BadInput("a chunk is shorter than its number of samples allows")
    total = int(counts.sum())
    times, bits = np.empty(total, np.int64), np.empty(total, np.uint64)
    damaged = decode_chunks(borrowed(buffer, np.uint8), starts, ends, times, bits)
    if damaged >= 0:
        raise BadInput(f"a chunk of {int(counts[damaged])} samples cannot be decoded")
    return times, bits.view(np.float64)


def _read_label(message: int | bytes) -> tuple[str, str]:
    texts = {1: "", 2: ""}
    if isinstance(message, bytes):
        texts |= {number: as_text(value) for number, value in read_fields(message) if number in texts}
    return texts[1], texts[2]
