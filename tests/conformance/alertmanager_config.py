"""Alertmanager's own configuration fixtures: each loads here, or fails here, as `amtool check-config` says.

The verdict is asked of amtool where the peers are, else it is the recorded one; where a file fails, our error holds amtool's words.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.harness import Options, Outcome, Skipped
from tests.settings import conformance, peer
from tests.unit.alerting.config_verdicts import VERDICTS
from vedette.alerting.config import load_config
from vedette.model.errors import ConfigError


def run(options: Options) -> Iterable[Outcome]:
    files = sorted(conformance("prometheus", "alertmanager", "config", "testdata").glob("*.yml"))
    outcome = Outcome("alertmanager-config", 0, len(files), excluded=0)
    for file in files:
        wanted, ours = amtool_verdict(file), our_verdict(file)
        if bool(wanted) == bool(ours) and wanted in ours:
            outcome.passed += 1
        else:
            outcome.failures.append(f"{file.name}: amtool: {wanted or 'loads'}; ours: {ours or 'loads'}")
    yield outcome


def our_verdict(file: Path) -> str:
    """Empty where it loads."""
    try:
        load_config(file)
    except ConfigError as error:
        return error.message
    return ""


def amtool_verdict(file: Path) -> str:
    try:
        amtool = peer("amtool")
    except Skipped:
        return VERDICTS[file.name]
    done = subprocess.run([amtool, "check-config", file], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = done.stdout.partition("FAILED: ")[2].partition("\n\n")[0].strip()
    return said.replace("yaml: unmarshal errors:\n  ", "")
