"""The stale marker: the one NaN whose bits say "this series ended here". Ordinary NaN is a value; the marker never is."""

from __future__ import annotations

import struct
from typing import Final

STALE_NAN_BITS: Final = 0x7FF0000000000002
"""Source: Prometheus model/value StaleNaN; also in the remote-write specification."""

NORMAL_NAN_BITS: Final = 0x7FF8000000000001
"""The bits of a NaN that was written as text (Prometheus model/value NormalNaN)."""

STALE_NAN: Final[float] = struct.unpack("<d", struct.pack("<Q", STALE_NAN_BITS))[0]
NORMAL_NAN: Final[float] = struct.unpack("<d", struct.pack("<Q", NORMAL_NAN_BITS))[0]


def is_stale(value: float) -> bool:
    return bool(struct.unpack("<Q", struct.pack("<d", value))[0] == STALE_NAN_BITS)
