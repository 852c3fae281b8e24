"""`./test [TIER [NAME...]] [--rounds N] [--seed N]`: runs tiers and prints the lines that a checker reads.

Bare `./test` runs every tier in its short form. Exit code 0 only if everything holds; `--strict-skips` (CI) makes a skipped
part a failure. The last line counts: `tests: P passed, F failed, S skipped`.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.harness import Options, Outcome, Skipped
from tests.longest import print_longest
from tests.settings import ROOT

TIERS = ("fast", "conformance", "differential", "faults", "real")


@dataclass(slots=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def main() -> int:
    arguments = read_arguments()
    count = Count()
    for tier in [arguments.tier] if arguments.tier else TIERS:
        if tier == "fast":
            run_fast(arguments.names, count)
        else:
            run_tier(tier, arguments.names, Options(rounds=arguments.rounds, seed=arguments.seed), count)
    print(f"tests: {count.passed} passed, {count.failed} failed, {count.skipped} skipped", flush=True)
    return 1 if count.failed or (arguments.strict_skips and count.skipped) else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./test", description="Runs the tests; without a tier, every tier in short form (under 15 minutes)."
    )
    parser.add_argument("tier", nargs="?", choices=TIERS, help="fast: lint, types, imports, unit and property tests")
    parser.add_argument(
        "names", nargs="*", help="parts of the tier, such as `openmetrics`; for fast: pytest's own arguments"
    )
    parser.add_argument("--rounds", type=int, default=None, help="the long form: how many rounds, queries or kills")
    parser.add_argument("--seed", type=int, default=0, help="seed of the generators")
    parser.add_argument("--strict-skips", action="store_true", help="count a skipped part as a failure")
    return parser.parse_args()


def run_fast(pytest_arguments: list[str], count: Count) -> None:
    python = sys.executable
    checks: dict[str, list[str]] = {
        "lint": [python, "-m", "ruff", "check", "src", "tests", "benchmarks", "setup"],
        "format": [python, "-m", "ruff", "format", "--check", "--quiet", "src", "tests", "benchmarks", "setup"],
        "types": [python, "-m", "mypy"],
        "imports": [str(Path(python).parent / "lint-imports"), "--no-cache"],
    }
    for name, command in checks.items():
        started = time.monotonic()
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        good = result.returncode == 0
        count.passed += good
        count.failed += not good
        print(f"fast {name}: {'ok' if good else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
        if not good:
            print(result.stdout + result.stderr, flush=True)
    run_pytest(pytest_arguments or ["tests/unit"], count)
    print_longest()


def run_pytest(arguments: list[str], count: Count) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        last = ""
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if re.search(r"\d+ (passed|failed|error)", line) else last
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    count.passed += numbers.get("passed", 0)
    count.skipped += numbers.get("skipped", 0)
    failed = numbers.get("failed", 0) + numbers.get("error", 0)
    count.failed += failed if failed or process.returncode == 0 else 1


def run_tier(tier: str, names: list[str], options: Options, count: Count) -> None:
    for module_name in modules_of(tier, names):
        started = time.monotonic()
        try:
            outcomes: Iterable[Outcome] = importlib.import_module(module_name).run(options)
            for outcome in outcomes:
                report(tier, outcome, count)
        except Skipped as reason:
            count.skipped += 1
            print(f"{tier} {module_name.rsplit('.', 1)[1].replace('_', '-')}: skipped: {reason}", flush=True)
        except Exception:  # noqa: BLE001 - one broken part must not hide the others
            count.failed += 1
            print(f"{tier} {module_name}: FAILED\n{traceback.format_exc()}", flush=True)
        print(f"  ({time.monotonic() - started:.0f} s)", flush=True)


def modules_of(tier: str, names: list[str]) -> list[str]:
    folder = ROOT / "tests" / tier
    known = sorted(
        path.stem for path in folder.glob("*.py") if re.search(r"^def run\(", path.read_text(), re.MULTILINE)
    )
    wanted = [re.sub(r"\[.*", "", name).replace("-", "_") for name in names]
    for name in wanted:
        if name not in known:
            sys.exit(f"unknown part `{name}` of tier {tier}; known: {', '.join(known)}")
    return [f"tests.{tier}.{name}" for name in (wanted or known)]


def report(tier: str, outcome: Outcome, count: Count) -> None:
    for failure in outcome.failures[:20]:
        print(f"  {failure}", flush=True)
    if len(outcome.failures) > 20:
        print(f"  ... and {len(outcome.failures) - 20} more", flush=True)
    if outcome.holds:
        count.passed += 1
    else:
        count.failed += 1
    print(outcome.line(tier), flush=True)


if __name__ == "__main__":
    sys.exit(main())
