"""What every door does around its receiver: run it in a worker thread, then wait until what it took is on disk.

A caller that hangs up does not stop what is under way: samples that are taken are committed, told or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vedette.api.requests import Request
from vedette.api.routing import Api
from vedette.intake.receiving.admission import Receipt


async def take_in(api: Api, request: Request, work: Callable[[], Receipt]) -> Receipt:
    """The receipt once its samples are durable. Raises QueueFull, StoreUnavailable, and what `work` raises."""
    receipt = await api.writes.run(request, api.new_deadline(), work)
    for commit in receipt.commits:
        await asyncio.wrap_future(commit)
    return receipt
