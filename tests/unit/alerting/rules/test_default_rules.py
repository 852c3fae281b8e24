"""Our own rules pass their unit tests and lint, and every one is asked about in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.alerting.rules import default
from vedette.alerting.rules.file_format import RuleDialect, read_rule_file
from vedette.alerting.rules.lint import duplicate_rules
from vedette.alerting.rules.testing.running import TestRun, run_test_file
from vedette.store.memory import MemoryStore

FOLDER = Path(default.__file__).parent
FILES = sorted(FOLDER.glob("*.rules.yml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_default_rule_file_passes_its_tests(file: Path) -> None:
    tests = FOLDER / file.name.replace(".rules.", ".test.")
    outcome = run_test_file(tests, TestRun(lambda: MemoryStore(windows=False)))
    assert outcome.passed, [outcome.problems, *(test.problems for test in outcome.tests)]
    rules = read_rule_file(file, RuleDialect())
    assert duplicate_rules(rules) == []
    text = tests.read_text()
    for group in rules.groups:
        for rule in group.rules:
            assert rule.name in text
            if rule.alert:
                assert {"summary", "description", "summary_zh", "description_zh"} == rule.annotations.keys()
                assert rule.labels["severity"] in ("info", "warning", "critical")
