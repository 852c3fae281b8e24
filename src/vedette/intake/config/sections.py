"""The sections of `prometheus.yml` that are honoured: global, rule_files, scrape_configs, storage.tsdb, alerting, remote_write; the rest is kept as it is.

A `ScrapeConfig` as the file says it has gaps; `inherit` fills them from the global section, once, and checks the
result, so that what runs asks nobody. Source: Prometheus config/config.go, messages included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Self

from vedette.intake.config.alerting import NO_ALERTING, AlertingConfig
from vedette.intake.config.discovery import (
    UNBUILT_KINDS,
    DnsDiscovery,
    FileDiscovery,
    HttpDiscovery,
    StaticGroup,
    check_target_address,
)
from vedette.intake.config.foreign_discovery import check_discovery
from vedette.intake.config.foreign_sections import UNBUILT_SECTIONS, check_section
from vedette.intake.config.http import PLAIN_HTTP, HttpClientConfig
from vedette.intake.config.protocols import (
    check_protocol,
    check_protocols,
    escaping_scheme,
    inferred_escaping,
    validation_scheme,
)
from vedette.intake.config.relabelling import RelabelConfig
from vedette.intake.config.remote_write import RemoteWriteConfig, check_remotes
from vedette.intake.config.values import (
    NO_DURATION,
    NO_PATH,
    NO_SIZE,
    ByteSize,
    DurationMs,
    FilePath,
    format_size,
)
from vedette.model.errors import BadInput
from vedette.model.names import EscapingScheme, ValidationScheme, is_utf8
from vedette.model.quoting import quote
from vedette.signals.relabel import Rule
from vedette.wire.negotiation import DEFAULT_SCRAPE_PROTOCOLS, PROTO_FIRST_SCRAPE_PROTOCOLS

DEFAULT_INTERVAL: Final = DurationMs(60_000)
DEFAULT_TIMEOUT: Final = DurationMs(10_000)


@dataclass(frozen=True, slots=True)
class GlobalConfig:
    TYPE: ClassVar[str] = "config.plain"
    scrape_interval: DurationMs = DEFAULT_INTERVAL
    scrape_timeout: DurationMs = NO_DURATION
    scrape_protocols: tuple[str, ...] | None = None
    evaluation_interval: DurationMs = DEFAULT_INTERVAL
    rule_query_offset: DurationMs = NO_DURATION
    query_log_file: FilePath = NO_PATH
    scrape_failure_log_file: FilePath = NO_PATH
    external_labels: Mapping[str, str] = field(default_factory=dict)
    body_size_limit: ByteSize = NO_SIZE
    sample_limit: int = 0
    target_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    keep_dropped_targets: int = 0
    metric_name_validation_scheme: str = ""
    metric_name_escaping_scheme: str = ""
    scrape_native_histograms: bool | None = None
    convert_classic_histograms_to_nhcb: bool = False
    always_scrape_classic_histograms: bool = False
    extra_scrape_metrics: bool | None = None

    def check(self) -> Self:
        """With the defaults filled in."""
        scheme = validation_scheme(self.metric_name_validation_scheme) or ValidationScheme.UTF8
        for name, value in self.external_labels.items():
            if not scheme.allows_label_name(name):
                raise BadInput(f"{quote(name)} is not a valid label name")
            if not is_utf8(value):
                raise BadInput(f"{quote(value)} is not a valid label value")
        interval = self.scrape_interval or DEFAULT_INTERVAL
        if self.scrape_timeout > interval:
            raise BadInput("global scrape timeout greater than scrape interval")
        if self.scrape_protocols is not None:
            check_protocols(self.scrape_protocols, "for global config")
        return replace(
            self,
            scrape_interval=interval,
            scrape_timeout=self.scrape_timeout or min(DEFAULT_TIMEOUT, interval),
            evaluation_interval=self.evaluation_interval or DEFAULT_INTERVAL,
            metric_name_validation_scheme=scheme.value,
            scrape_native_histograms=bool(self.scrape_native_histograms),
            extra_scrape_metrics=bool(self.extra_scrape_metrics),
        )


DEFAULT_GLOBAL: Final = GlobalConfig().check()


@dataclass(frozen=True, slots=True)
class ScrapeConfig:
    TYPE: ClassVar[str] = "config.plain"
    job_name: str = field(default="", metadata={"always": True})
    honor_labels: bool = False
    honor_timestamps: bool = field(default=True, metadata={"always": True})
    track_timestamps_staleness: bool = field(default=False, metadata={"always": True})
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scrape_interval: DurationMs = NO_DURATION
    scrape_timeout: DurationMs = NO_DURATION
    scrape_protocols: tuple[str, ...] | None = None
    fallback_scrape_protocol: str = ""
    scrape_native_histograms: bool | None = None
    always_scrape_classic_histograms: bool | None = field(
        default=None, metadata={"formerly": "scrape_classic_histograms"}
    )
    convert_classic_histograms_to_nhcb: bool | None = None
    scrape_failure_log_file: FilePath = NO_PATH
    metrics_path: str = "/metrics"
    scheme: str = "http"
    enable_compression: bool = field(default=True, metadata={"always": True})
    body_size_limit: ByteSize = NO_SIZE
    sample_limit: int = 0
    target_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    native_histogram_bucket_limit: int = 0
    native_histogram_min_bucket_factor: float = 0.0
    keep_dropped_targets: int = 0
    metric_name_validation_scheme: str = ""
    metric_name_escaping_scheme: str = ""
    extra_scrape_metrics: bool | None = None
    http: HttpClientConfig = field(default=PLAIN_HTTP, metadata={"inline": True})
    static_configs: tuple[StaticGroup | None, ...] = ()
    file_sd_configs: tuple[FileDiscovery, ...] = ()
    http_sd_configs: tuple[HttpDiscovery, ...] = ()
    dns_sd_configs: tuple[DnsDiscovery, ...] = ()
    unbuilt: Mapping[str, Any] = field(
        default_factory=dict, metadata={"rest": UNBUILT_KINDS, "refuse": check_discovery}
    )
    relabel_configs: tuple[RelabelConfig | None, ...] = ()
    metric_relabel_configs: tuple[RelabelConfig | None, ...] = ()

    def check(self) -> Self:
        if not self.job_name:
            raise BadInput("job_name is empty")
        if None in self.static_configs:
            raise BadInput("empty or null section in static_configs")
        if None in self.relabel_configs:
            raise BadInput("empty or null target relabeling rule in scrape config")
        if None in self.metric_relabel_configs:
            raise BadInput("empty or null metric relabeling rule in scrape config")
        if not self.relabel_configs:
            for address in (target for group in self.static_configs if group for target in group.targets):
                check_target_address(address)
        return replace(self, http=self.http.check())

    def inherit(self, common: GlobalConfig) -> ScrapeConfig:
        """With every gap filled from the global section. Raises BadInput where the result is not sound."""
        job = f"for scrape config with job name {quote(self.job_name)}"
        interval = self.scrape_interval or common.scrape_interval
        if self.scrape_timeout > interval:
            raise BadInput(f"scrape timeout greater than scrape interval {job}")
        filled = replace(self, **{name: getattr(self, name) or getattr(common, name) for name in _INHERITED})
        filled = replace(filled, **{name: _first(getattr(self, name), getattr(common, name)) for name in _OPTIONAL})
        filled = replace(
            filled,
            scrape_interval=interval,
            scrape_timeout=self.scrape_timeout or min(common.scrape_timeout, interval),
            scrape_protocols=_first(self.scrape_protocols, common.scrape_protocols, filled._default_protocols()),
            **_inherited_names(self, common),
        )
        check_protocols(filled.protocols, job)
        if self.fallback_scrape_protocol:
            try:
                check_protocol(self.fallback_scrape_protocol)
            except BadInput as error:
                raise BadInput(f"invalid fallback_scrape_protocol {job}: {error.message}") from None
        filled.target_rules()
        filled.metric_rules()
        return filled

    def _default_protocols(self) -> tuple[str, ...]:
        return PROTO_FIRST_SCRAPE_PROTOCOLS if self.scrape_native_histograms else DEFAULT_SCRAPE_PROTOCOLS

    @property
    def protocols(self) -> tuple[str, ...]:
        return self.scrape_protocols or ()

    @property
    def name_scheme(self) -> ValidationScheme:
        return ValidationScheme(self.metric_name_validation_scheme)

    @property
    def escaping(self) -> EscapingScheme:
        return EscapingScheme(self.metric_name_escaping_scheme)

    def target_rules(self) -> tuple[Rule, ...]:
        return tuple(config.rule(self.name_scheme) for config in self.relabel_configs if config)

    def metric_rules(self) -> tuple[Rule, ...]:
        return tuple(config.rule(self.name_scheme) for config in self.metric_relabel_configs if config)


_INHERITED: Final = (
    "body_size_limit",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "keep_dropped_targets",
    "scrape_failure_log_file",
)
"""Taken from the global section when zero or empty."""

_OPTIONAL: Final = (
    "scrape_native_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "extra_scrape_metrics",
)
"""Taken from the global section when not said; false is said."""


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _inherited_names(job: ScrapeConfig, common: GlobalConfig) -> dict[str, Any]:
    """A job that only says `legacy` does not inherit the global escaping, which would contradict it."""
    common_scheme = ValidationScheme(common.metric_name_validation_scheme)
    common_escaping = escaping_scheme(common.metric_name_escaping_scheme, "global") or inferred_escaping(common_scheme)
    own_scheme = validation_scheme(job.metric_name_validation_scheme)
    scheme = own_scheme or common_scheme
    escaping = escaping_scheme(job.metric_name_escaping_scheme, "scrape config")
    if escaping is None:
        escaping = inferred_escaping(own_scheme) if own_scheme else common_escaping
    if escaping is EscapingScheme.ALLOW_UTF8 and scheme is not ValidationScheme.UTF8:
        raise BadInput("utf8 metric names requested but validation scheme is not set to UTF8")
    return {"metric_name_validation_scheme": scheme.value, "metric_name_escaping_scheme": escaping.value}


@dataclass(frozen=True, slots=True)
class Retention:
    TYPE: ClassVar[str] = "config.plain"
    time: DurationMs = NO_DURATION
    size: ByteSize = NO_SIZE
    percentage: float = 0.0

    def check(self) -> Self:
        where = "storage.tsdb.retention"
        if self.size < 0:
            raise BadInput(f"'{where}.size' must be greater than or equal to 0, got {format_size(self.size)}")
        if not 0 <= self.percentage <= 100:
            raise BadInput(f"'{where}.percentage' must be in the range [0, 100], got {self.percentage:g}")
        return self


@dataclass(frozen=True, slots=True)
class ChunkEncoding:
    TYPE: ClassVar[str] = "config.ChunkEncodingConfig"
    floats: str = ""


NO_RETENTION: Final = Retention()
DEFAULT_ENCODING: Final = ChunkEncoding()


@dataclass(frozen=True, slots=True)
class TsdbConfig:
    TYPE: ClassVar[str] = "config.plain"
    out_of_order_time_window: DurationMs | None = None
    stale_series_compaction_threshold: float = 0.0
    chunk_encoding: ChunkEncoding = DEFAULT_ENCODING
    retention: Retention = NO_RETENTION

    def check(self) -> Self:
        if self.chunk_encoding.floats not in ("", "xor", "xor2"):
            raise BadInput(
                "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, "
                f"got {quote(self.chunk_encoding.floats)}"
            )
        return self


@dataclass(frozen=True, slots=True)
class ExemplarsConfig:
    TYPE: ClassVar[str] = "config.ExemplarsConfig"
    max_exemplars: int = 0


DEFAULT_TSDB: Final = TsdbConfig()
DEFAULT_EXEMPLARS: Final = ExemplarsConfig()


@dataclass(frozen=True, slots=True)
class StorageConfig:
    TYPE: ClassVar[str] = "config.StorageConfig"
    tsdb: TsdbConfig = DEFAULT_TSDB
    exemplars: ExemplarsConfig = DEFAULT_EXEMPLARS


DEFAULT_STORAGE: Final = StorageConfig()


@dataclass(frozen=True, slots=True)
class PrometheusConfig:
    """`jobs` are the scrape configs that run: those of the file and of `scrape_config_files`, gaps filled."""

    TYPE: ClassVar[str] = "config.plain"
    common: GlobalConfig = field(default=DEFAULT_GLOBAL, metadata={"key": "global", "always": True})
    rule_files: tuple[FilePath, ...] = ()
    scrape_config_files: tuple[FilePath, ...] = ()
    scrape_configs: tuple[ScrapeConfig | None, ...] = ()
    storage: StorageConfig = DEFAULT_STORAGE
    alerting: AlertingConfig = NO_ALERTING
    remote_write: tuple[RemoteWriteConfig | None, ...] = ()
    unbuilt: Mapping[str, Any] = field(
        default_factory=dict, metadata={"rest": UNBUILT_SECTIONS, "refuse": check_section}
    )
    jobs: tuple[ScrapeConfig, ...] = field(default=(), metadata={"hidden": True})
    warnings: tuple[str, ...] = field(default=(), metadata={"hidden": True})

    def check(self) -> Self:
        check_remotes(self.remote_write)
        self.alerting.check_rules(self.name_scheme)
        return self

    @property
    def remotes(self) -> tuple[RemoteWriteConfig, ...]:
        """The remotes that are written to."""
        return tuple(remote for remote in self.remote_write if remote and not remote.unbuilt)

    @property
    def name_scheme(self) -> ValidationScheme:
        return ValidationScheme(self.common.metric_name_validation_scheme)
