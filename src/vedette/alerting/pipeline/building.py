"""From an alertmanager.yml to what the pipeline runs by. Receivers that no route uses are not built, as upstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vedette.alerting.alerts import Alert
from vedette.alerting.config import AlertmanagerConfig, render_config, route_spec, source_matchers, target_matchers
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.notification import Integration
from vedette.alerting.pipeline import metrics
from vedette.alerting.pipeline.core import IntegrationName, PipelineConfig, plain_route_labels
from vedette.alerting.pipeline.groups import Group
from vedette.alerting.pipeline.inhibition import InhibitRule
from vedette.alerting.pipeline.sending import IntegrationKey
from vedette.alerting.pipeline.shell import Rules
from vedette.alerting.routing.routes import Route, RouteSpec, build_routes
from vedette.model.labels import Labels

RouteLabels = Callable[[Group, Sequence[Alert], int], Labels]


def build_rules(
    config: AlertmanagerConfig,
    mode: MatcherMode,
    integrations: Mapping[str, Sequence[Integration]],
    route_labels: RouteLabels,
    first: Sequence[RouteSpec] = (),
) -> Rules:
    """`integrations`: of each receiver that a route uses (`used_receivers`), in their order. `first`: routes of no file, tried before its own."""
    names = {
        receiver: tuple(IntegrationName(each.kind, each.index, each.send_resolved) for each in built)
        for receiver, built in integrations.items()
    }
    pipeline = pipeline_config(config, mode, names, route_labels, first)
    by_key: dict[IntegrationKey, Integration] = {
        (receiver, each.kind, each.index): each for receiver, built in integrations.items() for each in built
    }
    metrics.RECEIVERS.set(len(integrations))
    metrics.INTEGRATIONS.set(len(by_key))
    metrics.INHIBITION_RULES.set(len(pipeline.inhibit_rules))
    return Rules(
        pipeline,
        by_key,
        config.common.resolve_timeout,
        {receiver.name: receiver.labels for receiver in config.receivers},
        render_config(config, our_kinds=False),
    )


def pipeline_config(
    config: AlertmanagerConfig,
    mode: MatcherMode,
    names: Mapping[str, Sequence[IntegrationName]],
    route_labels: RouteLabels = plain_route_labels,
    first: Sequence[RouteSpec] = (),
) -> PipelineConfig:
    return PipelineConfig(
        routing_tree(config, mode, first),
        names,
        tuple(
            InhibitRule(source_matchers(rule, mode), target_matchers(rule, mode), rule.equal, rule.name)
            for rule in config.inhibit_rules
        ),
        config.intervals(),
        route_labels,
    )


def routing_tree(config: AlertmanagerConfig, mode: MatcherMode, first: Sequence[RouteSpec] = ()) -> Route:
    spec = route_spec(config.root, mode)
    return build_routes(replace(spec, routes=(*first, *spec.routes)))


def used_receivers(route: Route) -> set[str]:
    return {each.options.receiver for each in route.walk()}
