"""Our own settings, merged from four places: command line, environment, `vedette.yml`, defaults (first one wins).

One naming rule: the flag `--web.route-prefix` is VEDETTE_WEB_ROUTE_PREFIX in the environment and `web_route_prefix` in
`vedette.yml`. `--config` takes a `prometheus.yml` itself, or a `vedette.yml` whose key `prometheus` names one (DESIGN D14).
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from vedette.api.principals import Tenancy
from vedette.app.arguments import DEFAULT_AGENT_LISTEN, DEFAULT_LISTEN, SERVER_FLAGS
from vedette.app.language import Language, choose_language
from vedette.app.values import (
    normal_prefix,
    parse_bytes,
    parse_bytes_from,
    parse_count,
    parse_listen,
    parse_log_format,
    parse_log_level,
    parse_pattern,
    parse_span_ms,
    parse_switch,
    parse_url,
)
from vedette.model.errors import BadInput, ConfigError
from vedette.model.limits import AlertLimits, BulkReadLimits, IngestLimits, QueryLimits
from vedette.model.time import parse_duration_ms

POLICY_KEYS: Final = frozenset({"retention", "rollups", "limits"})
"""Sections that data_policy.py reads, at start and at every reload."""
INSIGHT_KEYS: Final = frozenset({"slos", "deadman", "heartbeats"})
"""Sections that alert_insight.py reads, at start and at every reload."""
OWN_KEYS: Final = (
    frozenset({flag.key for flag in SERVER_FLAGS} - {"config"} | {"prometheus", "alertmanager", "tenants"})
    | POLICY_KEYS
    | INSIGHT_KEYS
)
HEAD_LEAST: Final = "16MB"
LATER_KEYS: Final = frozenset({"adapter", "loki", "rules"})
"""Keys that DESIGN D14 reserves for sections that are not built yet: they load with a warning."""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """How rules are evaluated and their alerts sent; the defaults are Prometheus'."""

    concurrent: int = 4
    resend_delay_ms: int = 60_000
    outage_tolerance_ms: int = 3_600_000
    queue_max: int = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    host: str
    port: int
    data: Path
    prometheus_file: Path | None
    own_file: Path | None
    external_url: str
    route_prefix: str
    web_config: Path | None
    allowed_hosts: tuple[str, ...]
    cors_origin: str
    enable_admin_api: bool
    enable_lifecycle: bool
    node_job: bool
    textfile_directories: tuple[Path, ...]
    retention_ms: int | None
    """None: as the configuration file says, else 15 days."""
    retention_bytes: int | None
    queries: QueryLimits
    ingest: IngestLimits
    bulk: BulkReadLimits
    rules: RuleSettings
    features: frozenset[str]
    alertmanager_file: Path | None
    control_database: str
    """The URL of a PostgreSQL; empty: a file in the data directory."""
    slo_file: Path | None
    alert_history_ms: int
    """How long the history of alerts is kept."""
    dispatch_start_delay_ms: int
    language: Language
    """Of the texts that we write into notifications."""
    log_level: str
    log_format: str
    tenants: Mapping[str, Tenancy]
    warnings: tuple[str, ...]
    given: Mapping[str, str] = field(default_factory=dict)
    """Every setting as text, for /api/v1/status/flags; names without the leading dashes."""


def read_settings(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises ConfigError or BadInput, naming the flag or the file's line."""
    config = (
        Path(arguments.config or environ.get("VEDETTE_CONFIG") or "")
        if arguments.config or environ.get("VEDETTE_CONFIG")
        else None
    )
    own, prometheus_file, own_file = read_own_file(config) if config else ({}, None, None)
    values = _Values(arguments, environ, own, own_file)
    host, port = values.read("listen", parse_listen, parse_listen(DEFAULT_LISTEN))
    external_url = values.read("external_url", parse_url, "")
    queries, ingest, bulk, rules = QueryLimits(), IngestLimits(), BulkReadLimits(), RuleSettings()
    return Settings(
        host=host,
        port=port,
        data=Path(values.text("data", "data")),
        prometheus_file=prometheus_file,
        own_file=own_file,
        external_url=external_url,
        route_prefix=normal_prefix(values.text("web_route_prefix", urlsplit(external_url).path)),
        web_config=values.read("web_config", Path, None),
        allowed_hosts=values.many("allowed_host"),
        cors_origin=values.read("cors_origin", parse_pattern, ""),
        enable_admin_api=values.switch("web_enable_admin_api"),
        enable_lifecycle=values.switch("web_enable_lifecycle"),
        node_job=not values.switch("no_node_job"),
        textfile_directories=values.folders("collector_textfile_directory"),
        retention_ms=values.read("storage_retention_time", parse_duration_ms, None),
        retention_bytes=values.read("storage_retention_size", parse_bytes, None),
        queries=QueryLimits(
            samples_max=values.read("query_max_samples", parse_count, queries.samples_max),
            timeout_ms=values.read("query_timeout", parse_span_ms, queries.timeout_ms),
            concurrency_max=values.read("query_max_concurrency", parse_count, queries.concurrency_max),
            lookback_ms=values.read("query_lookback_delta", parse_span_ms, queries.lookback_ms),
            results_bytes_max=values.read("query_results_cache", parse_bytes, queries.results_bytes_max),
            search_results_max=values.read("web_search_max_limit", parse_count, queries.search_results_max),
        ),
        ingest=IngestLimits(
            head_bytes_max=values.read("storage_head_bytes", parse_bytes_from(HEAD_LEAST), ingest.head_bytes_max)
        ),
        bulk=BulkReadLimits(
            samples_max=values.read("storage_remote_read_sample_limit", parse_count, bulk.samples_max),
            answers_max=values.read("storage_remote_read_concurrent_limit", parse_count, bulk.answers_max),
            frame_bytes_max=values.read("storage_remote_read_max_bytes_in_frame", parse_bytes, bulk.frame_bytes_max),
        ),
        rules=RuleSettings(
            concurrent=values.read("rules_max_concurrent_evals", parse_count, rules.concurrent),
            resend_delay_ms=values.read("rules_alert_resend_delay", parse_duration_ms, rules.resend_delay_ms),
            outage_tolerance_ms=values.read(
                "rules_alert_for_outage_tolerance", parse_duration_ms, rules.outage_tolerance_ms
            ),
            queue_max=values.read("alertmanager_notification_queue_capacity", parse_count, rules.queue_max),
        ),
        features=frozenset(
            name.strip() for text in values.many("enable_feature") for name in text.split(",") if name.strip()
        ),
        alertmanager_file=values.read("alertmanager_config", Path, _named_file(own, own_file, "alertmanager")),
        control_database=values.text("control_database", ""),
        slo_file=values.read("slo_file", Path, _named_file(own, own_file, "slos")),
        alert_history_ms=values.read("alerts_history_retention", parse_duration_ms, AlertLimits().history_ms),
        dispatch_start_delay_ms=values.read("alertmanager_dispatch_start_delay", parse_duration_ms, 0),
        language=choose_language(("--lang", arguments.lang) if getattr(arguments, "lang", None) else ()),
        log_level=values.read("log_level", parse_log_level, "info"),
        log_format=values.read("log_format", parse_log_format, "logfmt"),
        tenants=read_tenants(own.get("tenants") or {}, own_file),
        warnings=tuple(
            f"{own_file}: section `{key}` is not built yet and is ignored" for key in own if key in LATER_KEYS
        ),
        given=values.shown(),
    )


@dataclass(frozen=True, slots=True)
class AgentSettings:
    host: str
    port: int
    web_config: Path | None
    allowed_hosts: tuple[str, ...]
    textfile_directories: tuple[Path, ...]
    log_level: str
    log_format: str


def read_agent_settings(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> AgentSettings:
    """As `read_settings`, for the agent, which has no file."""
    values = _Values(arguments, environ, {}, None)
    host, port = values.read("listen", parse_listen, parse_listen(DEFAULT_AGENT_LISTEN))
    return AgentSettings(
        host=host,
        port=port,
        web_config=values.read("web_config", Path, None),
        allowed_hosts=values.many("allowed_host"),
        textfile_directories=values.folders("collector_textfile_directory"),
        log_level=values.read("log_level", parse_log_level, "info"),
        log_format=values.read("log_format", parse_log_format, "logfmt"),
    )


class _Values:
    """A setting by its key: from the command line, the environment, the file."""

    def __init__(
        self, arguments: argparse.Namespace, environ: Mapping[str, str], own: Mapping[str, Any], own_file: Path | None
    ) -> None:
        self._arguments, self._environ, self._own, self._own_file = vars(arguments), environ, own, own_file

    def raw(self, key: str) -> Any:
        if self._arguments.get(key) is not None:
            return self._arguments[key]
        return self._environ.get(f"VEDETTE_{key.upper()}") or self._own.get(key)

    def text(self, key: str, default: str) -> str:
        value = self.raw(key)
        return default if value is None else str(value)

    def many(self, key: str) -> tuple[str, ...]:
        value = self.raw(key) or ()
        return tuple(value.split(",")) if isinstance(value, str) else tuple(str(item) for item in value)

    def folders(self, key: str) -> tuple[Path, ...]:
        return tuple(Path(folder) for folder in self.many(key))

    def switch(self, key: str) -> bool:
        return bool(self.read(key, parse_switch, False))

    def read(self, key: str, parse: Callable[[str], Any], default: Any) -> Any:
        value = self.raw(key)
        if value is None:
            return default
        try:
            return parse(str(value))
        except BadInput as error:
            raise self._placed(key, error) from None

    def _placed(self, key: str, error: BadInput) -> BadInput:
        """The error with where the value stands, for whoever has to mend it."""
        variable = f"VEDETTE_{key.upper()}"
        if self._arguments.get(key) is not None:
            return BadInput(f"--{flag_name(key)}: {error.message}", hint=error.hint)
        if self._environ.get(variable) or self._own_file is None:
            return BadInput(f"{variable}: {error.message}", hint=error.hint)
        line = _key_lines(self._own_file.read_text()).get(key, 0)
        return ConfigError(error.message, file=str(self._own_file), line=line, key=key, hint=error.hint)

    def shown(self) -> dict[str, str]:
        shown = {}
        for flag in SERVER_FLAGS:
            value = self.raw(flag.key)
            shown[flag.name.removeprefix("--")] = (
                ",".join(value)
                if isinstance(value, list | tuple)
                else str(value).lower()
                if value in (True, False)
                else _PASSWORD.sub(r"\1<secret>@", str(value or ""))
            )
        return shown


_PASSWORD: Final = re.compile(r"(://[^:/@]*:)[^@/]*@")
"""Of a URL."""


def _named_file(own: Mapping[str, Any], own_file: Path | None, key: str) -> Path | None:
    """A file that `vedette.yml` names, relative to it."""
    return own_file.parent / str(own[key]) if own_file is not None and own.get(key) else None


def flag_name(key: str) -> str:
    return next((flag.name.removeprefix("--") for flag in SERVER_FLAGS if flag.key == key), key)


def read_own_file(path: Path) -> tuple[dict[str, Any], Path | None, Path | None]:
    """(our settings, the prometheus.yml, the vedette.yml). A file without one of our keys is a prometheus.yml."""
    try:
        text = path.read_text()
        document = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"cannot read the file: {error.strerror}", file=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}, path, None  # the reader of prometheus.yml says where and why
    if not isinstance(document, dict) or not (OWN_KEYS | LATER_KEYS) & document.keys():
        return {}, path, None
    for key in document:
        if key not in OWN_KEYS | LATER_KEYS:
            raise ConfigError(
                f"unknown setting `{key}`",
                file=str(path),
                line=_key_lines(text).get(str(key), 0),
                hint=_OF_PROMETHEUS if key in _PROMETHEUS_KEYS else f"known are: {', '.join(sorted(OWN_KEYS))}",
            )
    named = document.get("prometheus")
    return document, path.parent / str(named) if named else None, path


_PROMETHEUS_KEYS: Final = ("global", "scrape_configs", "rule_files", "alerting", "remote_write", "remote_read", "otlp")
_OF_PROMETHEUS: Final = "it belongs in a prometheus.yml, which this file names with `prometheus: FILE`"


def _key_lines(text: str) -> dict[str, int]:
    """The line of each setting of a file that is a mapping."""
    document = yaml.compose(text, yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)
    return {key.value: key.start_mark.line + 1 for key, _ in document.value}


def read_tenants(section: Any, file: Path | None) -> dict[str, Tenancy]:
    if not isinstance(section, dict):
        raise ConfigError("tenants must be a mapping of users", file=str(file), key="tenants")
    rules = {}
    for user, rule in section.items():
        if (
            not isinstance(rule, dict)
            or not isinstance(rule.get("tenant"), str)
            or rule.keys() - {"tenant", "may_name"}
        ):
            raise ConfigError(
                "each user needs {tenant: NAME, may_name: [NAME, ...]}", file=str(file), key=f"tenants.{user}"
            )
        rules[str(user)] = Tenancy(rule["tenant"], frozenset(str(name) for name in rule.get("may_name") or ()))
    return rules
