"""Input arrays of kernels are passed read-only.

numba compiles a kernel once more for read-only arrays (Arrow's buffers are), so both kinds would be compiled, and the
second one during a query. Passing every input read-only keeps one machine code per kernel, and keeps the promise that
borrowed arrays are not written to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def borrowed(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """A read-only, contiguous view as `dtype`; copies only where the array is neither."""
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view
