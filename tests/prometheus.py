"""Prometheus itself and its promtool, for tests and benchmarks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from tests.peers import Peer
from tests.settings import peer

FEATURES: Final = (
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
    "type-and-unit-labels",
    "use-start-timestamps",
)
"""What it calls the parts of PromQL that are off by default."""


class Prometheus(Peer):
    """`with Prometheus(data) as peer:`; its config and log stand beside the data directory."""

    def __init__(self, data: Path, config: str = "{}\n", *arguments: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        file = data.parent / f"{data.name}.yml"
        file.write_text(config)
        own = (f"--config.file={file}", f"--storage.tsdb.path={data}", "--web.listen-address={listen}")
        super().__init__("prometheus", (*own, *arguments), data.parent / f"{data.name}.log")


def run_promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(peer("promtool")), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def create_blocks(openmetrics: Path, data: Path, block_duration: str = "2h") -> None:
    """Loads a file of OpenMetrics with timestamps into a data directory that no Prometheus has open. The file is read
    once per block: long histories want the longer blocks that Prometheus itself would have compacted them to."""
    done = run_promtool(
        *("tsdb", "create-blocks-from", "--quiet", f"--max-block-duration={block_duration}"),
        *("openmetrics", str(openmetrics), str(data)),
    )
    if done.returncode:
        raise RuntimeError(f"promtool: {done.stderr[-2000:]}")
