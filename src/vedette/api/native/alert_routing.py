"""`/api/v1/routing`: the routing tree of alerts as the pipeline runs it, and which way a label set takes through it.

GET  /api/v1/routing        {"route": ROUTE, "receivers": [{"name", "labels": {}, "integrations": ["webhook[0]"]}],
                             "inhibitRules": [{"name", "source": ["a=\\"b\\""], "target", "equal": ["cluster"]}]}
POST /api/v1/routing/test   a body {"labels": {"team": "db"}} is answered with {"paths": [PATH]}, at least one

ROUTE {"id", "receiver", "matchers": ["a=\\"b\\""], "continue", "groupBy": [], "groupWait", "groupInterval", "repeatInterval",
       "muteTimeIntervals": [], "activeTimeIntervals": [], "labels": {}, "routes": [ROUTE]}
PATH  {"ids": of the routes from the root to the one that takes it, "receiver", "groupKey", "groupLabels": {}}

What a route has from its parent is filled in; intervals are seconds; `groupBy` is `["..."]` where each label set is a group.
Receivers without a route are listed too, without integrations: they are not built.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from vedette.alerting.matchers.matcher import AlertMatcher
from vedette.alerting.pipeline.inhibition import InhibitRule
from vedette.alerting.pipeline.shell import Shell
from vedette.alerting.routing.routes import ALL_LABELS, Route, group_key
from vedette.api import routing
from vedette.api.answers import Answer
from vedette.api.prometheus import envelope
from vedette.api.requests import Request
from vedette.api.routing import GET, POST, Api
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.model.labels import Labels

LABELS_BYTES_MAX: Final = 64 << 10


class _Question(msgspec.Struct):
    labels: dict[str, str]


_decode: Final = msgspec.json.Decoder(_Question).decode


class RoutingTree:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def show(self, api: Api, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        pipeline, receivers = self._shell.rules.pipeline, self._shell.rules.receiver_labels
        return envelope.success(
            {
                "route": _describe_route(pipeline.route),
                "receivers": [
                    {
                        "name": name,
                        "labels": dict(labels),
                        "integrations": [f"{one.kind}[{one.place}]" for one in pipeline.receivers.get(name, ())],
                    }
                    for name, labels in receivers.items()
                ],
                "inhibitRules": [_describe_inhibition(rule) for rule in pipeline.inhibit_rules],
            }
        )

    async def test(self, api: Api, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        labels = _read_labels(await request.body(LABELS_BYTES_MAX))
        root = self._shell.rules.pipeline.route
        paths = [_describe_path(root, route, labels) for route in root.match(dict(labels.pairs))]
        return envelope.success({"paths": paths})


def routes(shell: Shell) -> tuple[routing.Route, ...]:
    tree = RoutingTree(shell)
    return (
        routing.Route(GET, "/api/v1/routing", tree.show),
        routing.Route(POST, "/api/v1/routing/test", tree.test),
    )


def _read_labels(body: bytes) -> Labels:
    """Raises BadInput."""
    try:
        return Labels.of(_decode(body).labels)
    except msgspec.DecodeError as error:
        raise BadInput(f"not a label set: {error}", hint='{"labels": {"team": "db"}}') from None


def _describe_route(route: Route) -> Document:
    options = route.options
    return {
        "id": route.index,
        "receiver": options.receiver,
        "matchers": _texts(route.matchers),
        "continue": route.continues,
        "groupBy": [ALL_LABELS] if options.group_by_all else sorted(options.group_by),
        "groupWait": options.group_wait_ms / 1000,
        "groupInterval": options.group_interval_ms / 1000,
        "repeatInterval": options.repeat_interval_ms / 1000,
        "muteTimeIntervals": list(options.mute_intervals),
        "activeTimeIntervals": list(options.active_intervals),
        "labels": dict(options.labels),
        "routes": [_describe_route(child) for child in route.routes],
    }


def _describe_path(root: Route, taken: Route, labels: Labels) -> Document:
    group_labels = taken.group_labels(labels)
    return {
        "ids": [route.index for route in _path_to(root, taken)],
        "receiver": taken.options.receiver,
        "groupKey": group_key(taken, group_labels),
        "groupLabels": dict(group_labels.pairs),
    }


def _path_to(route: Route, wanted: Route) -> list[Route]:
    """From this route to the wanted one; empty where it does not stand below."""
    if route is wanted:
        return [route]
    below = next(filter(None, (_path_to(child, wanted) for child in route.routes)), [])
    return [route, *below] if below else []


def _describe_inhibition(rule: InhibitRule) -> Document:
    return {
        "name": rule.name,
        "source": _texts(rule.source),
        "target": _texts(rule.target),
        "equal": list(rule.equal),
    }


def _texts(matchers: Iterable[AlertMatcher]) -> list[str]:
    return [str(matcher) for matcher in matchers]
