"""A metric family and how it is written: Prometheus text 0.0.4, the shape that every scraper takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vedette.model.labels import escape_value

COUNTER = "counter"
GAUGE = "gauge"
UNTYPED = "untyped"


@dataclass(slots=True)
class Family:
    """`samples` holds (name, labels, value) in the order in which they are shown; a histogram's names carry a suffix."""

    name: str
    type: str
    help: str
    samples: list[tuple[str, Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> Family:
        """Raises OverflowError for an integer that no float64 can hold."""
        self.samples.append((self.name, labels, float(value)))
        return self

    def add_named(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        self.samples.append((name, labels, value))


def counter(name: str, text: str) -> Family:
    return Family(f"node_{name}", COUNTER, text)


def gauge(name: str, text: str) -> Family:
    return Family(f"node_{name}", GAUGE, text)


def untyped(name: str, text: str) -> Family:
    return Family(f"node_{name}", UNTYPED, text)


Make = Callable[[str, str], Family]
"""`counter`, `gauge` or `untyped`: (name without `node_`, help) to a family. What a collector's table names."""


class FamilySet:
    """Families under one prefix, each made when its first sample comes: for what is only found while reading."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{prefix}_" if prefix else ""
        self._families: dict[str, Family] = {}

    def get(self, make: Make, name: str, text: str) -> Family:
        name = f"{self._prefix}{name}"
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = make(name, text)
        return family

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())


def render(families: Iterable[Family]) -> bytes:
    """Families sorted by name, those without samples left out."""
    lines: list[str] = []
    for family in sorted(families, key=lambda family: family.name):
        if not family.samples:
            continue
        help_text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
        lines.append(f"# HELP {family.name} {help_text}\n# TYPE {family.name} {family.type}\n")
        lines += [f"{name}{label_part(labels)} {number(value)}\n" for name, labels, value in family.samples]
    return "".join(lines).encode()


def label_part(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escape_value(value)}"' for name, value in labels.items()) + "}"


def number(value: float) -> str:
    """Shortest text that reads back as the same float64."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    text = repr(float(value))
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(text, text)
