"""One notification of an integration at a time, from its sending until it is logged: all that a process which dies then repeats.

A receiver that keeps up is told so, however many groups are due. One that is slow, or hangs, delays nobody for longer than `WAIT_S`:
who has waited so long goes out beside the others and begins a line of its own. A kill then repeats as many as were under way.
"""

from __future__ import annotations

import asyncio
from typing import Final, Self

WAIT_S: Final = 1.5


class Line:
    """Of those that want to send by one integration."""

    def __init__(self) -> None:
        self.front = asyncio.Lock()


class Turn:
    """Of one notification: `with Turn(line) as turn:`; it may end and begin again, for another try."""

    def __init__(self, line: Line) -> None:
        self._line: Final = line
        self._held: asyncio.Lock | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    async def begin(self) -> None:
        front = self._line.front
        try:
            async with asyncio.timeout(WAIT_S):
                await front.acquire()
        except TimeoutError:
            front = self._line.front = asyncio.Lock()
            await front.acquire()
        self._held = front

    def end(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None
