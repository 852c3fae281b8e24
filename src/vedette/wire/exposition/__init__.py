"""Prometheus' exposition formats: text, OpenMetrics and delimited protobuf to columns; content negotiation; series caches."""

from vedette.wire.exposition.checking import check_page
from vedette.wire.exposition.negotiation import (
    DEFAULT_SCRAPE_PROTOCOLS,
    PROTO_FIRST_SCRAPE_PROTOCOLS,
    SCRAPE_PROTOCOLS,
    Format,
    Negotiated,
    accept_header,
    fallback_format,
    format_of,
)
from vedette.wire.exposition.page import NO_TIME, Exemplars, Page
from vedette.wire.exposition.scanning import scan
from vedette.wire.exposition.series_cache import DROPPED, DUPLICATE, UNKNOWN, SeriesCache
from vedette.wire.exposition.strict import Problem

__all__ = [
    "DEFAULT_SCRAPE_PROTOCOLS",
    "DROPPED",
    "DUPLICATE",
    "NO_TIME",
    "PROTO_FIRST_SCRAPE_PROTOCOLS",
    "SCRAPE_PROTOCOLS",
    "UNKNOWN",
    "Exemplars",
    "Format",
    "Negotiated",
    "Page",
    "Problem",
    "SeriesCache",
    "accept_header",
    "check_page",
    "fallback_format",
    "format_of",
    "scan",
]
