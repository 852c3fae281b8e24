"""Attribute files: most of /sys is one number a file. A collector lists them in a table; this reads the table's files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vedette.agent.node.families import FamilySet, Make
from vedette.agent.node.host import read_int


class Attribute(NamedTuple):
    """The sample is the file's integer, times `times`, divided by `per` (milli = 1e3): division keeps decimals exact."""

    file: str
    make: Make
    name: str
    text: str
    times: int = 1
    per: float = 1


def add_attributes(families: FamilySet, attributes: Iterable[Attribute], folder: Path, **labels: str) -> None:
    """A file that is absent, refuses to be read or holds no number adds nothing."""
    for attribute in attributes:
        value = read_int(folder / attribute.file)
        if value is not None:
            family = families.get(attribute.make, attribute.name, attribute.text)
            family.add(value * attribute.times / attribute.per, **labels)
