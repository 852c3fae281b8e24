"""Prometheus' exposition formats: text, OpenMetrics and delimited protobuf to columns; series caches."""

from vedette.wire.exposition.checking import check_page
from vedette.wire.exposition.native_histograms import (
    SCHEMA_MAX_RESERVED,
    InvalidHistogram,
    NativeRows,
    of_natives,
    take_natives,
    without_natives,
)
from vedette.wire.exposition.page import NO_TIME, Exemplars, Page
from vedette.wire.exposition.scanning import scan
from vedette.wire.exposition.series_cache import DROPPED, DUPLICATE, UNKNOWN, SeriesCache
from vedette.wire.exposition.strict import Problem
from vedette.wire.negotiation import Format

__all__ = [
    "DROPPED",
    "DUPLICATE",
    "NO_TIME",
    "SCHEMA_MAX_RESERVED",
    "UNKNOWN",
    "Exemplars",
    "Format",
    "InvalidHistogram",
    "NativeRows",
    "Page",
    "Problem",
    "SeriesCache",
    "check_page",
    "of_natives",
    "scan",
    "take_natives",
    "without_natives",
]
