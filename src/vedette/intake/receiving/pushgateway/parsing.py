"""A pushed body to families: the text format, or delimited protobuf. No timestamps are allowed.

A page is scanned as a scraped one is; then its samples are put to their families. Native histograms keep their classic
part, as they do on the page that a Pushgateway serves as text.
Source: Pushgateway handler/push.go; common/expfmt TextParser.
"""

from __future__ import annotations

from typing import Final

from vedette.intake.bodies import inflate
from vedette.intake.receiving.pushgateway.groups import Family, Inconsistent, PushedSample, split_name
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.labels import Labels
from vedette.model.numbers import format_general
from vedette.wire.exposition import NO_TIME, Format, Page, scan
from vedette.wire.snappy import decompress_stream

_SUFFIXES: Final = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
_PROTOBUF: Final = {"proto": "io.prometheus.client.MetricFamily", "encoding": "delimited"}
_UNTYPED: Final = "untyped"


def read_body(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """The plain bytes. Raises BadInput, BodyTooLarge."""
    match encoding.lower():
        case "gzip":
            return bytes(inflate(body, "gzip", bytes_max))
        case "snappy":
            return decompress_stream(body, bytes_max)
        case _:
            return body


def read_families(body: bytes, content_type: str) -> list[Family]:
    """Raises BadInput, and Inconsistent for timestamps. Anything that is not announced as protobuf is taken for text."""
    page = scan(body, Format.PROTOBUF) if _is_protobuf(content_type) else _scan_text(body)
    if (page.times_ms != NO_TIME).any():
        raise Inconsistent("pushed metrics must not have timestamps")
    metadata = {entry.metric: entry for entry in page.metadata()}
    samples: dict[str, list[PushedSample]] = {}
    for row, value in enumerate(page.values.tolist()):
        name, labels = split_name(_labels(page, row))
        samples.setdefault(_family_name(name, metadata), []).append(PushedSample(name, labels, format_general(value)))
    return [_family(name, rows, metadata.get(name)) for name, rows in samples.items()]


def _scan_text(body: bytes) -> Page:
    try:
        return scan(body, Format.TEXT)
    except MalformedPage as error:
        words = error.message.replace(f" in line {error.line}", "", 1)
        raise BadInput(f"text format parsing error in line {error.line}: {words}") from None


def _labels(page: Page, row: int) -> Labels:
    try:
        return page.labels(row)
    except MalformedPage as error:
        raise BadInput(f"text format parsing error: {error.message}") from None


def _family_name(name: str, metadata: dict[str, MetricMetadata]) -> str:
    if name not in metadata:
        for kind, suffixes in _SUFFIXES.items():
            for suffix in suffixes:
                stem = name.removesuffix(suffix)
                if stem != name and stem in metadata and metadata[stem].type == kind:
                    return stem
    return name


def _family(name: str, samples: list[PushedSample], entry: MetricMetadata | None) -> Family:
    kind = entry.type if entry and entry.type not in ("unknown", "") else _UNTYPED
    return Family(name, kind, entry.help if entry else "", tuple(samples))


def _is_protobuf(content_type: str) -> bool:
    media, *parameters = (part.strip() for part in content_type.split(";"))
    given = {name.strip(): value.strip(' "') for name, _, value in (one.partition("=") for one in parameters)}
    return media.lower() == "application/vnd.google.protobuf" and all(
        given.get(name) == value for name, value in _PROTOBUF.items()
    )
