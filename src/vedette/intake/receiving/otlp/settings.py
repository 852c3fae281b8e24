"""What decides how OTLP becomes series: the `otlp:` section of the configuration, and the feature flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from vedette.signals.type_and_unit import FEATURE as TYPE_AND_UNIT
from vedette.wire.otlp.naming import STRATEGIES, Naming

NATIVE_DELTA: Final = "otlp-native-delta-ingestion"
CONVERT_DELTA: Final = "otlp-deltatocumulative"
"""Always on, unless the other one is: a delta that was refused would be lost."""

DEFAULT_NAMING: Final = STRATEGIES[""]


@dataclass(frozen=True, slots=True)
class OtlpSettings:
    naming: Naming = DEFAULT_NAMING
    promoted: frozenset[str] = frozenset()
    promote_all: bool = False
    not_promoted: frozenset[str] = frozenset()
    """With `promote_all`."""
    keep_identifying: bool = False
    """target_info keeps service.name and its siblings, which are also its job and instance."""
    histograms_to_nhcb: bool = False
    promote_scope: bool = False
    native_delta: bool = False
    """Deltas are stored as they come, as metrics of unknown type."""
    type_and_unit_labels: bool = False

    @classmethod
    def of(cls, section: Mapping[str, Any] | None, features: Collection[str] = ()) -> OtlpSettings:
        """`section` was checked when the configuration was loaded."""
        given = section or {}
        naming = replace(
            STRATEGIES[str(given.get("translation_strategy") or "")],
            prefix_underscored=bool(given.get("label_name_underscore_sanitization", True)),
            keep_underscores=bool(given.get("label_name_preserve_multiple_underscores", True)),
        )
        return cls(
            naming=naming,
            promoted=frozenset(given.get("promote_resource_attributes") or ()),
            promote_all=bool(given.get("promote_all_resource_attributes")),
            not_promoted=frozenset(given.get("ignore_resource_attributes") or ()),
            keep_identifying=bool(given.get("keep_identifying_resource_attributes")),
            histograms_to_nhcb=bool(given.get("convert_histograms_to_nhcb")),
            promote_scope=bool(given.get("promote_scope_metadata")),
            native_delta=NATIVE_DELTA in features,
            type_and_unit_labels=TYPE_AND_UNIT in features,
        )

    def promotes(self, attribute: str) -> bool:
        return attribute not in self.not_promoted if self.promote_all else attribute in self.promoted
