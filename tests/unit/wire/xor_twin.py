"""XOR chunks in plain Python, on strings of bits: slow, and easy to hold against the format's description."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Sample = tuple[int, int]
"""(time in ms, bits of the value)"""

_STEP_FORMS = ((-8191, 8192, "10", 14), (-65535, 65536, "110", 17), (-524287, 524288, "1110", 20))


def encode(samples: Sequence[Sample]) -> bytes:
    text = format(len(samples), "016b")
    delta = 0
    window: tuple[int, int] | None = None
    for i, (time, bits) in enumerate(samples):
        if i == 0:
            text += _varint(time << 1 if time >= 0 else (-time << 1) - 1) + format(bits, "064b")
            continue
        before, delta = delta, time - samples[i - 1][0]
        text += _varint(delta) if i == 1 else _step(delta - before)
        written, window = write_xor(bits ^ samples[i - 1][1], window)
        text += written
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def write_xor(difference: int, window: tuple[int, int] | None) -> tuple[str, tuple[int, int] | None]:
    """(the bits, the window of leading and trailing zeros that holds after them)"""
    if not difference:
        return "0", window
    digits = format(difference, "064b")
    leading = min(len(digits) - len(digits.lstrip("0")), 31)
    trailing = len(digits) - len(digits.rstrip("0"))
    if window is not None and leading >= window[0] and trailing >= window[1]:
        return "10" + digits[window[0] : 64 - window[1]], window
    significant = 64 - leading - trailing
    head = "11" + format(leading, "05b") + format(significant % 64, "06b")
    return head + digits[leading : 64 - trailing], (leading, trailing)


def _varint(value: int) -> str:
    parts = []
    while value >= 0x80:
        parts.append(format(value & 0x7F | 0x80, "08b"))
        value >>= 7
    return "".join([*parts, format(value, "08b")])


def _step(step: int) -> str:
    if step == 0:
        return "0"
    for low, high, prefix, size in _STEP_FORMS:
        if low <= step <= high:
            return prefix + format(step % (1 << size), f"0{size}b")
    return "1111" + format(step % (1 << 64), "064b")


def bits_of(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def crc32c(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF
