"""`vedette check rules FILE...` and `vedette test rules FILE...`: promtool's verdicts and exit codes.

Exit code 1: a file is wrong, or a test failed; 3: only lint found something, and --lint-fatal says that this counts.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from vedette.alerting.rules.file_format import BadRuleFile, RuleDialect, RuleFile, parse_rule_file, read_rule_file
from vedette.alerting.rules.lint import describe_duplicates, duplicate_rules
from vedette.app.features import engine_options
from vedette.app.language import Say
from vedette.model.errors import BadInput

if TYPE_CHECKING:  # the engine is loaded when tests run, not when files are checked
    from vedette.alerting.rules.testing.running import FileOutcome

FAILED: Final = 1
LINT_FAILED: Final = 3
LINTS: Final = ("all", "duplicate-rules", "none")


def check_rules(arguments: argparse.Namespace, say: Say) -> int:
    lints = set(arguments.lint.split(","))
    for unknown in sorted(lints - set(LINTS)):
        print(say(f'warning: unknown lint option: "{unknown}"', f"警告：未知的检查项：“{unknown}”"))
    finds_duplicates = bool(lints & {"all", "duplicate-rules"})
    dialect = _dialect(arguments)
    broken = doubtful = False
    for name in arguments.files or ["-"]:
        print(say(f"checking {name}", f"检查 {name}"))
        try:
            file = _read(name, dialect)
        except BadRuleFile as error:
            broken = True
            _fail(say, [str(problem) for problem in error.problems])
            continue
        duplicates = duplicate_rules(file) if finds_duplicates else []
        if duplicates:
            doubtful = True
            _fail(say, [describe_duplicates(duplicates)])
        else:
            count = sum(len(group.rules) for group in file.groups)
            print(say(f"  ok: {count} rules found", f"  正确：共 {count} 条规则"))
    if broken:
        return FAILED
    return LINT_FAILED if doubtful and arguments.lint_fatal else 0


def run_tests(arguments: argparse.Namespace, say: Say) -> int:
    """`vedette test rules`."""
    from vedette.alerting.rules.testing.running import TestRun, run_test_file
    from vedette.store.memory import MemoryStore

    logging.disable(logging.WARNING)
    wanted = _wanted(arguments.run or [])
    run = TestRun(lambda: MemoryStore(windows=False), _dialect(arguments), wanted, as_diff=arguments.diff)
    outcomes: list[FileOutcome] = []
    for name in arguments.files:
        outcome = run_test_file(Path(name), run)
        outcomes.append(outcome)
        for warning in outcome.warnings:
            print(say(f"  warning: {warning}", f"  警告：{warning}"), file=sys.stderr)
        if outcome.passed:
            print(say(f"{name}: ok, {len(outcome.tests)} tests", f"{name}：通过，共 {len(outcome.tests)} 项测试"))
        else:
            print(say(f"{name}: failed", f"{name}：失败"))
            _fail(say, [*outcome.problems, *(problem for test in outcome.tests for problem in test.problems)])
    if arguments.junit:
        Path(arguments.junit).write_bytes(_junit(outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else FAILED


def _dialect(arguments: argparse.Namespace) -> RuleDialect:
    names = [name.strip() for text in arguments.enable_feature or () for name in text.split(",")]
    return RuleDialect(parser=engine_options(names, 0).parser, ignore_unknown_fields=arguments.ignore_unknown_fields)


def _read(name: str, dialect: RuleDialect) -> RuleFile:
    return parse_rule_file(sys.stdin.read(), "-", dialect) if name == "-" else read_rule_file(Path(name), dialect)


def _fail(say: Say, texts: list[str]) -> None:
    print(say("  FAILED:", "  失败："), file=sys.stderr)
    for text in texts:
        print(text, file=sys.stderr)


def _wanted(patterns: list[str]) -> Callable[[str], bool]:
    """Raises BadInput."""
    if not patterns:
        return lambda name: True
    try:
        expression = re.compile("|".join(patterns))
    except re.error as error:
        raise BadInput(f"--run: {error}") from None
    return lambda name: expression.search(name) is not None


def _junit(outcomes: list[FileOutcome]) -> bytes:
    """https://github.com/testmoapp/junitxml"""
    root = ElementTree.Element("testsuites")
    for outcome in outcomes:
        failures = sum(1 for test in outcome.tests if test.problems)
        counts = {"tests": str(len(outcome.tests)), "failures": str(failures), "errors": str(len(outcome.problems))}
        suite = ElementTree.SubElement(root, "testsuite", {"name": outcome.file, **counts})
        for test in outcome.tests:
            case = ElementTree.SubElement(suite, "testcase", {"name": test.name, "time": f"{test.seconds:.3f}"})
            for problem in test.problems:
                ElementTree.SubElement(case, "failure").text = problem
        for problem in outcome.problems:
            ElementTree.SubElement(suite, "system-err").text = problem
    report: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return report
