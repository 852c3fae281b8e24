"""The four cases of prometheus/compliance's alert generator, in virtual time: states, ALERTS series and messages at every evaluation.

Rules are the project's own (conformance/alertmanager/alert_generator/rules.yaml); input series and when states change are
restated here from its cases (alert_generator/cases). A case counts samples, 15 s apart; groups are evaluated every 30 s, at an offset that
a case is run with several of. What is seen first at sample i is seen by the first evaluation at or after it, so
nothing needs a tolerance. Where its specification and Prometheus 3.14 differ, Prometheus holds: a message is sent again when
more than a minute has passed, which is every 90 s here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.harness import Options, Outcome
from tests.settings import conformance
from vedette.alerting.alerts import Alert
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.file_format import RuleDialect
from vedette.alerting.rules.groups import RuleGroup
from vedette.alerting.rules.loading import load_groups
from vedette.alerting.rules.status import describe_group
from vedette.alerting.rules.testing.loading import SeriesFeed
from vedette.alerting.rules.testing.sections import InputSeries
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.query.promql.engine import Engine
from vedette.store.memory import MemoryStore

SAMPLE_MS: Final = 15_000
INTERVAL_MS: Final = 30_000
ZERO_MS: Final = 1_700_000_000_000
RESENT_MS: Final = 90_000
RETAINED_MS: Final = 15 * 60_000
ENDS_AFTER_MS: Final = 4 * 60_000
OFFSETS_MS: Final = (0, 1, 7_300, 14_999, 15_000, 22_000, 29_999)
METRIC: Final = "alert_generator_test_suite"


@dataclass(frozen=True, slots=True)
class Phase:
    """From one sample to before another the alert is in a state, active since a third."""

    first: int
    end: int
    state: str
    since: int
    value: float
    annotations: Mapping[str, str]
    fired: int = 0
    """The sample of which it fires."""


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    labels: Mapping[str, str]
    phases: Sequence[Phase]


@dataclass(frozen=True, slots=True)
class Case:
    """`inputs`: labels beside the metric's, and runs of (value, how many samples)."""

    group: str
    inputs: Sequence[tuple[Mapping[str, str], Sequence[tuple[float, int]]]]
    n_samples: int
    alerts: Sequence[ExpectedAlert] = field(default_factory=tuple)


def simple_case() -> Case:
    """Pending, firing with another value, resolved, pending again while the resolved one is still sent, firing, resolved."""
    group, name = "PendingAndFiringAndResolved", "PendingAndFiringAndResolved_SimpleAlert"
    runs = [(3, 1), (5, 3), (9, 4), (11, 13), (15, 32), (19, 16), (9, 20), (15, 45), (8, 16)]

    def phase(first: int, end: int, state: str, since: int, value: int, fired: int = 0) -> Phase:
        annotations = {"description": "SimpleAlert is firing", "summary": f"The value is {value} {value}"}
        return Phase(first, end, state, since, value, annotations, fired)

    phases = (
        phase(8, 21, "pending", 8, 11),
        phase(21, 32, "pending", 8, 15),
        phase(32, 53, "firing", 8, 15, 32),
        phase(53, 69, "firing", 8, 19, 32),
        phase(89, 113, "pending", 89, 15),
        phase(113, 134, "firing", 89, 15, 113),
    )
    alert = ExpectedAlert({"alertname": name, "foo": "bar", "rulegroup": group}, phases)
    return Case(group, [({"rulegroup": group, "alertname": name}, runs)], 200, [alert])


def pending_case() -> Case:
    """Pending and resolved before it fires; a second rule that is never active. Nothing is sent."""
    group = "PendingAndResolved_AlwaysInactive"
    runs = [(3, 1), (5, 3), (9, 4), (11, 11), (9, 1)]
    inputs = [({"rulegroup": group, "alertname": f"{group}_{kind}Alert"}, runs) for kind in ("Pending", "Inactive")]
    phases = (Phase(8, 19, "pending", 8, 11, {"description": "SimpleAlert is firing"}),)
    alert = ExpectedAlert({"alertname": f"{group}_PendingAlert", "foo": "bar", "rulegroup": group}, phases)
    return Case(group, inputs, 60, [alert])


def zero_case() -> Case:
    """No `for`: firing at once; a `for` shorter than the interval: at the second evaluation. Templates, and one that queries."""
    group = "ZeroFor_SmallFor"
    runs = [(3, 1), (5, 3), (9, 4), (15, 13), (9, 72), (11, 13), (9, 1)]
    inputs: list[tuple[Mapping[str, str], Sequence[tuple[float, int]]]] = [
        ({"rulegroup": group, "alertname": f"{group}_{kind}For"}, runs) for kind in ("Zero", "Small")
    ]
    for i in (1, 2, 3):
        labels = {"rulegroup": group, "for": "template", "id": str(100 + i), "__value__": f"val{i}"}
        inputs.append((labels, [(i, 28), (2 * i, 201)]))

    def zero(first: int, end: int, value: float, listed: str) -> Phase:
        annotations = {
            "description": "This should immediately fire",
            "template_test": "1.049M 1Mi 2m 15s 95.9% 2022-01-25 12:36:43 +0000 UTC",
            "template_query_test": f"Args are: foo bar 99. first_id:101,{listed},",
        }
        return Phase(first, end, "firing", first, value, annotations, first)

    small = {
        "description": "This should fire after an interval",
        "template_test": "This Part IS TESTING the strings. ::1 127.0.0.1. 7815. replaced text. .",
    }
    alerts = (
        ExpectedAlert(
            {"alertname": f"{group}_ZeroFor", "foo": "bar", "rulegroup": group},
            (zero(8, 21, 15, "101:1,102:2,103:3"), zero(93, 106, 11, "101:2,102:4,103:6")),
        ),
        ExpectedAlert(
            {"alertname": f"{group}_SmallFor", "ba_dum": "tss", "rulegroup": group},
            (Phase(8, 10, "pending", 8, 15, small), Phase(10, 21, "firing", 8, 15, small, 10)),
        ),
    )
    return Case(group, inputs, 170, alerts)


def order_case() -> Case:
    """A second series joins while the first fires; a rule that reads the ALERTS of the rule before it."""
    group, first, second = ("NewAlerts_OrderCheck", *(f"NewAlerts_OrderCheck_Rule{n}" for n in (1, 2)))
    inputs = [
        ({"rulegroup": group, "alertname": first, "variant": variant}, [(1, before), (11, active), (9, 21)])
        for variant, before, active in (("one", 8, 65), ("two", 32, 33))
    ]
    told = {"description": "This should produce more alerts later"}
    based = {"description": f"Based on ALERTS. Old alertname was {first}. foo was bar."}
    alerts = [
        ExpectedAlert(
            {"alertname": first, "foo": "bar", "rulegroup": group, "variant": variant},
            (Phase(begin, fires, "pending", begin, 11, told), Phase(fires, end, "firing", begin, 11, told, fires)),
        )
        for variant, begin, fires, end in (("one", 8, 20, 73), ("two", 32, 44, 65))
    ]
    labels = {"alertname": second, "alertstate": "firing", "foo": "baz", "ba_dum": "tss", "rulegroup": group}
    alerts.append(ExpectedAlert(labels, (Phase(44, 65, "firing", 44, 2, based, 44),)))
    return Case(group, inputs, 160, alerts)


CASES: Final = (simple_case, pending_case, zero_case, order_case)


def run(options: Options) -> Iterable[Outcome]:
    path = conformance("alertmanager", "alert_generator", "rules.yaml")
    groups = {group.name: group for group in load_groups([str(path)], 60_000, RuleDialect())}
    outcome = Outcome("alert-generator", 0, len(CASES), excluded=0)
    for make in CASES:
        case = make()
        problems = [
            f"{case.group} at offset {offset_ms} ms: {problem}"
            for offset_ms in OFFSETS_MS
            for problem in check_case(case, groups[case.group], offset_ms)
        ]
        outcome.passed += not problems
        outcome.failures += problems[:3]
    yield outcome


def check_case(case: Case, definition: GroupDefinition, offset_ms: int) -> Iterator[str]:
    store = MemoryStore(windows=False)
    series = [
        InputSeries(str(Labels.of(labels, __name__=METRIC)), " ".join(f"{value}x{n - 1}" for value, n in runs))
        for labels, runs in case.inputs
    ]
    feed = SeriesFeed(store, SYSTEM, series, ZERO_MS, SAMPLE_MS)
    environment = RuleEnvironment(store, Engine(store), SYSTEM, external_url="http://v")
    group = RuleGroup(definition)
    for after_ms in range(offset_ms, case.n_samples * SAMPLE_MS, INTERVAL_MS):
        feed.put_until(ZERO_MS + after_ms)
        messages = group.evaluate(environment, ZERO_MS + after_ms)
        seen = {
            "alerts": (expected_alerts(case, after_ms, offset_ms), found_alerts(group)),
            "ALERTS": (expected_series(case, after_ms), found_series(environment, ZERO_MS + after_ms)),
            "messages": (expected_messages(case, after_ms, offset_ms), set(map(described, messages))),
            "errors": ([], [rule.health.last_error for rule in group.rules if rule.health.last_error]),
        }
        for what, (expected, found) in seen.items():
            if expected != found:
                yield f"after {after_ms / 1000} s: {what}: expected {expected}, found {found}"


def evaluation_of(sample: int, offset_ms: int) -> int:
    """The first evaluation at or after a sample."""
    late_ms = (sample * SAMPLE_MS - offset_ms) % INTERVAL_MS
    return sample * SAMPLE_MS + (INTERVAL_MS - late_ms) % INTERVAL_MS


def phase_at(alert: ExpectedAlert, after_ms: int) -> Phase | None:
    inside = (phase for phase in alert.phases if phase.first * SAMPLE_MS <= after_ms < phase.end * SAMPLE_MS)
    return next(inside, None)


def expected_alerts(case: Case, after_ms: int, offset_ms: int) -> set[object]:
    pairs = ((alert, phase_at(alert, after_ms)) for alert in case.alerts)
    return {
        (
            str(Labels.of(alert.labels)),
            str(Labels.of(phase.annotations)),
            phase.state,
            phase.value,
            ZERO_MS + evaluation_of(phase.since, offset_ms),
        )
        for alert, phase in pairs
        if phase is not None
    }


def found_alerts(group: RuleGroup) -> set[object]:
    alerts = (alert for rule in describe_group(group).rules for alert in rule.alerts)
    return {
        (str(alert.labels), str(alert.annotations), alert.state, alert.value, alert.active_at_ms) for alert in alerts
    }


def expected_series(case: Case, after_ms: int) -> set[str]:
    """Of ALERTS; a label `alertstate` of the alert itself gives way."""
    pairs = ((alert, phase_at(alert, after_ms)) for alert in case.alerts)
    return {
        str(Labels.of({**alert.labels, "__name__": "ALERTS", "alertstate": phase.state}))
        for alert, phase in pairs
        if phase is not None
    }


def found_series(environment: RuleEnvironment, time_ms: int) -> set[str]:
    return {str(labels) for labels, value in environment.ask("ALERTS", time_ms).pairs() if value == 1.0}


def expected_messages(case: Case, after_ms: int, offset_ms: int) -> set[object]:
    return {message for alert in case.alerts for message in messages_of(alert, after_ms, offset_ms)}


def messages_of(alert: ExpectedAlert, after_ms: int, offset_ms: int) -> Iterator[object]:
    """Firing: at the first evaluation and every 90 s; resolved: the same, for 15 minutes or until it is active again."""
    firing = [phase for phase in alert.phases if phase.state == "firing"]
    for place, phase in enumerate(firing):
        starts_ms = evaluation_of(phase.fired, offset_ms)
        last = place + 1 == len(firing) or firing[place + 1].fired != phase.fired
        own = phase.first * SAMPLE_MS <= after_ms < phase.end * SAMPLE_MS
        labels, annotations = str(Labels.of(alert.labels)), str(Labels.of(phase.annotations))
        if own and (after_ms - starts_ms) % RESENT_MS == 0:
            yield labels, annotations, ZERO_MS + starts_ms, ZERO_MS + after_ms + ENDS_AFTER_MS
        resolved_ms = evaluation_of(phase.end, offset_ms)
        again_ms = min((each.first * SAMPLE_MS for each in alert.phases if each.first > phase.end), default=1 << 60)
        since_ms = after_ms - resolved_ms
        if last and 0 <= since_ms <= RETAINED_MS and after_ms < again_ms and since_ms % RESENT_MS == 0:
            yield labels, annotations, ZERO_MS + starts_ms, ZERO_MS + resolved_ms


def described(alert: Alert) -> object:
    return str(alert.labels), str(alert.annotations), alert.starts_at_ms, alert.ends_at_ms
