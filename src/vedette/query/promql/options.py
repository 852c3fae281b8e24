"""What the engine may do; the defaults are the reference's without feature flags (`--enable-feature=`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.query.promql.parser import ParserOptions


@dataclass(frozen=True, slots=True)
class EngineOptions:
    parser: ParserOptions = field(default_factory=ParserOptions)
    delayed_name_removal: bool = False
    """Names go when the query is done, so that `label_replace(rate(x[5m]), ...)` still sees them."""
    type_and_unit_labels: bool = False
    """`__type__` says what is a counter, not the name's ending."""
    use_start_timestamps: bool = False
    """Start timestamps of samples tell of counter resets, and rates begin there."""
    subquery_step_ms: int = 60_000
    """The step of a subquery that names none (the global evaluation interval)."""
