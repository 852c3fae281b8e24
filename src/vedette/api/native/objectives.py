"""`/api/v1/slos`: objectives with what is left of their budgets; set, changed and deleted (docs/api_alerts.md, docs/slo.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import yaml

from vedette.alerting.rules.vectors import vector_of
from vedette.alerting.slo.budget import BudgetState, budget_states, state_query
from vedette.alerting.slo.burn_rates import burn_rates
from vedette.alerting.slo.catalog import Slo, SloCatalog
from vedette.alerting.slo.compiling import ALERT, compile_slo
from vedette.alerting.slo.sections import SLO_LABEL, SloSection, parse_slo
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import BODY_BYTES_MAX, seconds
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope
from vedette.api.requests import Request
from vedette.api.routing import DELETE, GET, POST, PUT, Api, Route
from vedette.api.services import Document
from vedette.intake.config.codec import write_section
from vedette.model.errors import BadInput
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import Labels
from vedette.model.time import format_duration
from vedette.ports.rules import GroupStatus
from vedette.ports.scan import Deadline

_STATES: Final = ("inactive", "pending", "firing")


def routes(catalog: SloCatalog) -> tuple[Route, ...]:
    door = _SloDoor(catalog)
    return (
        Route(GET, "/api/v1/slos", door.list),
        Route(POST, "/api/v1/slos/check", door.check),
        Route(GET, "/api/v1/slos/*/versions", door.versions),
        Route(GET, "/api/v1/slos/*/rules", door.rules),
        Route(GET, "/api/v1/slos/*", door.get),
        Route(PUT, "/api/v1/slos/*", door.put),
        Route(DELETE, "/api/v1/slos/*", door.delete),
    )


class _SloDoor:
    def __init__(self, catalog: SloCatalog) -> None:
        self._catalog = catalog

    async def list(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        slos, deadline = self._catalog.all(), api.new_deadline()

        def work() -> Answer:
            return envelope.success({"slos": [_describe(api, request, slo, deadline) for slo in slos]})

        return await api.queries.run(request, deadline, work)

    async def get(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        return await self._answer(api, request, self._catalog.get(request.path_values[0]))

    async def put(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        slo = await self._catalog.put(request.principal, request.path_values[0], await _text(request))
        return await self._answer(api, request, slo)

    async def delete(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        await self._catalog.delete(request.principal, request.path_values[0])
        return envelope.success({})

    async def versions(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        found = await self._catalog.versions(request.path_values[0])
        versions = [
            {
                "number": each.number,
                "time": seconds(each.time_ms),
                "user": each.user,
                "definition": msgspec.json.decode(each.content) if each.content else None,
            }
            for each in found
        ]
        return envelope.success({"versions": versions})

    async def rules(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        return envelope.success({"rules": _rules_text(self._catalog.get(request.path_values[0]).section)})

    async def check(self, api: Api, request: Request) -> Answer:
        section = parse_slo(await _text(request), "slo")
        return envelope.success({"definition": write_section(section), "rules": _rules_text(section)})

    async def _answer(self, api: Api, request: Request, slo: Slo) -> Answer:
        deadline = api.new_deadline()
        return await api.queries.run(
            request, deadline, lambda: envelope.success(_describe(api, request, slo, deadline))
        )


async def _text(request: Request) -> str:
    try:
        return (await request.body(BODY_BYTES_MAX)).decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8 at byte {error.start}") from None


def _rules_text(section: SloSection) -> str:
    groups = {"groups": [write_section(group) for group in compile_slo(section)]}
    return str(yaml.safe_dump(groups, sort_keys=False, allow_unicode=True, width=1 << 16))


def _describe(api: Api, request: Request, slo: Slo, deadline: Deadline) -> Document:
    section, services = slo.section, api.services
    answer = services.engine.instant(request.principal, state_query(section), services.clock.now_ms(), deadline)
    recorded = _floats(vector_of(answer.value).pairs())
    return {
        "definition": write_section(section),
        "source": "api" if slo.is_changeable else "file",
        "budget": float(section.budget),
        "groups": list(map(_describe_state, budget_states(section, recorded))),
        "alerts": _describe_alerts(section, services.rules.groups()),
    }


def _floats(pairs: Iterable[tuple[Labels, float | NativeHistogram]]) -> list[tuple[Labels, float]]:
    return [(labels, value) for labels, value in pairs if not isinstance(value, NativeHistogram)]


def _describe_state(state: BudgetState) -> Document:
    return {
        "labels": dict(state.labels.pairs),
        "errorRatios": state.error_ratios,
        "windowErrorRatio": state.window_error_ratio,
        "remaining": state.remaining,
        "burnRates": state.burn_rates,
        "exhaustedIn": state.exhausted_in_s,
    }


def _describe_alerts(section: SloSection, groups: Sequence[GroupStatus]) -> list[Document]:
    """The state of an alert is the highest of all groups of the SLO."""
    states: dict[str, str] = {}
    for group in groups:
        for rule in group.rules:
            for alert in rule.alerts if rule.name == ALERT else ():
                if alert.labels.get(SLO_LABEL) == section.name:
                    window = alert.labels.get("long_window")
                    states[window] = max(states.get(window, "inactive"), alert.state, key=_STATES.index)
    return [
        {
            "severity": section.page_severity if rate.watch.pages else section.ticket_severity,
            "longWindow": format_duration(rate.watch.long_ms),
            "shortWindow": format_duration(rate.watch.short_ms),
            "factor": float(rate.factor),
            "fraction": float(rate.watch.fraction),
            "state": states.get(format_duration(rate.watch.long_ms), "inactive"),
        }
        for rate in (burn_rates(section.window, section.budget) if section.alerting else ())
    ]
