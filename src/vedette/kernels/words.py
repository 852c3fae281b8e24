"""Machine words: an unaligned load, the high half of a product, bit counts, bits of a double, and bytes found eight at a time.

The intrinsics are one or two instructions each that numba does not offer. The plain way (eight byte loads and shifts, four 32-bit products) was 2-3 times slower in the scanners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from vedette.kernels.jit import borrowing

_I64 = ir.IntType(64)
_I128 = ir.IntType(128)


@intrinsic
def load_word(_typing: Any, buffer: Any, index: Any) -> Any:
    """The eight bytes of `buffer` (uint8[]) from `index` as a little-endian uint64; the caller keeps index + 8 <= len."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(pointer, _I64.as_pointer()), align=1)

    return types.uint64(buffer, types.int64), codegen


@intrinsic
def multiply_high(_typing: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of the 128-bit product of two uint64."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        product = builder.mul(builder.zext(arguments[0], _I128), builder.zext(arguments[1], _I128))
        return builder.trunc(builder.lshr(product, ir.Constant(_I128, 64)), _I64)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def leading_zeros(_typing: Any, word: Any) -> Any:
    """Zero bits above the highest one of a uint64; 64 for zero."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), codegen


@intrinsic
def trailing_zeros(_typing: Any, word: Any) -> Any:
    """Zero bits below the lowest one of a uint64; 64 for zero. The result is int64: it is added to offsets."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), codegen


@intrinsic
def bits_of(_typing: Any, value: Any) -> Any:
    """The bits of a float64 as uint64."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _I64)

    return types.uint64(types.float64), codegen


@intrinsic
def float_of(_typing: Any, bits: Any) -> Any:
    """The float64 that has these bits."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), codegen


_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


@borrowing
def zero_bytes(word: Any) -> Any:
    """The high bit of each byte of `word` that is zero; bits above the lowest one that is set may be false."""
    return (word - _ONES) & ~word & _HIGHS


@borrowing
def any_high(word: Any) -> Any:
    """Whether a byte of `word` is above 127."""
    return word & _HIGHS != np.uint64(0)


@borrowing
def below_lowest(bits: Any) -> Any:
    """All bits below the lowest one of `bits`, which is not zero."""
    return (bits & (~bits + np.uint64(1))) - np.uint64(1)
