"""Settings of the interpreter and its allocator for a server with many long-lived objects and threads that compute.

Measured by `./bench loop_lag`, `start` and `ingest` (docs/performance.md): with the defaults a thread that wants the
interpreter waits 5 ms for each that has it, and full collections walk every label of every series.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

SWITCH_INTERVAL_S: Final = 0.0005
"""After so long a thread gives way; the event loop is one waiter among the workers."""

COLLECT_AFTER: Final = (50_000, 20, 1_000)
"""Young objects are collected as before, only in larger lots; all objects hardly ever: series are no cycles."""

M_ARENA_MAX: Final = -8
ARENAS: Final = 2
"""glibc gives every thread an arena of its own otherwise, and freed memory stays in it. Fixed mmap and trim thresholds saved
40 MB more under load, but a start took 1 s more CPU: every column of the head's rebuilding was mapped anew."""


MADV_DONTNEED: Final = 4


class NoPandas(MetaPathFinder):
    """As if pandas were not installed. (None in `sys.modules` would do for Python, but Cython takes it for the module.)"""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not used in this process", name=fullname)


def settle_interpreter() -> None:
    """First of all: before threads start, and before anything large is imported, which makes long-lived objects only.

    pyarrow imports pandas at its first conversion where it is installed, and chdb installs it: 0.3 s and 60 MB of which
    nothing is used. With `NoPandas` in its way pyarrow does without.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*COLLECT_AFTER)
    if not any(isinstance(finder, NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoPandas())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # another C library has no such knob
        mallopt(M_ARENA_MAX, ARENAS)


def give_back_pages(library: str) -> None:
    """Of the code of a shared library that has done its work: it is read from the page cache again if it is ever needed.

    libllvmlite keeps 40 MB of code resident after the kernels are loaded, and little of it is used until another kernel is.
    Only executable mappings: nothing was ever written to them, while others hold what the loader relocated.
    """
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    maps = Path("/proc/self/maps")
    if madvise is None or not maps.exists():
        return
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in maps.read_text().splitlines():
        span, access, *_, file = line.split(maxsplit=5)
        if library in file and access == "r-xp":
            begin, end = (int(address, 16) for address in span.split("-"))
            madvise(begin, end - begin, MADV_DONTNEED)


def freeze_objects() -> None:
    """Once the store is open: what exists by then stays, no collection looks at it again."""
    gc.freeze()
