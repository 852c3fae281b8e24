"""The labels `__type__` and `__unit__` (--enable-feature=type-and-unit-labels): what is known of a metric, as part of a series' name.

Source: Prometheus schema/labels.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vedette.model.blocks import MetricMetadata
from vedette.model.labels import Labels
from vedette.signals.families import possible_families

FEATURE: Final = "type-and-unit-labels"
TYPE_LABEL: Final = "__type__"
UNIT_LABEL: Final = "__unit__"
BOTH: Final = frozenset({TYPE_LABEL, UNIT_LABEL})


def type_and_unit_pairs(kind: str, unit: str) -> dict[str, str]:
    """What is not known has no label."""
    pairs = {TYPE_LABEL: "" if kind == "unknown" else kind, UNIT_LABEL: unit}
    return {name: value for name, value in pairs.items() if value}


def with_type_and_unit(labels: Labels, kind: str, unit: str) -> Labels:
    """What the labels said of the same before gives way; what is not known leaves them as they are."""
    said = type_and_unit_pairs(kind, unit)
    return Labels({**dict(labels), **said}.items()) if said else labels


class FamilyUnits:
    """Units of metrics by the names of their series."""

    def __init__(self, metadata: Iterable[MetricMetadata]) -> None:
        self._units = {entry.metric: entry.unit for entry in metadata if entry.unit}

    def of(self, name: str) -> str:
        if not self._units:
            return ""
        return next((self._units[one] for one in possible_families(name) if one in self._units), "")
