"""OTLP names and units to Prometheus names, under the four translation strategies.

Source, words included: prometheus/otlptranslator (MetricNamer, LabelNamer, UnitNamer).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.quoting import quote

UNITS: Final = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "1": "",
    "%": "percent",
}
PER_UNITS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}

_METRIC_TOKEN: Final = re.compile(r"[a-zA-Z0-9:]+")
_METRIC_WORD: Final = re.compile(r"[a-zA-Z0-9:_]+")
_NOT_METRIC: Final = re.compile(r"[^a-zA-Z0-9:]")
_NOT_LABEL: Final = re.compile(r"[^a-zA-Z0-9]")
_UNDERSCORES: Final = re.compile(r"__+")


@dataclass(frozen=True, slots=True)
class Naming:
    """`escape`: names are made classic; `suffixes`: units and types are told by the name. The rest is for labels."""

    escape: bool = True
    suffixes: bool = True
    prefix_underscored: bool = True
    """`label_name_underscore_sanitization`: a label that starts with one underscore gets `key` in front."""
    keep_underscores: bool = True
    """`label_name_preserve_multiple_underscores`."""

    def metric(self, name: str, unit: str, *, is_gauge: bool, is_counter: bool) -> str:
        """Raises BadInput when nothing is left of the name."""
        total, ratio = is_counter and self.suffixes, is_gauge and self.suffixes and unit == "1"
        if not self.escape:
            built = _utf8_name(name, unit, total=total, ratio=ratio) if self.suffixes else name
        elif self.suffixes:
            built = _suffixed_name(name, unit, total=total, ratio=ratio)
        else:
            built = _prefixed("_".join(_METRIC_WORD.findall(name)))
        if not built:
            raise BadInput(f"normalization for metric {quote(name)} resulted in empty name")
        if self.escape and built != name and not built.strip("_"):
            raise BadInput(f"normalization for metric {quote(name)} resulted in invalid name {quote(built)}")
        return built

    def label(self, name: str) -> str:
        """Raises BadInput for a name of underscores only."""
        if not name:
            raise BadInput("label name is empty")
        if not self.escape:
            if not name.strip("_"):
                raise BadInput(f"label name {quote(name)} contains only underscores")
            return name
        built = self._sanitized(name)
        if built[:1].isdigit():
            built = f"key_{built}"
        elif self.prefix_underscored and built.startswith("_") and not built.startswith("__"):
            built = f"key{built}"
        if not built.strip("_"):
            raise BadInput(f"normalization for label name {quote(name)} resulted in invalid name {quote(built)}")
        return built

    def _sanitized(self, name: str) -> str:
        if self.keep_underscores:
            return _NOT_LABEL.sub("_", name)
        if len(name) >= 4 and name.startswith("__") and name.endswith("__"):
            return f"__{_collapsed(_NOT_LABEL.sub('_', name[2:-2]))}__"
        return _collapsed(_NOT_LABEL.sub("_", name))


STRATEGIES: Final = {
    "": Naming(),
    "UnderscoreEscapingWithSuffixes": Naming(),
    "UnderscoreEscapingWithoutSuffixes": Naming(suffixes=False),
    "NoUTF8EscapingWithSuffixes": Naming(escape=False),
    "NoTranslation": Naming(escape=False, suffixes=False),
}


def unit_name(unit: str) -> str:
    """The unit as metadata have it: `By/s` is `bytes_per_second`."""
    parts = [_clean(part) for part in _unit_parts(unit)]
    return "_".join(part for part in parts if part).removeprefix("_").removesuffix("_")


def _unit_parts(unit: str) -> tuple[str, str]:
    """(main unit, `per_` and the other one); what stands in braces is no unit."""
    main, _, per = (part.strip() for part in unit.partition("/"))
    main = "" if "{" in main or "}" in main else UNITS.get(main, main)
    per = "" if "{" in per or "}" in per else PER_UNITS.get(per, per)
    return main, f"per_{per}" if per else ""


def _suffixed_name(name: str, unit: str, *, total: bool, ratio: bool) -> str:
    tokens = _METRIC_TOKEN.findall(name)
    main, per = (_clean(part) for part in _unit_parts(unit))
    main = "" if main in tokens else main
    per = "" if per == "per_" else per.removesuffix("_")
    per = "" if per in tokens else per
    tokens += [part for part in (main.removesuffix("_") if per else main, per) if part]
    for wanted, suffix in ((total, "total"), (ratio, "ratio")):
        if wanted:
            tokens = [*(token for token in tokens if token != suffix), suffix]
    return _prefixed("_".join(tokens))


def _utf8_name(name: str, unit: str, *, total: bool, ratio: bool) -> str:
    """Suffixes that are there already are not put twice: unit innermost, then `per`, `total`, `ratio`."""
    main, per = _unit_parts(unit)
    behind = [suffix for suffix in (per, "total" if total else "", "ratio" if ratio else "") if suffix]
    for suffix in reversed(behind):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            name = name[: -len(suffix) - 1]
    if main and not name.endswith(main):
        name = f"{name}_{main}"
    return "_".join([name, *behind])


def _prefixed(name: str) -> str:
    return f"_{name}" if name[:1].isdigit() else name


def _clean(unit: str) -> str:
    return _collapsed(_NOT_METRIC.sub("_", unit)).removeprefix("_")


def _collapsed(text: str) -> str:
    return _UNDERSCORES.sub("_", text)
