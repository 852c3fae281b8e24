"""`./bench NAME...`: runs us and the peer on the same work in one run and prints ratios and figures."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from pathlib import Path

from tests.harness import Options, Skipped

FOLDER = Path(__file__).parent


def main() -> int:
    known = sorted(
        path.stem for path in FOLDER.glob("*.py") if re.search(r"^def run\(", path.read_text(), re.MULTILINE)
    )
    parser = argparse.ArgumentParser(
        prog="./bench", description="Measures us and the peers side by side. A ratio above 1 means we win."
    )
    parser.add_argument("names", nargs="+", choices=[*known, "all"], metavar="NAME", help=", ".join([*known, "all"]))
    parser.add_argument(
        "--rounds", type=int, default=None, help="how long to measure; each benchmark says in what unit"
    )
    arguments = parser.parse_args()
    failed = False
    for name in known if "all" in arguments.names else arguments.names:
        try:
            for line in importlib.import_module(f"benchmarks.{name}").run(Options(rounds=arguments.rounds)):
                print(line.line(), flush=True)
        except Skipped as reason:
            failed = True
            print(f"bench {name}: skipped: {reason}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
