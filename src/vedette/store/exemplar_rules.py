"""Which exemplars a series takes: each must sort after the series' last one.

An exposition repeats the exemplars of its last page until new ones come, so comparing with the last one is what keeps a
scrape from storing the same exemplar four times a minute. Source: Prometheus tsdb/exemplar.go, validateExemplar.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from vedette.model import verdicts
from vedette.model.labels import Labels

LABELS_LENGTH_MAX: Final = 128
"""Characters of all names and values. Source: Prometheus model/exemplar, ExemplarMaxLabelSetLength (OpenMetrics)."""


class Exemplar(NamedTuple):
    """Compares by time, value, labels."""

    time_ms: int
    value: float
    labels: Labels


def judge(last: Exemplar | None, exemplar: Exemplar) -> int:
    """A verdict of model/verdicts.py: ACCEPTED, IDEMPOTENT, TOO_OLD, or REFUSED for labels that are too long."""
    if sum(len(name) + len(value) for name, value in exemplar.labels) > LABELS_LENGTH_MAX:
        return verdicts.REFUSED
    if last is None:
        return verdicts.ACCEPTED
    if _key(exemplar) == _key(last):
        return verdicts.IDEMPOTENT
    return verdicts.TOO_OLD if exemplar < last else verdicts.ACCEPTED


def _key(exemplar: Exemplar) -> tuple[int, bytes, Labels]:
    """Equal for equal exemplars, NaN included."""
    return exemplar.time_ms, struct.pack("<d", exemplar.value), exemplar.labels
