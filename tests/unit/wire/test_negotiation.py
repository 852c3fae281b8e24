from __future__ import annotations

import pytest

from vedette.model.errors import MalformedPage
from vedette.wire.negotiation import (
    PROTO_FIRST_SCRAPE_PROTOCOLS,
    Format,
    accept_header,
    fallback_format,
    format_of,
)


def test_the_accept_header_is_the_reference_one() -> None:
    assert accept_header() == (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    )
    assert accept_header(PROTO_FIRST_SCRAPE_PROTOCOLS, "underscores").startswith(
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,"
    )
    assert accept_header(["PrometheusText0.0.4"]) == "text/plain;version=0.0.4;q=0.6,*/*;q=0.5"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", Format.TEXT),
        ("TEXT/Plain", Format.TEXT),
        ("text/plain;", Format.TEXT),
        ('application/openmetrics-text; version="1.0.0"; charset=utf-8', Format.OPENMETRICS),
        (
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
            Format.PROTOBUF,
        ),
    ],
)
def test_a_known_content_type_names_its_format(content_type: str, expected: Format) -> None:
    assert format_of(content_type).format is expected


def test_the_escaping_that_a_target_used_is_read() -> None:
    assert format_of("text/plain; version=1.0.0; escaping=values").escaping == "values"


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        (
            "",
            "non-compliant scrape target sending blank Content-Type "
            "and no fallback_scrape_protocol specified for target",
        ),
        (
            "text/html",
            'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
        ),
        ("text/plain; =", 'cannot parse Content-Type "text/plain; =" and no fallback_scrape_protocol for target'),
        ("a b", 'cannot parse Content-Type "a b" and no fallback_scrape_protocol for target'),
    ],
)
def test_without_a_fallback_the_error_is_the_reference_one(content_type: str, message: str) -> None:
    with pytest.raises(MalformedPage) as refused:
        format_of(content_type)
    assert refused.value.message == message


@pytest.mark.parametrize("content_type", ["", "text/html", "text/plain; ="])
def test_the_fallback_is_taken_with_a_warning(content_type: str) -> None:
    negotiated = format_of(content_type, fallback_format("PrometheusText0.0.4"))
    assert negotiated.format is Format.TEXT
    assert 'using fallback_scrape_protocol "text/plain"' in negotiated.warning
    assert fallback_format("") is None
