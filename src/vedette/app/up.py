"""`vedette up` and `vedette server`: every role wired together, from the data directory to the listener.

Start: listener bound (its port names the instance) -> configuration -> store -> engine, scraping, API -> served ->
`listening http URL` on stdout. The engine opens on a thread of its own while this one imports the rest and loads the first
machine code: both take half a second. A stop runs in reverse and ends with the store, which commits what waits.
"""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor

from vedette.api.security import check_listen_address
from vedette.api.server import new_event_loop
from vedette.api.web_config import WebConfig, load_web_config
from vedette.app.configuration import Configuration, OwnTarget
from vedette.app.interpreter import freeze_objects
from vedette.app.listening import bind, instance_of, private_path, public_url
from vedette.app.opening import load_first_kernels, open_store
from vedette.app.settings import Settings
from vedette.model.threads import give_way
from vedette.ports.clock import SystemClock


def run_up(settings: Settings, *, with_node: bool) -> int:
    """Until a signal; the exit code."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(serve(settings, with_node=with_node))


async def serve(settings: Settings, *, with_node: bool) -> int:
    clock = SystemClock()
    web = load_web_config(settings.web_config) if settings.web_config else WebConfig()
    check_listen_address(f"{settings.host}:{settings.port}", has_tls=web.has_tls, has_users=bool(web.basic_auth_users))
    listener = bind(settings.host, settings.port)
    url = public_url(listener, settings, tls=web.has_tls)
    own = OwnTarget(instance=instance_of(listener), socket=private_path(settings.data))
    configuration = Configuration(settings, own, clock, with_node=with_node)
    stop = stop_on_signals()
    with ThreadPoolExecutor(1, "opening", initializer=give_way) as opener:
        opening = opener.submit(open_store, settings, configuration.current, configuration.policy, clock)
        from vedette.app.server import Server

        load_first_kernels()
        store = opening.result()
    freeze_objects()
    try:
        if not stop.is_set():
            server = Server(settings, configuration, store, clock, web, stop, url, with_node=with_node)
            await server.run(listener, own, url)
    finally:
        await asyncio.to_thread(store.close)
    return 0


def stop_on_signals() -> asyncio.Event:
    """Set by SIGTERM and SIGINT: from here on a start is finished before it is undone, since the store must be closed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # would end the process; the files have only just been read
    return stop
