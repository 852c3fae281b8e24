"""`vedette agent`: the light per-node role. It serves this machine's metrics; no engine, no compiler, no columns are loaded."""

from __future__ import annotations

import argparse
import asyncio
import signal

from vedette.agent.node.exporter import NodeExporter
from vedette.agent.node.host import Host
from vedette.api.security import Access, Gate, check_listen_address, host_name
from vedette.api.server import HttpServer, new_event_loop
from vedette.api.web_config import WebConfig, load_web_config
from vedette.app.listening import bind, instance_of
from vedette.app.logs import set_up_logs
from vedette.app.metrics_pages import MetricsPages, own_metrics
from vedette.app.settings import AgentSettings, read_agent_settings
from vedette.model.limits import HttpLimits


def run_agent(arguments: argparse.Namespace) -> int:
    settings = read_agent_settings(arguments)
    set_up_logs(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(serve(settings))


async def serve(settings: AgentSettings) -> int:
    host, port = settings.host, settings.port
    web = load_web_config(settings.web_config) if settings.web_config else WebConfig()
    check_listen_address(f"{host}:{port}", has_tls=web.has_tls, has_users=bool(web.basic_auth_users))
    listener = bind(host, port)
    allowed = frozenset(host_name(name) for name in settings.allowed_hosts)
    gate = Gate(Access(passwords=web.passwords(), allowed_hosts=allowed, headers=web.http_server_config.headers))
    exporter = NodeExporter(Host(textfile_directories=settings.textfile_directories))
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
