"""promtool's unit tests of rules: ours give its verdict on the mixin's 113 cases and on its own 15 files, and rule files load as there.

cases    tests of kubernetes-mixin/tests, one by one: all pass with promtool, so all have to pass here
files    promtool's own testdata with `tests:`: the exit status of `promtool test rules`
loads    every file of the mixins that `promtool check rules --lint=none` accepts: loads, and each rule evaluates without error,
         over no series at all and over one series of each metric that its expressions name
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tests.harness import Options, Outcome
from tests.settings import conformance, peer
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.file_format import BadRuleFile, RuleDialect
from vedette.alerting.rules.groups import RuleGroup
from vedette.alerting.rules.loading import load_groups
from vedette.alerting.rules.testing.running import FileOutcome, TestRun, run_test_file
from vedette.alerting.rules.testing.sections import read_unit_test_file
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.matchers import MatchType
from vedette.ports.principal import SYSTEM
from vedette.query.promql.ast import VectorSelector, walk
from vedette.query.promql.engine import Engine
from vedette.store.memory import MemoryStore

NOW_MS = 1_700_000_000_000
WORKERS = 2
TESTS_A_PART = 8


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("rule-tests", 0, 0, excluded=0)
    parts = list(case_parts())
    own = sorted(
        path
        for path in conformance("prometheus", "prometheus", "cmd", "promtool", "testdata").glob("*.yml")
        if path.read_text().startswith("tests:") or "\ntests:" in path.read_text()
    )
    accepted = accepted_files()
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as workers:
        verdicts = workers.map(promtool_agrees, own)
        loads = workers.map(load_problem, accepted)
        for count, problems in workers.map(run_part, parts):
            tell(outcome, count, problems)
        for path, problem in [*zip(own, verdicts, strict=True), *zip(accepted, loads, strict=True)]:
            tell(outcome, 1, [f"{path.name}: {problem}"] if problem else [])
    yield outcome


def tell(outcome: Outcome, count: int, problems: list[str]) -> None:
    outcome.total += count
    outcome.passed += count - len(problems)
    outcome.failures += problems


def case_parts() -> Iterator[tuple[Path, int]]:
    """(file, the first of TESTS_A_PART tests of it)"""
    for path in sorted(conformance("mixins", "kubernetes-mixin", "tests").glob("*.yaml")):
        for first in range(0, len(read_unit_test_file(path).tests), TESTS_A_PART):
            yield path, first


def run_part(part: tuple[Path, int]) -> tuple[int, list[str]]:
    """(how many tests ran, one text for each that failed)"""
    path, first = part
    places = iter(range(1 << 30))
    found = ours(path, TestRun(new_store, wanted=lambda name: first <= next(places) < first + TESTS_A_PART))
    failed = [f"{path.name}: {test.name}: {test.problems[0]}" for test in found.tests if test.problems]
    return len(found.tests), failed or list(found.problems)


def promtool_agrees(path: Path) -> str:
    """How the exit status differs; empty where it does not."""
    theirs = subprocess.run([peer("promtool"), "test", "rules", path], capture_output=True, check=False).returncode
    mine = 0 if ours(path, TestRun(new_store)).passed else 1
    return "" if mine == theirs else f"promtool exits with {theirs}, ours with {mine}"


def ours(path: Path, run: TestRun) -> FileOutcome:
    logging.disable(logging.WARNING)
    return run_test_file(path, run)


def new_store() -> MemoryStore:
    return MemoryStore(windows=False)


def accepted_files() -> list[Path]:
    paths = sorted(path for path in conformance("mixins").rglob("*.y*ml") if "groups:" in path.read_text())
    command = [peer("promtool"), "check", "rules", "--lint=none", *paths]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    accepted = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("Checking ") and "SUCCESS" in after:
            accepted.append(Path(line.removeprefix("Checking ")))
    return accepted


def load_problem(path: Path) -> str:
    logging.disable(logging.WARNING)
    try:
        groups = [RuleGroup(definition) for definition in load_groups([str(path)], 60_000, RuleDialect())]
    except BadRuleFile as error:
        return str(error)
    store = new_store()
    environment = RuleEnvironment(store, Engine(store), SYSTEM)
    for step in (0, 1):
        if step:
            put_one_of_each(store, groups)
        for group in groups:
            group.evaluate(environment, NOW_MS + step * 60_000)
            for rule in group.rules:
                if rule.health.last_error:
                    return f"{rule.definition.name}: {rule.health.last_error}"
    return ""


def put_one_of_each(store: MemoryStore, groups: Sequence[RuleGroup]) -> None:
    """Five minutes of one series for each metric name that no rule records, with the labels that its first selector asks for.

    An instance of its own keeps it apart from the others where their names are dropped.
    """
    found: dict[str, Labels] = {}
    recorded = {rule.definition.name for group in groups for rule in group.rules}
    for group in groups:
        for rule in group.rules:
            for node in walk(rule.definition.query.expr):
                if isinstance(node, VectorSelector):
                    labels = Labels((each.name, each.value) for each in node.matchers if each.type is MatchType.EQUAL)
                    if labels.name and labels.name not in recorded:
                        found.setdefault(labels.name, labels.replace("instance", labels.name))
    refs = store.register(SYSTEM, list(found.values()))
    for minute in range(6):
        times = np.full(len(refs), NOW_MS + 60_000 * (minute - 4), np.int64)
        store.append(SYSTEM, SampleBatch(refs, times, np.full(len(refs), float(minute))))
