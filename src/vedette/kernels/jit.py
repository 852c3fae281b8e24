"""The one decorator for kernels, and where their machine code is kept (DESIGN D17).

`./run` compiles every kernel once, under a lock, into a folder named after the kernels' sources, numba and Python;
servers load from there in about 8 ms a kernel. numba itself notices a change of one file only, not of a kernel that
another file inlines; naming the folder after all sources closes that hole.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any, Final

import numba


def cache_folder() -> Path:
    base = (
        os.environ.get("VEDETTE_KERNEL_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vedette"
    )
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    return Path(base) / f"kernels-{digest.hexdigest()[:16]}"


CACHE_FOLDER: Final = cache_folder()
numba.config.CACHE_DIR = str(CACHE_FOLDER)

kernel: Any = numba.njit(nogil=True, cache=True, error_model="numpy")
"""For kernels: releases the GIL, cached, IEEE division, no fastmath (NaN and order matter)."""

borrowing: Any = numba.njit(nogil=True, cache=True, error_model="numpy", _nrt=False)
"""For kernels that allocate nothing and call each other often: arrays are borrowed and no reference is counted.

The atomic counts around every call took half of the exposition scanners' time (122 -> 55 us a page).
"""

inlined: Any = numba.njit(nogil=True, cache=True, error_model="numpy", inline="always")
"""For small pieces that kernels call in their inner loops."""
