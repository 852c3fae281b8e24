"""Strict rules on one sample of a family: a table of (what it applies to, what must hold, what is wrong otherwise)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.wire.exposition.bounds import parse_float

if TYPE_CHECKING:
    from vedette.wire.exposition.strict import Sample

EXEMPLAR_CHARACTERS_MAX: Final = 128
"""OpenMetrics: the label set of an exemplar, names and values together."""

_COUNTER_LIKE: Final = frozenset({"_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"})
_MAY_BE_NEGATIVE: Final = frozenset({"_gsum"})
_WHOLE: Final = frozenset({"_count", "_bucket", "_gcount"})
_EXEMPLAR_ON: Final = frozenset({("counter", "_total"), ("histogram", "_bucket"), ("gaugehistogram", "_bucket")})
_TYPED_SUFFIXES: Final = frozenset({"counter", "summary", "histogram", "gaugehistogram"})

_Rule = tuple[Callable[[str, str, "Sample"], bool], str]


def sample_problems(family_type: str, family_name: str, sample: Sample) -> Iterator[str]:
    for holds, text in _RULES:
        if not holds(family_type, family_name, sample):
            yield f'{text}: "{sample.name}"'


def group_of(family_type: str, family_name: str, sample: Sample) -> Labels:
    """The labels that name the metric within its family."""
    if family_type == "info":
        return EMPTY_LABELS
    if family_type == "summary" and sample.suffix == "":
        return sample.labels.without({"quantile"})
    if family_type == "stateset":
        return sample.labels.without({family_name})
    if sample.suffix == "_bucket":
        return sample.labels.without({"le"})
    return sample.labels


def _stateset_has_its_label(family_type: str, family_name: str, sample: Sample) -> bool:
    return family_type != "stateset" or sample.labels.get(family_name) != ""


def _stateset_is_0_or_1(family_type: str, _name: str, sample: Sample) -> bool:
    return family_type != "stateset" or sample.value in (0.0, 1.0)


def _info_is_1(family_type: str, _name: str, sample: Sample) -> bool:
    return family_type != "info" or sample.value == 1.0


def _bucket_has_a_bound(_type: str, _name: str, sample: Sample) -> bool:
    if sample.suffix != "_bucket":
        return True
    text = sample.labels.get("le")
    bound = parse_float(text)
    return bound is not None and not math.isnan(bound) and (math.isfinite(bound) or text in ("+Inf", "-Inf"))


def _quantile_is_in_range(family_type: str, _name: str, sample: Sample) -> bool:
    if family_type != "summary" or sample.suffix:
        return True
    quantile = parse_float(sample.labels.get("quantile"))
    return quantile is not None and 0 <= quantile <= 1


def _quantile_value_is_not_negative(family_type: str, _name: str, sample: Sample) -> bool:
    return family_type != "summary" or sample.suffix != "" or not sample.value < 0


def _counter_is_a_number(family_type: str, _name: str, sample: Sample) -> bool:
    return family_type not in _TYPED_SUFFIXES or sample.suffix not in _COUNTER_LIKE or not math.isnan(sample.value)


def _counter_is_not_negative(family_type: str, _name: str, sample: Sample) -> bool:
    if family_type not in _TYPED_SUFFIXES or sample.suffix not in _COUNTER_LIKE - _MAY_BE_NEGATIVE:
        return True
    return not sample.value < 0


def _count_is_whole(_type: str, _name: str, sample: Sample) -> bool:
    return sample.suffix not in _WHOLE or not math.isfinite(sample.value) or sample.value.is_integer()


def _exemplar_is_allowed(family_type: str, _name: str, sample: Sample) -> bool:
    return sample.exemplar is None or (family_type, sample.suffix) in _EXEMPLAR_ON


def _exemplar_is_short(_type: str, _name: str, sample: Sample) -> bool:
    if sample.exemplar is None:
        return True
    return sum(len(name) + len(value) for name, value in sample.exemplar) <= EXEMPLAR_CHARACTERS_MAX


_RULES: Final[tuple[_Rule, ...]] = (
    (_stateset_has_its_label, "stateset sample without the label of its own name"),
    (_stateset_is_0_or_1, "stateset value is neither 0 nor 1"),
    (_info_is_1, "info value is not 1"),
    (_bucket_has_a_bound, 'bucket without a valid "le" label'),
    (_quantile_is_in_range, "quantile label is not within 0 and 1"),
    (_quantile_value_is_not_negative, "quantile value is negative"),
    (_counter_is_a_number, "counter-like value is NaN"),
    (_counter_is_not_negative, "counter-like value is negative"),
    (_count_is_whole, "count is not a whole number"),
    (_exemplar_is_allowed, "exemplar on a sample that must not have one"),
    (_exemplar_is_short, f"exemplar labels exceed {EXEMPLAR_CHARACTERS_MAX} characters"),
)
