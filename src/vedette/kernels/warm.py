"""Compiles every kernel into the cache, once: `python -m vedette.kernels.warm` (DESIGN D17).

Every module of this room with a function `warm` calls its kernels there on tiny arrays of the real types.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import sys
import time

import vedette.kernels
from vedette.kernels.jit import cache_base, cache_folder


def module_names() -> list[str]:
    return sorted(
        module.name for module in pkgutil.iter_modules(vedette.kernels.__path__) if module.name not in ("warm", "jit")
    )


def warm_all(report: bool = False) -> int:
    """The number of modules warmed."""
    names = module_names()
    warmed = 0
    for position, name in enumerate(names, 1):
        module = importlib.import_module(f"vedette.kernels.{name}")
        if not hasattr(module, "warm"):
            continue
        started = time.monotonic()
        module.warm()
        warmed += 1
        if report:
            print(
                f"kernels {position}/{len(names)}: {name} ({time.monotonic() - started:.1f} s)",
                file=sys.stderr,
                flush=True,
            )
    return warmed


def forget_older_caches() -> None:
    """Folders of earlier sources beside ours are of no use to anybody."""
    used = {cache_folder(name) for name in module_names()}
    for folder in cache_base().glob("kernels-*"):
        if folder not in used:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    warm_all(report=True)
    if "--forget-older" in sys.argv:
        forget_older_caches()
