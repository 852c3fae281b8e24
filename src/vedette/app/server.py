"""The running server: what is served, what works in the background, and how both stop.

A stop runs in reverse: the listener finishes its requests (queries that go on for long are cancelled), scraping ends.
SIGTERM and SIGINT stop, SIGHUP reloads. The event loop runs on the main thread and never asks the store.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from urllib.parse import urlsplit

import vedette
from vedette.agent.node.exporter import NodeExporter
from vedette.agent.node.host import Host
from vedette.alerting.pipeline.shell import Rules
from vedette.api import rule_config
from vedette.api.app import build_app
from vedette.api.asgi import ASGIApp
from vedette.api.notices import RELOAD_FAILED, SHUTTING_DOWN, Notices
from vedette.api.principals import Tenants
from vedette.api.security import Access, host_name
from vedette.api.server import HttpServer
from vedette.api.services import BuildInfo, Readiness, RuntimeInfo, Services
from vedette.api.web_config import WebConfig
from vedette.app.alert_insight import AlertInsight
from vedette.app.alerting import Alerting
from vedette.app.configuration import Configuration, OwnTarget
from vedette.app.doors import Doors
from vedette.app.features import PER_STEP_STATS, SEARCH, START_TIMES, engine_options, feature_warnings
from vedette.app.jobs import NODE_PATH
from vedette.app.listening import bind_private
from vedette.app.loop_lag import watch_loop_lag
from vedette.app.metrics_pages import MetricsPages, own_metrics
from vedette.app.opening import ingest_limits, load_dashboard_kernels, retention
from vedette.app.rules import RuleService
from vedette.app.settings import Settings
from vedette.intake.config import PrometheusConfig
from vedette.intake.forwarding.manager import ForwardingManager
from vedette.intake.manager import ScrapeManager
from vedette.model.errors import ConfigError
from vedette.model.limits import HttpLimits
from vedette.model.time import format_duration
from vedette.ports.clock import Clock
from vedette.ports.principal import SYSTEM
from vedette.query.promql.engine import Engine
from vedette.query.promql.results_cache import results_cache
from vedette.signals.type_and_unit import FEATURE as TYPE_AND_UNIT
from vedette.store.chdb_store import ChdbStore
from vedette.web.page import Page

log = logging.getLogger(__name__)

REQUESTS_GRACE_S = 3.0
"""Requests that run longer than this after the signal to stop are cancelled."""


class Server:
    """What runs between start and stop. Nothing here is global: a test may run two."""

    def __init__(
        self,
        settings: Settings,
        configuration: Configuration,
        store: ChdbStore,
        clock: Clock,
        web: WebConfig,
        stop: asyncio.Event,
        url: str,
        *,
        with_node: bool,
    ) -> None:
        self._settings = settings
        self._configuration = configuration
        self._store = store
        self._clock = clock
        self._web = web
        self._stop = stop
        self._readiness = Readiness.STARTING
        self._notices = Notices(clock)
        self._started_ms = clock.now_ms()
        self._scraping = ScrapeManager(
            store,
            clock,
            SYSTEM,
            configuration.current,
            limits=ingest_limits(settings, configuration.current),
            start_times=START_TIMES in settings.features,
            type_and_unit=TYPE_AND_UNIT in settings.features,
        )
        self._forwarding = ForwardingManager(
            store,
            clock,
            SYSTEM,
            settings.data / "remote_write",
            configuration.current,
            type_and_unit=TYPE_AND_UNIT in settings.features,
        )
        self._doors = Doors(
            store,
            clock,
            settings.data,
            features=settings.features,
            bring=lambda batches: store.import_samples(batches).samples,
        )
        self._doors.configure(configuration.current)
        self._insight = AlertInsight(settings, store, store.alert_history, clock)
        self._alerting = Alerting(settings, clock, url, self._insight)
        self._rules: RuleService | None = None
        exporter = NodeExporter(Host(textfile_directories=settings.textfile_directories))
        self._pages = {"/metrics": own_metrics} | ({NODE_PATH: exporter.page} if with_node else {})

    async def run(self, listener: socket.socket, own: OwnTarget, url: str) -> None:
        """Until a signal or POST /-/quit."""
        page = Page(route_prefix=self._settings.route_prefix)
        insight = await self._insight.prepare()
        await self._alerting.start()
        await self._insight.start(self._alerting, insight)
        engine = self._engine()
        rules = self._rules = self._rule_service(engine, url)
        self._insight.connect(rules, engine)
        services = self._services(engine, rules)
        routes = (
            *self._doors.routes(),
            *rule_config.routes(rules),
            *self._alerting.routes(services.build),
            *self._insight.routes(),
        )
        app = build_app(services, page, self._mounts(), routes)
        limits = HttpLimits()
        public = HttpServer(app, [listener], limits, self._web.tls_context())
        private = HttpServer(MetricsPages(self._pages), [bind_private(own.socket)], limits)
        self._reload_on_signal()
        for warning in (*self._settings.warnings, *feature_warnings(self._settings.features)):
            log.warning(warning)
        async with asyncio.TaskGroup() as tasks:
            servers = [tasks.create_task(server.serve()) for server in (public, private)]
            background = [
                tasks.create_task(watch_loop_lag(self._clock)),
                tasks.create_task(self._scraping.run()),
                tasks.create_task(self._forwarding.run()),
                tasks.create_task(self._doors.run()),
                tasks.create_task(self._alerting.run()),
                tasks.create_task(rules.run()),
                tasks.create_task(self._insight.run()),
            ]
            await public.started()
            self._readiness = Readiness.READY
            print(f"listening http {url}", flush=True)
            threading.Thread(target=load_dashboard_kernels, name="kernels", daemon=True).start()
            await self._stop.wait()
            log.info("stopping")
            self._readiness = Readiness.STOPPING
            self._notices.announce(SHUTTING_DOWN)
            self._notices.close()
            for task in reversed(background):
                task.cancel()
            for server in (public, private):
                server.stop()
            await asyncio.wait(servers, timeout=REQUESTS_GRACE_S)
            app.cancel_requests()
            await asyncio.wait(servers)
        app.close()
        await self._alerting.close()
        own.socket.unlink(missing_ok=True)

    def _engine(self) -> Engine:
        settings = self._settings
        options = engine_options(settings.features, self._configuration.current.common.evaluation_interval)
        return Engine(self._store, settings.queries, options, results_cache(settings.queries))

    def _rule_service(self, engine: Engine, url: str) -> RuleService:
        external_url = self._settings.external_url or url
        sinks = (self._alerting.shell,)
        others = self._insight.groups
        return RuleService(
            self._settings, self._configuration, self._store, engine, self._clock, external_url, sinks, others
        )

    def _services(self, engine: Engine, rules: RuleService) -> Services:
        settings = self._settings
        access = Access(
            passwords=self._web.passwords(),
            tenants=Tenants(settings.tenants),
            allowed_hosts=allowed_hosts(settings),
            cors_origin=settings.cors_origin,
            lifecycle_enabled=settings.enable_lifecycle,
            admin_enabled=settings.enable_admin_api,
            headers=self._web.http_server_config.headers,
        )
        return Services(
            store=self._store,
            engine=engine,
            targets=self._scraping.targets,
            rules=rules.manager,
            alertmanagers=rules.sender,
            config=self._configuration.view,
            runtime=self._runtime,
            readiness=lambda: self._readiness,
            reload=self.reload,
            quit=self._stop.set,
            administration=self._store,
            access=access,
            flags=settings.given,
            build=BuildInfo(vedette_version=vedette.__version__),
            clock=self._clock,
            query_limits=settings.queries,
            bulk_limits=settings.bulk,
            engine_options=engine.options,
            notices=self._notices,
            search_enabled=SEARCH in settings.features,
            per_step_stats=PER_STEP_STATS in settings.features,
            route_prefix=settings.route_prefix,
            external_path=settings.route_prefix,
        )

    def _mounts(self) -> dict[str, ASGIApp]:
        prefix = self._settings.route_prefix
        return {path: MetricsPages({prefix + path: page}) for path, page in self._pages.items() if path == NODE_PATH}

    async def reload(self) -> None:
        """All or nothing. Raises ConfigError; then the old configuration goes on."""
        try:
            insight = await self._insight.prepare()
            alerting = await self._alerting.prepare()
            config = await self._reread(alerting)
        except ConfigError:
            self._notices.announce(RELOAD_FAILED)
            raise
        self._notices.withdraw(RELOAD_FAILED)
        policy = self._configuration.policy
        await asyncio.to_thread(self._store.set_retention, retention(self._settings, config, policy))
        await asyncio.to_thread(self._store.set_series_limits, policy.limits)
        self._doors.configure(config)
        self._scraping.apply(config)
        self._forwarding.apply(config)
        await self._alerting.apply(alerting)
        await self._insight.apply(insight)
        if self._rules is not None:
            self._rules.apply()
        await self._scraping.settled()
        log.info("configuration reloaded", extra={"jobs": len(config.jobs)})

    async def _reread(self, alerting: Rules) -> PrometheusConfig:
        """The other half of the configuration; where it is wrong, what was prepared of the first is given up."""
        try:
            return await asyncio.to_thread(self._configuration.reload)
        except ConfigError:
            await alerting.close()
            raise

    def _runtime(self) -> RuntimeInfo:
        keep = retention(self._settings, self._configuration.current, self._configuration.policy)
        return RuntimeInfo(
            start_time_ms=self._started_ms,
            reload_succeeded=self._configuration.succeeded,
            last_config_time_ms=self._configuration.loaded_ms,
            storage_retention=format_duration(keep.keep_ms),
            corruptions=len(self._store.health().problems),
        )

    def _reload_on_signal(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(self._reload_and_log()))

    async def _reload_and_log(self) -> None:
        try:
            await self.reload()
        except ConfigError as error:
            log.error("the new configuration is wrong; the old one stays", extra={"error": str(error)})


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Names that a Host header may carry besides loopback's: those given, and that of the external URL."""
    external = urlsplit(settings.external_url).hostname
    return frozenset(host_name(host) for host in settings.allowed_hosts) | ({external} if external else set())
