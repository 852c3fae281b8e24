"""The 37 scenarios of Alertmanager's acceptance suites: 19 timelines in virtual time, most of them against real processes too,
and 18 sequences of API calls and amtool commands against real servers."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from tests.alert_timelines import Timeline
from tests.alert_timelines_real import run_timelines
from tests.alert_timelines_virtual import run_timeline
from tests.conformance.alertmanager_steps import SCENARIOS, new_cast
from tests.conformance.alertmanager_timelines import TIMELINES
from tests.harness import Options, Outcome, Skipped, run_checks

VIRTUAL_ONLY = frozenset(
    {"MergeAlertsWithEndsAt", "EmptyInhibitionRule", "WebhookTimeout", "AddAlert (amtool)", "Reload"}
)
"""The others run on real sockets as well: a dozen with one server, two with three servers on PostgreSQL."""
AT_ONCE = 4


def run(options: Options) -> Iterable[Outcome]:
    with ExitStack() as stack:
        steps = run_checks("steps", SCENARIOS, new_cast(stack))
    wrong = {timeline.name: run_timeline(timeline) for timeline in TIMELINES}
    for name, misses in _run_really().items():
        wrong[name] += [f"on real sockets: {miss}" for miss in misses]
    total = len(SCENARIOS) + len(TIMELINES)
    outcome = Outcome("alertmanager-scenarios", steps.passed, total, excluded=0, failures=steps.failures)
    for name, misses in wrong.items():
        outcome.passed += not misses
        outcome.failures += [f"{name}: {miss}" for miss in misses]
    yield outcome


def _run_really() -> dict[str, list[str]]:
    """Half a second is what a timeline allows, and other work on the machine may take that: one that fails is played again, alone."""
    real = [timeline for timeline in TIMELINES if timeline.name not in VIRTUAL_ONLY]
    wrong = _play(real, AT_ONCE)
    again = [timeline for timeline in real if wrong.get(timeline.name)]
    return wrong | _play(again, 1)


def _play(real: list[Timeline], at_once: int) -> dict[str, list[str]]:
    try:
        return run_timelines(real, at_once)
    except Skipped as skipped:
        print(f"conformance alertmanager-scenarios: the cluster cases run in virtual time only: {skipped}", flush=True)
        return run_timelines([timeline for timeline in real if _is_alone(timeline)], at_once)


def _is_alone(timeline: Timeline) -> bool:
    return timeline.servers == 1
