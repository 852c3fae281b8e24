"""The threads that write messages: off the event loop, because a group may have thousands of alerts; two, because more only take
the interpreter from each other, and because one endless template must not hold up all other receivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from vedette.model.threads import give_way

T = TypeVar("T")

_THREADS: Final = ThreadPoolExecutor(2, "composing", initializer=give_way)


async def composed(work: Callable[[], T]) -> T:
    """What `work` returns or raises."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
