"""An SLO as it is declared, in YAML or JSON, and what is wrong with it.

slos:
  - name: checkout-availability
    objective: 99.9                       # percent of the events that must be good
    window: 30d
    indicator:
      events: {total: 'http_requests_total{app="checkout"}', bad: 'http_requests_total{app="checkout",code=~"5.."}'}
    group_by: [region]                    # a budget for each; none: one for all
  - name: checkout-latency
    objective: 99
    indicator:
      latency: {histogram: 'http_request_duration_seconds{app="checkout"}', threshold: 0.3}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from vedette.intake.config.codec import read_section
from vedette.intake.config.load import read_config_file
from vedette.intake.config.values import DurationMs
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.labels import is_classic_label_name
from vedette.model.time import format_duration
from vedette.query.promql.ast import VectorSelector
from vedette.query.promql.parser import parse_expr

SLO_LABEL: Final = "slo"
NAME_LENGTH_MAX: Final = 100
SLOS_MAX: Final = 1_000
DAY_MS: Final = 24 * 3600_000
WINDOW_MIN_MS: Final = DAY_MS
WINDOW_MAX_MS: Final = 90 * DAY_MS
DEFAULT_WINDOW: Final = DurationMs(30 * DAY_MS)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_RESERVED: Final = frozenset({SLO_LABEL, "__name__", "le", "severity", "alertname", "long_window"})


@dataclass(frozen=True, slots=True)
class EventsSection:
    """Selectors of counters; one of `good` and `bad`."""

    total: str = ""
    good: str = ""
    bad: str = ""

    def check(self) -> EventsSection:
        if not self.total or bool(self.good) == bool(self.bad):
            raise BadInput("an indicator of events has `total`, and either `good` or `bad`")
        for text in filter(None, (self.total, self.good, self.bad)):
            parse_counter(text)
        return self


@dataclass(frozen=True, slots=True)
class LatencySection:
    """Requests that take up to `threshold`, in the histogram's unit, are good."""

    histogram: str = ""
    threshold: float = 0.0
    native: bool = False

    def check(self) -> LatencySection:
        if not self.histogram or not 0 < self.threshold < float("inf"):
            raise BadInput("an indicator of latency has a `histogram` and a `threshold` above 0")
        if not parse_counter(self.histogram).name:
            raise BadInput(f"the histogram's name stands before the braces: {self.histogram}")
        return self


@dataclass(frozen=True, slots=True)
class IndicatorSection:
    events: EventsSection | None = None
    latency: LatencySection | None = None

    def check(self) -> IndicatorSection:
        if (self.events is None) == (self.latency is None):
            raise BadInput("an indicator has either `events` or `latency`")
        return self


@dataclass(frozen=True, slots=True)
class SloSection:
    """`labels` and `annotations` go on its alerts; severities are the values of their label `severity`."""

    TYPE = "slo"
    name: str = ""
    description: str = ""
    objective: float = 0.0
    window: DurationMs = DEFAULT_WINDOW
    indicator: IndicatorSection | None = None
    group_by: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    page_severity: str = "page"
    ticket_severity: str = "ticket"
    alerting: bool = field(default=True, metadata={"always": True})

    def check(self) -> SloSection:
        if not self.name:
            raise BadInput("an slo needs a name", hint="name: checkout-availability")
        if not self.objective:
            raise BadInput("an slo needs an objective", hint="objective: 99.9")
        if not _NAME.match(self.name) or len(self.name) > NAME_LENGTH_MAX:
            raise BadInput(f"a name has up to {NAME_LENGTH_MAX} letters, digits and . _ -: {self.name}")
        if not 0 < self.objective < 100:
            raise BadInput(f"the objective is a percentage between 0 and 100: {self.objective:g}")
        if not WINDOW_MIN_MS <= self.window <= WINDOW_MAX_MS or self.window % DAY_MS:
            raise BadInput(f"the window is a number of days from 1d to 90d: {format_duration(self.window)}")
        if self.indicator is None:
            raise BadInput("an slo needs an indicator", hint="indicator: {events: {total: ..., bad: ...}}")
        for name in (*self.group_by, *self.labels):
            if not is_classic_label_name(name) or name in _RESERVED:
                raise BadInput(f"not a label that an slo may set or group by: {name}")
        return self

    @property
    def budget(self) -> Decimal:
        """The part of the events that may be bad, exactly as the percentage was written."""
        return (100 - Decimal(repr(self.objective))) / 100


@dataclass(frozen=True, slots=True)
class SloFile:
    TYPE = "slos"
    slos: tuple[SloSection, ...] = ()

    def check(self) -> SloFile:
        if len(self.slos) > SLOS_MAX:
            raise BadInput(f"more than {SLOS_MAX} slos: {len(self.slos)}")
        seen: set[str] = set()
        for slo in self.slos:
            if slo.name in seen:
                raise BadInput(f"two slos have one name: {slo.name}")
            seen.add(slo.name)
        return self


def read_slo_file(path: Path) -> tuple[SloSection, ...]:
    """Raises ConfigError with file, line and key."""
    root = parse_yaml(read_config_file(path), Document(str(path), path.parent))
    return () if root is None or root.is_null else read_section(SloFile, root).slos


def parse_slo(text: str, name: str) -> SloSection:
    """One by itself, as it is sent over HTTP, in YAML or JSON; `name` stands in errors. Raises ConfigError."""
    root = parse_yaml(text, Document(name, Path()))
    if root is None or root.is_null:
        raise ConfigError("no slo in the body", file=name)
    return read_section(SloSection, root)


def parse_counter(text: str) -> VectorSelector:
    """A plain selector. Raises BadInput."""
    expr = parse_expr(text)
    if not isinstance(expr, VectorSelector) or expr.offset_ms or expr.offset_expr or expr.timestamp_ms is not None:
        raise BadInput(f'not a plain selector, such as requests_total{{job="a"}}: {text}')
    return expr
