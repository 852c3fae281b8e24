"""The operations of API v2 and their paths."""

from __future__ import annotations

from functools import partial

from vedette.alerting.pipeline.shell import Shell
from vedette.api.alertmanager.answers import answer, check_media_type, empty, format_time, guarded
from vedette.api.alertmanager.filters import passes, receiver_matchers
from vedette.api.alertmanager.posted_alerts import AlertDoor, SharedPairs
from vedette.api.alertmanager.reading_alerts import AlertReader
from vedette.api.alertmanager.silences import SilenceDoor
from vedette.api.answers import Answer
from vedette.api.requests import Request
from vedette.api.routing import DELETE, GET, POST, Api, Route
from vedette.api.services import BuildInfo
from vedette.model.errors import BadInput
from vedette.ports.clock import Clock

REFERENCE_VERSION = "0.34.0"
"""What clients choose their features by."""


def routes(shell: Shell, clock: Clock, build: BuildInfo) -> tuple[Route, ...]:
    reader, silences = AlertReader(shell), SilenceDoor(shell)
    general = _General(shell, clock, build)
    return (
        Route(GET, "/api/v2/status", guarded(general.status)),
        Route(GET, "/api/v2/receivers", guarded(general.receivers)),
        Route(GET, "/api/v2/alerts", guarded(reader.alerts)),
        Route(POST, "/api/v2/alerts", _Posting(shell, clock).post),
        Route(GET, "/api/v2/alerts/groups", guarded(reader.groups)),
        Route(GET, "/api/v2/silences", guarded(silences.list)),
        Route(POST, "/api/v2/silences", guarded(silences.post)),
        Route(GET, "/api/v2/silence/*", guarded(silences.get)),
        Route(DELETE, "/api/v2/silence/*", guarded(silences.delete)),
    )


class _Posting:
    """Bodies are decoded by worker threads: a storm of alerts is tens of megabytes."""

    def __init__(self, shell: Shell, clock: Clock) -> None:
        self._shell = shell
        self._clock = clock
        self._shared = SharedPairs()

    async def post(self, api: Api, request: Request) -> Answer:
        return await guarded(partial(self._post, api))(api, request)

    async def _post(self, api: Api, request: Request) -> Answer:
        shell = self._shell
        check_media_type(request)
        shell.check_tenant(request.principal)
        body = await request.body(shell.limits.body_bytes_max)
        door = AlertDoor(shell.mode, shell.limits, shell.rules.resolve_timeout_ms, self._shared)
        work = partial(door.take_in, body, self._clock.now_ms())
        intake = await api.writes.run(request, api.new_deadline(), work)
        intake.count()
        await shell.post(request.principal, intake.alerts)
        if intake.refusals:
            raise BadInput("\n".join(intake.refusals[: api.services.receive_limits.errors_shown_max]))
        return empty()


class _General:
    def __init__(self, shell: Shell, clock: Clock, build: BuildInfo) -> None:
        self._shell = shell
        self._build = build
        self._started_ms = clock.now_ms()

    async def status(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        build = self._build
        return answer(
            {
                "cluster": await self._cluster(),
                "config": {"original": self._shell.rules.text},
                "uptime": format_time(self._started_ms),
                "versionInfo": {
                    "branch": build.branch,
                    "buildDate": build.build_date,
                    "buildUser": build.build_user,
                    "goVersion": "",
                    "revision": build.revision,
                    "version": REFERENCE_VERSION,
                    "application": f"Vedette {build.vedette_version}".strip(),
                },
            }
        )

    async def _cluster(self) -> dict[str, object]:
        """There is no gossip: servers that share a control database are peers, and the one that leads says so in its name."""
        members = await self._shell.members()
        if not members:
            return {"status": "disabled", "peers": []}
        peers = [
            {"name": f"{member.name}{' (notifies)' if member.leads else ''}", "address": member.address}
            for member in members
        ]
        has_leader = any(member.leads for member in members)
        return {"name": self._shell.name, "status": "ready" if has_leader else "settling", "peers": peers}

    async def receivers(self, request: Request) -> Answer:
        self._shell.check_tenant(request.principal)
        matchers = receiver_matchers(await request.parameters(), self._shell.mode)
        labels = self._shell.rules.receiver_labels
        return answer([{"labels": dict(own), "name": name} for name, own in labels.items() if passes(matchers, own)])
