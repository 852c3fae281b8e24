"""`vedette query` as a person types it: over HTTP with and without a password, and on the data directory of a stopped server."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import bcrypt

from tests.harness import Options, Outcome
from tests.server import Vedette, import_openmetrics, own_environment

_STEP_S = 15
_POINTS = 120
_PASSWORD = "open sesame"


class Terminal:
    """Runs the verb and counts what holds."""

    def __init__(self, *flags: str, **environment: str) -> None:
        self.flags = flags
        self.environment = environment
        self.passed = self.total = 0
        self.failures: list[str] = []

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vedette.app.cli", "query", *self.flags, *arguments]
        given = {**own_environment(), "COLUMNS": "80", "LANG": "C", **self.environment, **environment}
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=120)

    def check(self, name: str, holds: bool, done: subprocess.CompletedProcess[str]) -> None:
        self.total += 1
        self.passed += holds
        if not holds:
            self.failures.append(f"{name}: exit {done.returncode}: {done.stdout[-300:]!r} {done.stderr[-300:]!r}")


def run(options: Options) -> Iterable[Outcome]:
    newest = int(time.time()) // _STEP_S * _STEP_S
    with tempfile.TemporaryDirectory() as folder:
        data, users = Path(folder) / "data", Path(folder) / "web.yml"
        _import_ramp(Path(folder), data, newest)
        users.write_text(f"basic_auth_users:\n  ann: {bcrypt.hashpw(_PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
        with Vedette(data, "--web-config", str(users), "--no-node-job", environment={}) as server:
            remote = Terminal("--url", server.url, "--user", "ann", VEDETTE_PASSWORD=_PASSWORD)
            over_http = _answers(remote, newest)
            _check_refusals(remote, server, data)
            yield _outcome("query[http]", remote)
        local = Terminal("--data", str(data))
        on_disk = _answers(local, newest)
        done = local.run("values", "pod", "--data", str(Path(folder) / "nothing"))
        local.check("a directory without data is refused", done.returncode == 1 and "hint:" in done.stderr, done)
        made = (Path(folder) / "nothing").exists()
        local.check("and not made", not made, done)
        local.check("both ways print the same", over_http == on_disk, done)
        yield _outcome("query[data]", local)


def _outcome(name: str, terminal: Terminal) -> Outcome:
    return Outcome(name, terminal.passed, terminal.total, failures=terminal.failures)


def _import_ramp(folder: Path, data: Path, newest: int) -> None:
    """Two series of half an hour: a ramp of bytes and a constant."""
    lines = ["# TYPE ramp_bytes gauge"]
    for pod, factor in (("0", 1), ("1", 0)):
        for index in range(_POINTS):
            at = newest - (_POINTS - 1 - index) * _STEP_S
            lines.append(f'ramp_bytes{{pod="{pod}"}} {(index * factor + 1) * 1024} {at}')
    file = folder / "ramp.om"
    file.write_text("\n".join([*lines, "# EOF", ""]))
    import_openmetrics(file, data)


def _answers(terminal: Terminal, newest: int) -> list[str]:
    """Checks each kind and form; what was printed."""
    printed = []

    def ask(name: str, arguments: Sequence[str], expected: str) -> None:
        done = terminal.run(*arguments)
        terminal.check(name, done.returncode == 0 and re.search(expected, done.stdout, re.DOTALL) is not None, done)
        printed.append(done.stdout)

    at, bounds = str(newest), ("--start", str(newest - 1785), "--end", str(newest))
    ask("an instant query is a table", ["ramp_bytes", "--time", at], r'ramp_bytes\{pod="0"\} +122880\n')
    ask("its time is asked for", ["ramp_bytes", "--time", str(newest - 1785)], r'\{pod="0"\} +1024\n')
    ask("a scalar is a row", ["instant", "1 + 1", "--time", at], r"scalar +2\n")
    ask("a range vector lists its samples", ["ramp_bytes[31s]", "--time", at], r"122880 @ \d{4}-")
    ask("a range is a plot", ["range", "ramp_bytes", *bounds], r"100KiB ┤.*└[─┬]+\n.*SERIES .*120KiB +1KiB +60.5KiB")
    ask("a single series is drawn in dots", ["range", 'ramp_bytes{pod="0"}', *bounds], r"[\u2801-\u28ff]{3}")
    ask("colours are there on demand", ["range", "ramp_bytes", "--color", "always", *bounds], r"\x1b\[34m")
    ask("a plot can be left out", ["range", "ramp_bytes", "--height", "0", *bounds], r"\A[^┤]*SERIES")
    ask("series are listed", ["series", "ramp_bytes"], r'\Aramp_bytes\{pod="0"\}\nramp_bytes\{pod="1"\}\n\Z')
    ask("labels are listed", ["labels", "ramp_bytes"], r"\A__name__\npod\n\Z")
    ask("values are listed", ["values", "pod", 'ramp_bytes{pod="1"}'], r"\A1\n\Z")
    ask("values of all series", ["values", "pod"], r"\A0\n1\n\Z")
    ask("what is not there is said on stderr", ["series", "nothing_at_all"], r"\A\Z")
    _check_forms(terminal, newest, bounds)
    return printed


def _check_forms(terminal: Terminal, newest: int, bounds: Sequence[str]) -> None:
    done = terminal.run("range", "ramp_bytes", "--step", "15s", "--output", "json", *bounds)
    result = json.loads(done.stdout)["data"]["result"] if done.returncode == 0 else []
    whole = [len(series["values"]) for series in result] == [_POINTS, _POINTS]
    terminal.check("JSON is the API's, every point in it", whole, done)
    done = terminal.run("range", "ramp_bytes", "--step", "15s", "--output", "csv", *bounds)
    rows = list(csv.reader(io.StringIO(done.stdout)))
    terminal.check("CSV has a row for each value", rows[:1] == [["__name__", "pod", "time", "value"]], done)
    terminal.check("and all of them", len(rows) == 1 + 2 * _POINTS and rows[-1][3] == "1024", done)
    done = terminal.run("values", "pod", "--output", "csv")
    terminal.check("CSV of a list is headed by its label", done.stdout.split() == ["pod", "0", "1"], done)
    done = terminal.run("ramp_bytes", "--time", str(newest), "--lang", "zh-CN")
    terminal.check("headings are Chinese on demand", done.stdout.startswith("时间序列"), done)
    done = terminal.run("sum(")
    said = done.returncode == 1 and "1:5: parse error" in done.stderr and not done.stdout
    terminal.check("a mistake is told with its place", said, done)
    done = terminal.run("rate(ramp_bytes[1m])", "--time", str(newest))
    terminal.check("a remark goes to stderr", "note: PromQL info" in done.stderr and "PromQL" not in done.stdout, done)


def _check_refusals(terminal: Terminal, server: Vedette, data: Path) -> None:
    done = terminal.run("up", VEDETTE_PASSWORD="wrong")
    terminal.check("a wrong password is told", done.returncode == 1 and "--user" in done.stderr, done)
    done = terminal.run("up", "--url", "http://127.0.0.1:1")
    terminal.check(
        "a server that is not there is told", done.returncode == 1 and "Connection refused" in done.stderr, done
    )
    done = terminal.run("up", "--url", server.url + "/nowhere")
    terminal.check("a wrong path is told", done.returncode == 1 and "route prefix" in done.stderr, done)
    held = Terminal("--data", str(data), "--lang", "zh-CN").run("up")
    told = held.returncode == 1 and f"进程 {server.pid}" in held.stderr and "提示：" in held.stderr
    terminal.check("a data directory in use says by whom", told, held)
    done = terminal.run("range", "up", "--start", "now", "--end", "-1h")
    terminal.check("times the wrong way round are refused", done.returncode == 1 and "before" in done.stderr, done)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(_PASSWORD + "\n")
        file.flush()
        done = terminal.run("values", "pod", "--password-file", file.name, VEDETTE_PASSWORD="")
        terminal.check("a password is read from a file", done.stdout.split() == ["0", "1"], done)
