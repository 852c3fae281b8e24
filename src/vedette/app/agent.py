"""`vedette agent`: the light per-node role. It serves this machine's metrics; no engine, no compiler, no columns are loaded."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from vedette.agent.node.exporter import NodeExporter
from vedette.agent.node.host import Host
from vedette.api.security import Access, Gate, check_listen_address, host_name
from vedette.api.server import HttpServer, new_event_loop
from vedette.api.web_config import WebConfig, load_web_config
from vedette.app.arguments import DEFAULT_AGENT_LISTEN
from vedette.app.listening import bind, instance_of
from vedette.app.logs import set_up_logs
from vedette.app.metrics_pages import MetricsPages, own_metrics
from vedette.app.values import parse_listen
from vedette.model.limits import HttpLimits


def run_agent(arguments: argparse.Namespace) -> int:
    set_up_logs(arguments.log_level or "info", arguments.log_format or "logfmt")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(serve(arguments))


async def serve(arguments: argparse.Namespace) -> int:
    host, port = parse_listen(arguments.listen or DEFAULT_AGENT_LISTEN)
    web = load_web_config(Path(arguments.web_config)) if arguments.web_config else WebConfig()
    check_listen_address(f"{host}:{port}", has_tls=web.has_tls, has_users=bool(web.basic_auth_users))
    listener = bind(host, port)
    allowed = frozenset(host_name(name) for name in arguments.allowed_host or ())
    gate = Gate(Access(passwords=web.passwords(), allowed_hosts=allowed, headers=web.http_server_config.headers))
    folders = tuple(Path(folder) for folder in arguments.collector_textfile_directory or ())
    exporter = NodeExporter(Host(textfile_directories=folders))
    server = HttpServer(
        MetricsPages({"/metrics/node": exporter.page, "/metrics": own_metrics}, gate),
        [listener],
        HttpLimits(),
        web.tls_context(),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve())
    await server.started()
    print(f"listening agent {'https' if web.has_tls else 'http'}://{instance_of(listener)}", flush=True)
    await serving
    return 0
