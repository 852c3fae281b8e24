"""What rules are evaluated in: the query engine, the store, what templates see, and the limits. One for all groups of a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

from vedette.alerting.rules.expansion import Surroundings
from vedette.alerting.rules.vectors import Vector, vector_of
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline
from vedette.ports.store import Store
from vedette.query.promql.engine import QueryResult
from vedette.query.promql.parsed import ParsedQuery

RESEND_DELAY_MS: Final = 60_000
"""An alert that goes on firing is sent again after so long (--rules.alert.resend-delay)."""
OUTAGE_TOLERANCE_MS: Final = 3_600_000
"""After a longer outage `for` begins anew (--rules.alert.for-outage-tolerance)."""
LOOKBACK_MS: Final = 300_000


class InstantQueries(Protocol):
    """`vedette.query.promql.engine.Engine`, as far as rules need it."""

    def instant(
        self, principal: Principal, query: str | ParsedQuery, time_ms: int, deadline: Deadline
    ) -> QueryResult: ...


@dataclass(frozen=True)
class RuleEnvironment:
    """Immutable: a reload makes another one. `external_url` without a slash at its end."""

    store: Store
    engine: InstantQueries
    principal: Principal
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    query_offset_ms: int = 0
    """Of groups that name none (global.rule_query_offset)."""
    timeout_s: float = 120.0
    resend_delay_ms: int = RESEND_DELAY_MS
    outage_tolerance_ms: int = OUTAGE_TOLERANCE_MS
    lookback_ms: int = LOOKBACK_MS
    clock: Clock = field(default_factory=SystemClock)

    def ask(self, query: str | ParsedQuery, time_ms: int) -> Vector:
        """Raises what the engine raises."""
        return vector_of(self.engine.instant(self.principal, query, time_ms, Deadline(self.timeout_s)).value)

    @cached_property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.ask, self.external_labels, self.external_url)
