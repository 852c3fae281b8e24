"""Runs the tests of a unit test file: groups are evaluated step by step, and what is expected at a time is compared there.

Source: Prometheus cmd/promtool/unittest.go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vedette.alerting.alerts import ALERT_NAME
from vedette.alerting.rules.alert_states import AlertState
from vedette.alerting.rules.alerting import AlertingRule
from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.file_format import BadRuleFile, RuleDialect, read_rule_file
from vedette.alerting.rules.groups import RuleGroup
from vedette.alerting.rules.testing.comparing import (
    ExpectedAlerts,
    FoundAlert,
    compare_alerts,
    compare_samples,
    parse_expected,
)
from vedette.alerting.rules.testing.loading import SeriesFeed
from vedette.alerting.rules.testing.sections import AlertTest, ExprTest, TestGroup, UnitTestFile, read_unit_test_file
from vedette.model.errors import BadInput, ConfigError, VedetteError
from vedette.model.labels import Labels
from vedette.model.quoting import quote
from vedette.model.time import format_duration
from vedette.ports.principal import SYSTEM
from vedette.ports.store import Store
from vedette.query.promql.engine import Engine
from vedette.query.promql.options import EngineOptions

NAMELESS: Final = "unnamed#{}"


@dataclass(frozen=True, slots=True)
class TestRun:
    """How tests are run. `make_store`: an empty store for each test. `wanted`: whether a test of this name runs."""

    __test__ = False
    make_store: Callable[[], Store]
    dialect: RuleDialect = field(default_factory=RuleDialect)
    wanted: Callable[[str], bool] = lambda name: True
    as_diff: bool = False


@dataclass(frozen=True, slots=True)
class TestOutcome:
    __test__ = False
    name: str
    problems: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """`problems`: why no test could run."""

    file: str
    tests: tuple[TestOutcome, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.problems and not any(test.problems for test in self.tests)


def run_test_file(path: Path, run: TestRun) -> FileOutcome:
    try:
        file = read_unit_test_file(path)
    except ConfigError as error:
        return FileOutcome(str(path), problems=(str(error),))
    names, unmatched = file.matching_files()
    warnings = tuple(f"no file match pattern {pattern}" for pattern in unmatched)
    outcomes = []
    for number, test in enumerate(file.tests):
        if run.wanted(test.name):
            begin = time.perf_counter()
            problems = tuple(_run_test(test, file, names, run))
            outcomes.append(TestOutcome(test.name or NAMELESS.format(number), problems, time.perf_counter() - begin))
    return FileOutcome(str(path), tuple(outcomes), warnings=warnings)


def _run_test(test: TestGroup, file: UnitTestFile, rule_files: Sequence[str], run: TestRun) -> Iterator[str]:
    try:
        running = RunningTest(test, file, rule_files, run)
    except BadRuleFile as error:
        yield from map(str, error.problems)
        return
    except BadInput as error:
        yield str(error)
        return
    yield from running.problems()


class RunningTest:
    """One test: its groups, its store, its time. Raises BadRuleFile, BadInput."""

    def __init__(self, test: TestGroup, file: UnitTestFile, rule_files: Sequence[str], run: TestRun) -> None:
        self._test, self._run, self._fuzzy = test, run, file.fuzzy_compare
        self._step_ms = file.interval_ms
        interval_ms = test.interval or self._step_ms
        nameless = next((case for case in test.alert_rule_test if not case.alertname), None)
        if nameless is not None:
            where = f" (in TestGroup {test.name})" if test.name else ""
            raise BadInput(
                "an item under alert_rule_test misses required attribute alertname at eval_time "
                f"{format_duration(nameless.eval_time)}{where}"
            )
        store = run.make_store()
        options = EngineOptions(parser=run.dialect.parser, subquery_step_ms=self._step_ms)
        engine = Engine(store, options=options)
        self._environment = RuleEnvironment(store, engine, SYSTEM, test.external_labels, test.external_url)
        self._feed = SeriesFeed(store, SYSTEM, test.input_series, test.start_ms, interval_ms)
        self._groups = _groups(rule_files, interval_ms, run.dialect, file.group_eval_order)

    def problems(self) -> Iterator[str]:
        start_ms = self._test.start_ms
        for after_ms in range(0, self._test.last_ms + 1, self._step_ms):
            failed = list(self._evaluate(start_ms + after_ms))
            yield from failed
            if failed:
                return
            for case in sorted(self._test.alert_rule_test, key=lambda case: case.eval_time):
                if after_ms <= case.eval_time < after_ms + self._step_ms:
                    yield from self._check_alerts(case)
        for expr in self._test.promql_expr_test:
            yield from self._check_expr(expr, start_ms + expr.eval_time)

    def _evaluate(self, now_ms: int) -> Iterator[str]:
        self._feed.put_until(now_ms)
        for group in self._groups:
            group.evaluate(self._environment, now_ms)
            for rule in group.rules:
                if rule.health.last_error:
                    time_text = format_duration(now_ms)
                    yield f"    rule: {rule.definition.name}, time: {time_text}, err: {rule.health.last_error}"

    def _check_alerts(self, case: AlertTest) -> Iterator[str]:
        found = [
            FoundAlert(alert.labels, alert.annotations)
            for group in self._groups
            for rule in group.rules
            if isinstance(rule, AlertingRule) and rule.definition.name == case.alertname
            for alert in rule.states.snapshot()
            if alert.state is AlertState.FIRING
        ]
        expected = [
            FoundAlert(Labels.of({**each.exp_labels, ALERT_NAME: case.alertname}), Labels.of(each.exp_annotations))
            for each in case.exp_alerts
        ]
        difference = compare_alerts(ExpectedAlerts(expected, found), as_diff=self._run.as_diff)
        if difference:
            name = f"    name: {self._test.name},\n" if self._test.name else ""
            yield f"{name}    alertname: {case.alertname}, time: {format_duration(case.eval_time)}, \n{difference}"

    def _check_expr(self, case: ExprTest, now_ms: int) -> Iterator[str]:
        where = f"    expr: {quote(case.expr)}, time: {format_duration(case.eval_time)},"
        try:
            found = list(self._environment.ask(case.expr, now_ms).pairs())
            expected = [parse_expected(sample) for sample in case.exp_samples]
        except VedetteError as error:
            yield f"{where} err: {error.message}"
            return
        difference = compare_samples(expected, found, fuzzy=self._fuzzy)
        if difference:
            yield f"{where}\n{difference}"


def _groups(files: Sequence[str], interval_ms: int, dialect: RuleDialect, order: Sequence[str]) -> list[RuleGroup]:
    """Those named in the order come as it says; the others count as its first, like the reference's."""
    ranks: Mapping[str, int] = {name: rank for rank, name in enumerate(order)}
    found: dict[str, GroupDefinition] = {}
    for name in files:
        for section in read_rule_file(Path(name), dialect).groups:
            group = define_group(section, name, interval_ms, dialect.parser)
            found[group.key] = group
    return [RuleGroup(group) for group in sorted(found.values(), key=lambda group: ranks.get(group.name, 0))]
