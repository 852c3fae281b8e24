"""`vedette VERB`: reads the command line, runs the verb, turns errors into one clear message on stderr.

A verb's own modules are imported when it runs: the agent must not load the engine.

Exit codes: 0 done, 1 the answer is no (a check found something, a start failed), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from vedette.app.arguments import parse_arguments
from vedette.app.language import choose_language, speaker
from vedette.app.logs import set_up_logs
from vedette.app.translation import in_chinese
from vedette.model.errors import VedetteError

Verb = Callable[[argparse.Namespace], int]


def main() -> int:
    given = sys.argv[1:]
    arguments = parse_arguments(given)
    try:
        return VERBS[arguments.verb](arguments)
    except VedetteError as error:
        say = speaker(choose_language(given))
        print(say(f"error: {error}", f"错误：{in_chinese(str(error))}"), file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def up(arguments: argparse.Namespace) -> int:
    return start_server(arguments, with_node=True)


def server(arguments: argparse.Namespace) -> int:
    return start_server(arguments, with_node=False)


def start_server(arguments: argparse.Namespace, *, with_node: bool) -> int:
    from vedette.app.interpreter import settle_interpreter

    settle_interpreter()
    from vedette.app.settings import read_settings
    from vedette.app.up import run_up

    settings = read_settings(arguments)
    set_up_logs(settings.log_level, settings.log_format)
    return run_up(settings, with_node=with_node)


def agent(arguments: argparse.Namespace) -> int:
    from vedette.app.agent import run_agent

    return run_agent(arguments)


def check(arguments: argparse.Namespace) -> int:
    from vedette.app.checks import run_check

    return run_check(arguments)


def test(arguments: argparse.Namespace) -> int:
    from vedette.app.rule_checks import run_tests

    return run_tests(arguments, speaker(choose_language(["--lang", arguments.lang] if arguments.lang else [])))


def bring(arguments: argparse.Namespace) -> int:
    if arguments.kind == "prometheus":
        from vedette.app.migrating import run_migration

        return run_migration(arguments)
    from vedette.app.importing import run_import

    return run_import(arguments)


def export(arguments: argparse.Namespace) -> int:
    from vedette.app.exporting import run_export

    return run_export(arguments)


def query(arguments: argparse.Namespace) -> int:
    from vedette.app.querying.running import run_query

    return run_query(arguments)


def alerts(arguments: argparse.Namespace) -> int:
    from vedette.app.alert_commands.running import run_alerts

    return run_alerts(arguments)


def restore(arguments: argparse.Namespace) -> int:
    from vedette.app.restoring import run_restore

    return run_restore(arguments)


VERBS: dict[str, Verb] = {
    "up": up,
    "server": server,
    "agent": agent,
    "check": check,
    "test": test,
    "import": bring,
    "export": export,
    "query": query,
    "alerts": alerts,
    "restore": restore,
}

if __name__ == "__main__":
    sys.exit(main())
