"""Rules with their state, the alerts they raise, and the Alertmanagers these are sent to.

Rules write into the default tenant and are nobody else's to see. Source: prometheus web/api/v1/api.go (rules, alerts).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vedette.api.answers import Answer
from vedette.api.principals import owns_targets
from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.targets import format_time
from vedette.api.requests import Parameters, Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document
from vedette.model.matchers import Matcher, matches_all
from vedette.model.numbers import format_exponent
from vedette.model.quoting import quote
from vedette.ports.rules import AlertStatus, GroupStatus, RuleStatus

_INT32_MAX: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of the groups is asked for; empty means all."""

    kind: str
    names: frozenset[str]
    groups: frozenset[str]
    files: frozenset[str]
    selectors: Sequence[tuple[Matcher, ...]]
    with_alerts: bool

    def rules_of(self, group: GroupStatus) -> list[RuleStatus]:
        if (self.groups and group.name not in self.groups) or (self.files and group.file not in self.files):
            return []
        return [rule for rule in group.rules if self._takes(rule)]

    def _takes(self, rule: RuleStatus) -> bool:
        return (
            rule.kind.startswith(self.kind)
            and (not self.names or rule.name in self.names)
            and (not self.selectors or any(matches_all(matchers, rule.labels) for matchers in self.selectors))
        )


async def rules(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    owned = owns_targets(request.principal)

    def work() -> Answer:
        wanted = _wanted(given)
        limit, token = _page(given)
        groups = api.services.rules.groups() if owned else ()
        found = _from_token(groups, token) if limit and token else groups
        page, next_token = _cut(_shown(found, wanted), limit)
        data: Document = {"groups": [_describe_group(group, wanted) for group in page]}
        return envelope.success(data | ({"groupNextToken": next_token} if next_token else {}))

    return await api.look_up(request, work)


async def alerts(api: Api, request: Request) -> Answer:
    owned = owns_targets(request.principal)

    def work() -> Answer:
        groups = api.services.rules.groups() if owned else ()
        found = [alert for group in groups for rule in group.rules for alert in rule.alerts]
        return envelope.success({"alerts": [_describe_alert(alert) for alert in found]})

    return await api.look_up(request, work)


async def alertmanagers(api: Api, request: Request) -> Answer:
    known = api.services.alertmanagers
    active, dropped = (known.active(), known.dropped()) if owns_targets(request.principal) else ((), ())
    return envelope.success(
        {
            "activeAlertmanagers": [{"url": url} for url in active],
            "droppedAlertmanagers": [{"url": url} for url in dropped],
        }
    )


def _wanted(given: Parameters) -> _Wanted:
    """Raises BadInput in the reference's words."""
    selectors = parameters.selectors(given.all("match[]"))
    kind = given.get("type").lower()
    if kind not in ("", "alert", "record"):
        raise parameters.invalid("type", f"not supported value {quote(kind)}")
    names, groups, files = (frozenset(given.all(name)) for name in ("rule_name[]", "rule_group[]", "file[]"))
    return _Wanted(kind, names, groups, files, selectors, with_alerts=not _excludes_alerts(given))


def _excludes_alerts(given: Parameters) -> bool:
    text = given.get("exclude_alerts").lower()
    if text not in ("", "1", "t", "true", "0", "f", "false"):
        problem = f"error converting exclude_alerts: strconv.ParseBool: parsing {quote(text)}: invalid syntax"
        raise parameters.invalid("exclude_alerts", problem)
    return text in ("1", "t", "true")


def _page(given: Parameters) -> tuple[int, str]:
    """(groups of a page, 0: all; the group that it begins with)"""
    text, token = given.get("group_limit"), given.get("group_next_token")
    if not text:
        if token:
            problem = "group_limit needs to be present in order to paginate over the groups"
            raise parameters.invalid("group_next_token", problem)
        return 0, ""
    is_number = re.match(r"[+-]?[0-9]+\Z", text)
    if not is_number or abs(int(text)) > _INT32_MAX:
        reason = "value out of range" if is_number else "invalid syntax"
        problem = f"group_limit needs to be a valid number: strconv.ParseInt: parsing {quote(text)}: {reason}"
        raise parameters.invalid("group_limit", problem)
    if int(text) <= 0:
        raise parameters.invalid("group_limit", "group_limit needs to be greater than 0")
    return int(text), token


def _from_token(groups: Sequence[GroupStatus], token: str) -> Sequence[GroupStatus]:
    for place, group in enumerate(groups):
        if _token_of(group) == token:
            return groups[place:]
    problem = f"invalid group_next_token '{token}'. were rule groups changed?"
    raise parameters.invalid("group_next_token", problem)


def _shown(groups: Iterable[GroupStatus], wanted: _Wanted) -> Iterator[GroupStatus]:
    """With the wanted rules only, and without groups that have none."""
    for group in groups:
        if chosen := wanted.rules_of(group):
            yield replace(group, rules=chosen)


def _cut(groups: Iterator[GroupStatus], limit: int) -> tuple[list[GroupStatus], str]:
    """(the page, the token of the next one)"""
    page: list[GroupStatus] = []
    for group in groups:
        if limit and len(page) == limit:
            return page, _token_of(group)
        page.append(group)
    return page, ""


def _token_of(group: GroupStatus) -> str:
    return hashlib.sha256(f"{group.file};{group.name}".encode(errors="surrogateescape")).hexdigest()


def _describe_group(group: GroupStatus, wanted: _Wanted) -> Document:
    return {
        "name": group.name,
        "file": group.file,
        "rules": [_DESCRIBE[rule.kind](rule, wanted) for rule in group.rules],
        "interval": group.interval_ms / 1000,
        "limit": group.limit,
        "evaluationTime": group.evaluation_s,
        "lastEvaluation": format_time(group.last_evaluation_ms),
    }


def _describe_alerting(rule: RuleStatus, wanted: _Wanted) -> Document:
    return {
        "state": rule.state,
        "name": rule.name,
        "query": rule.query,
        "duration": rule.hold_ms / 1000,
        "keepFiringFor": rule.keep_firing_ms / 1000,
        "labels": dict(rule.labels.pairs),
        "annotations": dict(rule.annotations.pairs),
        "alerts": [_describe_alert(alert) for alert in rule.alerts] if wanted.with_alerts else None,
        **_describe_health(rule),
        "type": rule.kind,
    }


def _describe_recording(rule: RuleStatus, wanted: _Wanted) -> Document:
    return {
        "name": rule.name,
        "query": rule.query,
        "labels": dict(rule.labels.pairs),
        **_describe_health(rule),
        "type": rule.kind,
    }


_DESCRIBE: Final[dict[str, Callable[[RuleStatus, _Wanted], Document]]] = {
    "alerting": _describe_alerting,
    "recording": _describe_recording,
}


def _describe_health(rule: RuleStatus) -> dict[str, Any]:
    return {
        "health": rule.health,
        **({"lastError": rule.last_error} if rule.last_error else {}),
        "evaluationTime": rule.evaluation_s,
        "lastEvaluation": format_time(rule.last_evaluation_ms),
    }


def _describe_alert(alert: AlertStatus) -> Document:
    since_ms = alert.keep_firing_since_ms
    return {
        "labels": dict(alert.labels.pairs),
        "annotations": dict(alert.annotations.pairs),
        "state": alert.state,
        "activeAt": format_time(alert.active_at_ms),
        **({} if since_ms is None else {"keepFiringSince": format_time(since_ms)}),
        "value": format_exponent(alert.value),
    }


ROUTES = (
    Route(GET, "/api/v1/rules", rules),
    Route(GET, "/api/v1/alerts", alerts),
    Route(GET, "/api/v1/alertmanagers", alertmanagers),
)
