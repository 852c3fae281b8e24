"""limit_ratio: a share of the series, chosen by the hash of their labels, so that ratio r and r - 1 are complements.

The hash is the reference's (xxHash64 of its label encoding), so that both choose the same series. Source: Prometheus
HashRatioSampler, labels_stringlabels.go; https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vedette.model.blocks import Float64s
from vedette.model.labels import Labels

_MASK = (1 << 64) - 1
_PRIME_1 = 0x9E3779B185EBCA87
_PRIME_2 = 0xC2B2AE3D27D4EB4F
_PRIME_3 = 0x165667B19E3779F9
_PRIME_4 = 0x85EBCA77C2B2AE63
_PRIME_5 = 0x27D4EB2F165667C5


def in_ratio(labels: Sequence[Labels], ratio: Float64s) -> Any:
    """bool[n_series, n_steps]; `ratio` float64[n_steps] in [-1, 1], negative for the complement."""
    offsets = np.array([xxhash64(encode_labels(each)) / 2.0**64 for each in labels]).reshape(-1, 1)
    return np.where(ratio >= 0, offsets < ratio, offsets >= 1.0 + ratio)


def encode_labels(labels: Labels) -> bytes:
    """Names and values, each behind its length: a byte, or 255 and three bytes from 255 on."""
    return b"".join(_sized(name.encode()) + _sized(value.encode()) for name, value in labels)


def _sized(text: bytes) -> bytes:
    size = len(text)
    return (bytes([size]) if size < 255 else b"\xff" + size.to_bytes(3, "little")) + text


def xxhash64(data: bytes) -> int:
    """With seed 0."""
    size = len(data)
    at = 0
    if size >= 32:
        lanes = [(_PRIME_1 + _PRIME_2) & _MASK, _PRIME_2, 0, -_PRIME_1 & _MASK]
        while at + 32 <= size:
            lanes = [_round(lane, _word(data, at + 8 * i)) for i, lane in enumerate(lanes)]
            at += 32
        digest = sum(_rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            digest = ((digest ^ _round(0, lane)) * _PRIME_1 + _PRIME_4) & _MASK
    else:
        digest = _PRIME_5
    digest = (digest + size) & _MASK
    return _avalanche(_finish(digest, data, at))


def _finish(digest: int, data: bytes, at: int) -> int:
    while at + 8 <= len(data):
        digest = (_rotate(digest ^ _round(0, _word(data, at)), 27) * _PRIME_1 + _PRIME_4) & _MASK
        at += 8
    if at + 4 <= len(data):
        digest ^= int.from_bytes(data[at : at + 4], "little") * _PRIME_1 & _MASK
        digest = (_rotate(digest, 23) * _PRIME_2 + _PRIME_3) & _MASK
        at += 4
    for byte in data[at:]:
        digest = _rotate(digest ^ (byte * _PRIME_5 & _MASK), 11) * _PRIME_1 & _MASK
    return digest


def _avalanche(digest: int) -> int:
    digest = (digest ^ digest >> 33) * _PRIME_2 & _MASK
    digest = (digest ^ digest >> 29) * _PRIME_3 & _MASK
    return digest ^ digest >> 32


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * _PRIME_2) & _MASK, 31) * _PRIME_1 & _MASK
