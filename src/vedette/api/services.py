"""Everything that the outside is served from: ports and callables that `app` hands in. No endpoint reaches anything else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from vedette.api.notices import Notices
from vedette.api.security import Access
from vedette.model.limits import BulkReadLimits, HttpLimits, QueryLimits, ReceiveLimits
from vedette.ports.administration import Administration
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.rules import Alertmanagers, NoAlertmanagers, NoRules, Rules
from vedette.ports.scan import Deadline
from vedette.ports.store import Store
from vedette.ports.targets import Targets
from vedette.query.promql.engine import QueryResult
from vedette.query.promql.explaining import Explanation
from vedette.query.promql.options import EngineOptions


class Readiness(Enum):
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class QueryEngine(Protocol):
    """`vedette.query.promql.engine.Engine`, or what stands in for it in a test. Called from worker threads."""

    def instant(
        self,
        principal: Principal,
        query: str,
        time_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
        detailed_stats: bool = False,
        resolution_max_ms: int = 0,
    ) -> QueryResult: ...

    def range(
        self,
        principal: Principal,
        query: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
        detailed_stats: bool = False,
        use_kept: bool = True,
        resolution_max_ms: int = 0,
    ) -> QueryResult: ...

    def explain(
        self,
        principal: Principal,
        query: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
    ) -> Explanation: ...


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """`version` is the reference's (clients choose their features by it); `vedette_version` is ours."""

    version: str = "3.14.0"
    vedette_version: str = ""
    revision: str = ""
    branch: str = ""
    build_user: str = ""
    build_date: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeInfo:
    start_time_ms: int
    reload_succeeded: bool
    last_config_time_ms: int
    storage_retention: str = ""
    corruptions: int = 0


@dataclass(frozen=True, slots=True)
class ConfigView:
    """What may be shown of the configuration: `text` is YAML with every secret already replaced."""

    text: str
    external_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Services:
    store: Store
    engine: QueryEngine
    targets: Targets
    config: Callable[[], ConfigView]
    runtime: Callable[[], RuntimeInfo]
    readiness: Callable[[], Readiness]
    reload: Callable[[], Awaitable[None]]
    """Raises ConfigError; then the old configuration is still in force."""
    quit: Callable[[], None]
    administration: Administration | None = None
    """None: the store keeps nothing on a disk."""
    rules: Rules = field(default_factory=NoRules)
    alertmanagers: Alertmanagers = field(default_factory=NoAlertmanagers)
    access: Access = field(default_factory=Access)
    flags: Mapping[str, str] = field(default_factory=dict)
    build: BuildInfo = BuildInfo()
    clock: Clock = field(default_factory=SystemClock)
    query_limits: QueryLimits = field(default_factory=QueryLimits)
    http_limits: HttpLimits = field(default_factory=HttpLimits)
    receive_limits: ReceiveLimits = field(default_factory=ReceiveLimits)
    bulk_limits: BulkReadLimits = field(default_factory=BulkReadLimits)
    engine_options: EngineOptions = field(default_factory=EngineOptions)
    notices: Notices = field(default_factory=Notices)
    search_enabled: bool = False
    """--enable-feature=search-api"""
    per_step_stats: bool = False
    """--enable-feature=promql-per-step-stats"""
    route_prefix: str = ""
    """Path under which everything is served (--web.route-prefix), without a slash at its end."""
    external_path: str = ""
    """Path of --external-url, for redirects; without a slash at its end."""


Document = dict[str, Any]
