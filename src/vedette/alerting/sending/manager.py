"""All other Alertmanagers of the configuration: discovered, each with its sender; alerts are relabelled and handed to all.

An AlertSink that never waits: what cannot be sent is dropped and counted. A set that is configured as before keeps its
senders and their queues through a reload. Source: Prometheus notifier/manager.go, notifier/alertmanagerset.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.alerting.alerts import Alert
from vedette.alerting.sending import metrics
from vedette.alerting.sending.sender import QUEUE_MAX, Sender
from vedette.alerting.sending.targets import FoundAlertmanagers, find_alertmanagers
from vedette.intake.aws.client import Poster, open_poster
from vedette.intake.config.alerting import AlertmanagerConfig
from vedette.intake.config.http import HttpClientConfig
from vedette.intake.config.sections import PrometheusConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.discovery.manager import DiscoveryManager
from vedette.intake.target import TargetGroup
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.signals.relabel import Rule, relabel

_LOG: Final = logging.getLogger(__name__)

DRAIN_S: Final = 5.0
"""At a shutdown, for what still waits."""


@dataclass(slots=True)
class AlertmanagerSet:
    config: AlertmanagerConfig
    scheme: ValidationScheme
    client: Poster
    queue_max: int
    found: FoundAlertmanagers = field(default_factory=FoundAlertmanagers)
    senders: dict[str, tuple[Sender, asyncio.Task[None]]] = field(default_factory=dict)

    def sync(self, groups: Sequence[TargetGroup]) -> None:
        self.found = find_alertmanagers(self.config, groups, self.scheme)
        for problem in self.found.problems:
            _LOG.error("alertmanagers %s: %s", self.config.job_name, problem)
        for url in [url for url in self.senders if url not in self.found.active]:
            self._end(url)
        for url in self.found.active:
            if url not in self.senders:
                sender = Sender(url, self.client, self.config.timeout / 1000, self.queue_max)
                self.senders[url] = sender, asyncio.create_task(sender.run(), name=f"alertmanager {url}")

    def send(self, alerts: Sequence[Alert]) -> None:
        chosen = relabel_alerts(alerts, self.config.alert_rules(self.scheme))
        if chosen:
            for sender, _ in self.senders.values():
                sender.add(chosen)

    async def stop(self) -> None:
        """What waits is sent first, as long as that takes no longer than DRAIN_S."""
        tasks = [task for _, task in self.senders.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(DRAIN_S):
                await asyncio.gather(*(sender.drain() for sender, _ in self.senders.values()))
        except TimeoutError:
            _LOG.warning("alertmanagers %s: not all alerts were sent before the stop", self.config.job_name)
        for url in list(self.senders):
            self._end(url)
        await self.client.close()

    def _end(self, url: str) -> None:
        self.senders.pop(url)[1].cancel()
        metrics.forget_alertmanager(url)


class AlertSender:
    """`apply` and `post` from the event loop's thread; `run` does the work. The `Alertmanagers` of the API."""

    def __init__(
        self,
        clock: Clock,
        config: PrometheusConfig,
        queue_max: int = QUEUE_MAX,
        make_client: Callable[[HttpClientConfig, SigV4Config | None], Poster] = open_poster,
    ) -> None:
        self._config = config
        self._make_client = make_client
        self._queue_max = queue_max
        self._changed = asyncio.Event()
        self._discovery = DiscoveryManager(clock, self._changed.set, "notify")
        self._sets: dict[str, AlertmanagerSet] = {}
        self._new_config = True
        metrics.QUEUE_CAPACITY.set(queue_max)

    def apply(self, config: PrometheusConfig) -> None:
        self._config = config
        self._new_config = True
        self._changed.set()

    async def post(self, principal: Principal, alerts: Sequence[Alert]) -> None:
        for each in self._sets.values():
            each.send(alerts)

    def label(self, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """With the external labels, after `alert_relabel_configs`: what every Alertmanager gets, ours too."""
        external = self._config.common.external_labels
        labelled = [_with_external(alert, external) for alert in alerts] if external else alerts
        return relabel_alerts(labelled, self._config.alerting.alert_rules(self._config.name_scheme))

    def active(self) -> Sequence[str]:
        return [url for each in list(self._sets.values()) for url in each.found.active]

    def dropped(self) -> Sequence[str]:
        return [url for each in list(self._sets.values()) for url in each.found.dropped]

    async def run(self) -> None:
        """Until cancelled."""
        self._changed.set()
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if self._new_config:
                    self._new_config = False
                    await self._reconcile()
                for name, groups in self._discovery.take_changes().items():
                    if name in self._sets:
                        self._sets[name].sync(groups)
                metrics.DISCOVERED.set(len(self.active()))
        finally:
            await self._discovery.stop()
            await asyncio.gather(*(each.stop() for each in self._sets.values()))

    async def _reconcile(self) -> None:
        scheme = self._config.name_scheme
        wanted = {config.job_name: config for config in self._config.alerting.sets}
        gone = [self._sets.pop(name) for name in list(self._sets) if self._differs(name, wanted, scheme)]
        await asyncio.gather(*(each.stop() for each in gone))
        fresh = [config for name, config in wanted.items() if name not in self._sets]
        self._sets = {name: self._sets.get(name) or self._build(config, scheme) for name, config in wanted.items()}
        # a set that is made anew must hear again what was found for it
        await self._discovery.apply([config for config in wanted.values() if config not in fresh])
        await self._discovery.apply(list(wanted.values()))

    def _build(self, config: AlertmanagerConfig, scheme: ValidationScheme) -> AlertmanagerSet:
        return AlertmanagerSet(config, scheme, self._make_client(config.http, config.sigv4), self._queue_max)

    def _differs(self, name: str, wanted: Mapping[str, AlertmanagerConfig], scheme: ValidationScheme) -> bool:
        return wanted.get(name) != self._sets[name].config or self._sets[name].scheme is not scheme


def relabel_alerts(alerts: Sequence[Alert], rules: Sequence[Rule]) -> Sequence[Alert]:
    """Without those that the rules drop."""
    if not rules:
        return alerts
    relabelled = ((alert, relabel(alert.labels, rules)) for alert in alerts)
    return [replace(alert, labels=labels) for alert, labels in relabelled if labels is not None]


def _with_external(alert: Alert, external: Mapping[str, str]) -> Alert:
    """External labels fill gaps; they replace nothing."""
    missing = {name: value for name, value in external.items() if not alert.labels.get(name)}
    return replace(alert, labels=Labels.of({**dict(alert.labels), **missing})) if missing else alert
