"""The one decorator for kernels, and where their machine code is kept (DESIGN D17).

`./run` compiles every kernel once, under a lock; servers load from the cache in about 8 ms a kernel. A module's code lies in
a folder named after its source, the sources of the kernels that it imports, numba and Python: numba itself notices a change
of one file only, not of a kernel that another file inlines.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba

_ROOM: Final = Path(__file__).parent
_IMPORTED: Final = re.compile(rb"^from vedette\.kernels(?:\.(\w+) import|\s+import (\([^)]*\)|[^\n]+))", re.MULTILINE)


def cache_base() -> Path:
    return Path(
        os.environ.get("VEDETTE_KERNEL_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vedette"
    )


@cache
def cache_folder(module: str) -> Path:
    """Of a module of this room, by its name."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for name in sorted(_sources_of(module)):
        digest.update(name.encode() + _source(name))
    return cache_base() / f"kernels-{module}-{digest.hexdigest()[:16]}"


def _sources_of(module: str) -> set[str]:
    """The module and all of this room that it imports, directly or not."""
    found, new = set[str](), {"jit", module}
    while new:
        found |= new
        new = {name for each in new for name in _imports(each)} - found
    return found


@cache
def _imports(module: str) -> frozenset[str]:
    names = set[str]()
    for one, several in _IMPORTED.findall(_source(module)):
        listed = [one] if one else several.strip(b"() \n").split(b",")
        names |= {text.split()[0].decode() for text in listed if text.strip()}
    return frozenset(name for name in names if (_ROOM / f"{name}.py").exists())


@cache
def _source(module: str) -> bytes:
    return (_ROOM / f"{module}.py").read_bytes()


def _decorator(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def compiled(function: Callable[..., Any]) -> Any:
        # numba asks for the folder when it decorates
        numba.config.CACHE_DIR = str(cache_folder(Path(function.__code__.co_filename).stem))
        return numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function)

    return compiled


kernel: Any = _decorator()
"""For kernels: releases the GIL, cached, IEEE division, no fastmath (NaN and order matter)."""

borrowing: Any = _decorator(_nrt=False)
"""For kernels that allocate nothing and call each other often: arrays are borrowed and no reference is counted.

The atomic counts around every call took half of the exposition scanners' time (122 -> 55 us a page).
"""

inlined: Any = _decorator(inline="always")
"""For small pieces that kernels call in their inner loops."""
