"""Metrics of rules, under the names that the public mixins read; and what becomes of a group's when it goes."""

from __future__ import annotations

import contextlib
from typing import Final

from vedette.model.telemetry import counter, gauge, histogram

_GROUP: Final = ("rule_group",)
_SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

EVALUATION_SECONDS: Final = histogram(
    "prometheus_rule_evaluation_duration_seconds", "Time to evaluate a rule.", buckets=_SECONDS
)
GROUP_SECONDS: Final = histogram(
    "prometheus_rule_group_duration_seconds", "Time to evaluate a rule group.", buckets=_SECONDS
)
MISSED: Final = counter(
    "prometheus_rule_group_iterations_missed",
    "Evaluations of a group left out because the one before took too long.",
    _GROUP,
)
SCHEDULED: Final = counter("prometheus_rule_group_iterations", "Evaluations of a group, done or missed.", _GROUP)
EVALUATIONS: Final = counter("prometheus_rule_evaluations", "Evaluations of rules.", _GROUP)
FAILURES: Final = counter("prometheus_rule_evaluation_failures", "Evaluations of rules that failed.", _GROUP)
INTERVAL: Final = gauge("prometheus_rule_group_interval_seconds", "How often a group is evaluated.", _GROUP)
LAST_TIME: Final = gauge(
    "prometheus_rule_group_last_evaluation_timestamp_seconds",
    "When a group was last evaluated, in seconds since 1970.",
    _GROUP,
)
LAST_SECONDS: Final = gauge("prometheus_rule_group_last_duration_seconds", "Time of a group's last evaluation.", _GROUP)
LAST_RULE_SECONDS: Final = gauge(
    "prometheus_rule_group_last_rule_duration_sum_seconds",
    "Time of all rules in a group's last evaluation: more than the group's where rules run side by side.",
    _GROUP,
)
LAST_RESTORE_SECONDS: Final = gauge(
    "prometheus_rule_group_last_restore_duration_seconds", "Time to read what alerts were before a restart.", _GROUP
)
RULES: Final = gauge("prometheus_rule_group_rules", "Rules of a group.", _GROUP)
SAMPLES: Final = gauge(
    "prometheus_rule_group_last_evaluation_samples", "Samples that a group's last evaluation gave.", _GROUP
)

_ALL: Final = (
    *(MISSED, SCHEDULED, EVALUATIONS, FAILURES, INTERVAL, LAST_TIME, LAST_SECONDS),
    *(LAST_RULE_SECONDS, LAST_RESTORE_SECONDS, RULES, SAMPLES),
)


def show_group(key: str, n_rules: int, interval_ms: int) -> None:
    """A group's series begin at zero, so that its first failure is seen as an increase."""
    for metric in _ALL:
        metric.labels(key)
    RULES.labels(key).set(n_rules)
    INTERVAL.labels(key).set(interval_ms / 1000)


def forget_group(key: str) -> None:
    for metric in _ALL:
        with contextlib.suppress(KeyError):
            metric.remove(key)
