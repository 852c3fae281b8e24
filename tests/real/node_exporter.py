"""Side by side with node_exporter on this machine: its default families are ours, with the same types and label names."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests import peers
from tests.harness import Options, Outcome
from vedette.agent.node.exporter import NodeExporter

SHARE_MIN = 0.95

Families = dict[str, tuple[str, set[tuple[str, ...]]]]


def run(options: Options) -> Iterable[Outcome]:
    reference, page = fetch_reference_page(), NodeExporter().page().decode()
    theirs = {name: family for name, family in families_of(reference).items() if name.startswith("node_")}
    ours = families_of(page)
    different = [
        f"{name}: {describe(theirs[name])}, ours: {describe(ours.get(name))}"
        for name in theirs
        if ours.get(name) != theirs[name]
    ]
    passed = len(theirs) - len(different)
    tolerated = different if passed >= SHARE_MIN * len(theirs) else []
    yield Outcome(
        "node_exporter", passed, len(theirs), excluded=len(tolerated), failures=[] if tolerated else different
    )
    theirs_found, ours_found = collectors_of(reference), collectors_of(page)
    unlike = [
        f"{line}: {value}, ours: {ours_found.get(line)}"
        for line, value in theirs_found.items()
        if ours_found.get(line) != value
    ]
    yield Outcome("node_collectors", len(theirs_found) - len(unlike), len(theirs_found), failures=unlike)


def collectors_of(page: str) -> dict[str, str]:
    """By collector: 1 if it found something to read here."""
    return dict(re.findall(r'^node_scrape_collector_success\{collector="(\w+)"\} ([01])$', page, re.MULTILINE))


def fetch_reference_page() -> str:
    with tempfile.TemporaryDirectory() as folder, peers.NodeExporter(Path(folder)) as reference:
        return reference.get("/metrics")[1].decode()


def families_of(page: str) -> Families:
    """By name: the type, and the sets of label names that its series carry."""
    families: Families = {}
    for line in page.splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split()
            families[name] = (kind, set())
        elif line and not line.startswith("#"):
            name, _, labels = re.match(r"([^{ ]+)(\{(.*)\})? ", line).groups()  # type: ignore[union-attr]
            if name in families:
                families[name][1].add(tuple(sorted(re.findall(r'(\w+)="', labels or ""))))
    return families


def describe(family: tuple[str, set[tuple[str, ...]]] | None) -> str:
    return "absent" if family is None else f"{family[0]} {sorted(family[1])}"
