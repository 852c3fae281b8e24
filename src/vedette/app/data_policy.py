"""How long which samples are kept, how coarse, and how many series there may be: three sections of `vedette.yml`.

    retention:                              # the first rule that matches a series counts
      - match: '{__name__=~"kubelet_.*"}'   # a selector, or a list of them
        keep: 7d
      - match: '{__name__=~"slo:.*"}'
        keep: 2y
        rollups: {1h: 10y}                  # of these series; none by default
    rollups: {5m: 90d, 1h: 2y}              # of series that no rule matches; {} for none
    limits:
      series_per_tenant: 1000000            # series with a sample in the last hour; 0 or left out: no limit
      series_per_job: 200000
      tenants: {alpha: 50000}               # other numbers for one tenant, one job
      jobs: {noisy: 1000}

Read at start and at every reload, all or nothing. docs/retention.md explains what a change does to samples already stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from vedette.app.settings import POLICY_KEYS
from vedette.intake.config.yaml_nodes import Document, Node, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.limits import SeriesLimits
from vedette.model.time import parse_duration_ms
from vedette.query.promql.parser import parse_metric_selector
from vedette.store.retention import RetentionRule
from vedette.store.rollup_tables import RESOLUTIONS

T = TypeVar("T")

DEFAULT_ROLLUPS: Final = {"5m": parse_duration_ms("90d"), "1h": parse_duration_ms("2y")}
RULES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class DataPolicy:
    rules: tuple[RetentionRule, ...] = ()
    rollups: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_ROLLUPS))
    limits: SeriesLimits = field(default_factory=SeriesLimits)


def read_policy(file: Path | None) -> DataPolicy:
    """Of a vedette.yml; the defaults where there is none. Raises ConfigError with file, line and key."""
    if file is None:
        return DataPolicy()
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the file: {error}", file=str(file)) from None
    root = parse_yaml(text, Document(str(file), file.parent))
    if root is None or root.is_null:
        return DataPolicy()
    sections = {key.text(): node for key, node in root.fields() if key.text() in POLICY_KEYS and not node.is_null}
    policy = DataPolicy()
    return DataPolicy(
        _read_rules(sections["retention"]) if "retention" in sections else policy.rules,
        _read_rollups(sections["rollups"]) if "rollups" in sections else policy.rollups,
        _read_limits(sections["limits"]) if "limits" in sections else policy.limits,
    )


def _read_rules(section: Node) -> tuple[RetentionRule, ...]:
    nodes = section.items()
    if len(nodes) > RULES_MAX:
        raise section.error(f"more than {RULES_MAX} retention rules: {len(nodes)}")
    rules = tuple(rule for node in nodes for rule in _read_rule(node))
    seen: set[str] = set()
    for rule, node in zip(rules, nodes, strict=False):
        if rule.text in seen:
            raise node.error(f"a rule above matches the same series: {rule.text}", "the first rule that matches counts")
        seen.add(rule.text)
    return rules


def _read_rule(node: Node) -> tuple[RetentionRule, ...]:
    """One for each of its selectors."""
    known = _known(node, {"match", "keep", "rollups"})
    for key in ("match", "keep"):
        if key not in known:
            raise node.error(
                f"a retention rule needs `{key}`", "write for example {match: '{job=\"node\"}', keep: 30d}"
            )
    keep_ms = _located(known["keep"], _positive_duration)
    rollups = _read_rollups(known["rollups"]) if "rollups" in known else {}
    texts = [known["match"]] if _is_scalar(known["match"]) else known["match"].items()
    if not texts:
        raise known["match"].error("no selector is given")
    selectors = [
        _located(text, parse_metric_selector, 'write a selector, such as {__name__=~"kubelet_.*"}') for text in texts
    ]
    return tuple(RetentionRule(0, selector, keep_ms, rollups) for selector in selectors)


def _read_rollups(section: Node) -> dict[str, int]:
    names = [resolution.name for resolution in RESOLUTIONS]
    known = _known(section, set(names))
    return {name: _located(known[name], _positive_duration) for name in names if name in known}


def _read_limits(section: Node) -> SeriesLimits:
    known = _known(section, {"series_per_tenant", "series_per_job", "tenants", "jobs"})

    def number(key: str) -> int:
        return _located(known[key], _count) if key in known else 0

    def numbers(key: str) -> dict[str, int]:
        return {name.text(): _located(value, _count) for name, value in known[key].fields()} if key in known else {}

    return SeriesLimits(number("series_per_tenant"), number("series_per_job"), numbers("tenants"), numbers("jobs"))


def _known(node: Node, keys: set[str]) -> dict[str, Node]:
    found = {}
    for key, value in node.fields():
        if key.text() not in keys:
            raise key.error(f"unknown key `{key.text()}`", f"known are: {', '.join(sorted(keys))}")
        found[key.text()] = value
    return found


def _is_scalar(node: Node) -> bool:
    return isinstance(node.raw.value, str)


def _located(node: Node, parse: Callable[[str], T], hint: str = "") -> T:
    try:
        return parse(node.text())
    except ConfigError:
        raise
    except BadInput as error:
        raise node.error(error.message, error.hint or hint) from None


def _positive_duration(text: str) -> int:
    duration_ms = parse_duration_ms(text)
    if duration_ms <= 0:
        raise BadInput(f"must be longer than 0: {text}", hint="write for example 7d or 2y")
    return duration_ms


def _count(text: str) -> int:
    if not text.isdecimal():
        raise BadInput(f"not a whole number: {text}", hint="0 means no limit")
    return int(text)
