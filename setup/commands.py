"""What `./run`, `./vedette`, `./test` and `./bench` do: set up, then hand over to the program's own Python."""

from __future__ import annotations

import os
import sys

from setup.environment import PYTHON, ROOT, SetupFailed, environment, prepare

HELP = ("-h", "--help")


def run(arguments: list[str]) -> int:
    return vedette(["up", *arguments])


def vedette(arguments: list[str]) -> int:
    """Help installs nothing: the command line's own module needs the standard library only."""
    if not arguments or any(argument in HELP for argument in arguments):
        sys.path.insert(0, str(ROOT / "src"))
        from vedette.app.arguments import parse_arguments

        parse_arguments(arguments or ["--help"])
        return 0
    needs_page = arguments[0] in ("up", "server")
    return hand_over(["-m", "vedette.app.cli", *arguments], "run", page=needs_page, kernels=arguments[0] != "agent")


def test(arguments: list[str]) -> int:
    return hand_over(["-m", "tests", *arguments], "run", "dev")


def bench(arguments: list[str]) -> int:
    return hand_over(["-m", "benchmarks", *arguments], "run", "dev")


def hand_over(command: list[str], *requirements: str, page: bool = True, kernels: bool = True) -> int:
    """Sets up, then becomes the program: signals and exit codes are its own."""
    try:
        prepare(*requirements, page=page, kernels=kernels)
    except SetupFailed as error:
        print(f"setup failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup interrupted; start again to go on", file=sys.stderr)
        return 130
    os.execve(PYTHON, [str(PYTHON), *command], environment())
