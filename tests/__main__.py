"""`./test [TIER [NAME...]] [--rounds N] [--seed N]`: runs tiers and prints the lines that a checker reads.

Bare `./test` runs every tier in its short form, two parts at a time, each in a process of its own: most of them wait for clocks and
for other programs. Exit code 0 only if everything holds; `--strict-skips` (CI) makes a skipped
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.harness import Options, Outcome, Skipped
from tests.longest import print_longest
from tests.settings import ROOT

TIERS = ("fast", "conformance", "differential", "faults", "real")
STARTED_FIRST = ("real pages", "conformance promql")
"""The longest parts: at the end one of them would run alone."""
SIDE_BY_SIDE = 2


@dataclass(slots=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def main() -> int:
    arguments = read_arguments()
    count = Count()
    if arguments.tier in (None, "fast"):
        run_fast(arguments.names, count)
    if arguments.tier is None:
        rounds = [] if arguments.rounds is None else ["--rounds", str(arguments.rounds)]
        run_side_by_side([*rounds, "--seed", str(arguments.seed)], count)
    elif arguments.tier != "fast":
        run_tier(arguments.tier, arguments.names, Options(rounds=arguments.rounds, seed=arguments.seed), count)
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
    run_pytest(pytest_arguments or ["tests/unit", "-n", str(SIDE_BY_SIDE)], count)
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


def run_side_by_side(options: list[str], count: Count) -> None:
    """Every part of every tier but `fast`; what a part prints stands together."""
    parts = [f"{tier} {module.rsplit('.', 1)[1]}" for tier in TIERS[1:] for module in modules_of(tier, [])]
    parts.sort(key=lambda part: part not in STARTED_FIRST)

    def run_part(part: str) -> str:
        command = [sys.executable, "-m", "tests", *part.split(), *options]
        result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return result.stdout

    with ThreadPoolExecutor(SIDE_BY_SIDE) as lanes:
        for part, done in zip(parts, [lanes.submit(run_part, part) for part in parts], strict=True):
            *lines, last = done.result().splitlines() or [""]
            numbers = re.fullmatch(r"tests: (\d+) passed, (\d+) failed, (\d+) skipped", last)
            print(
                "\n".join(lines if numbers else [*lines, last, f"{part}: FAILED, it did not end properly"]), flush=True
            )
            passed, failed, skipped = map(int, numbers.groups()) if numbers else (0, 1, 0)
            count.passed += passed
            count.failed += failed
            count.skipped += skipped


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
