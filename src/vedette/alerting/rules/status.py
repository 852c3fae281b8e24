"""A group as the API shows it."""

from __future__ import annotations

from dataclasses import replace

from vedette.alerting.rules.alert_states import NEVER, ActiveAlert
from vedette.alerting.rules.alerting import AlertingRule
from vedette.alerting.rules.groups import Rule, RuleGroup
from vedette.ports.rules import AlertStatus, GroupStatus, RuleStatus


def describe_group(group: RuleGroup) -> GroupStatus:
    definition, times = group.definition, group.times
    return GroupStatus(
        definition.name,
        definition.file,
        definition.interval_ms,
        definition.limit,
        [_describe_rule(rule) for rule in group.rules],
        times.seconds,
        times.evaluated_at_ms,
    )


def _describe_rule(rule: Rule) -> RuleStatus:
    definition, health = rule.definition, rule.health
    common = RuleStatus(
        definition.kind.value,
        definition.name,
        definition.query.text,
        definition.labels,
        health.state,
        health.last_error,
        health.seconds,
        health.evaluated_at_ms,
        hold_ms=definition.hold_ms,
        keep_firing_ms=definition.keep_firing_ms,
        annotations=definition.annotations,
    )
    if not isinstance(rule, AlertingRule):
        return common
    alerts = [_describe_alert(alert) for alert in rule.states.snapshot()]
    return replace(common, state=rule.state.text, alerts=alerts)


def _describe_alert(alert: ActiveAlert) -> AlertStatus:
    since_ms = alert.keep_firing_since_ms
    return AlertStatus(
        alert.labels,
        alert.annotations,
        alert.state.text,
        alert.active_at_ms,
        alert.value,
        None if since_ms == NEVER else since_ms,
    )
