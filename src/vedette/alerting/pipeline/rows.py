"""Alerts, silences and log entries as the rows of ports/control.py, and back."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.matchers.matcher import AlertMatcher
from vedette.alerting.pipeline.notification_log import LogEntry, LogKey
from vedette.alerting.pipeline.silences import Silence, SilenceId
from vedette.model.labels import Labels
from vedette.model.matchers import MatchType
from vedette.ports.control import AlertRow, LogRow, SilenceRow

_encode: Final = msgspec.json.Encoder().encode
_decode_labels: Final = msgspec.json.Decoder(dict[str, str]).decode


def alert_row(alert: Alert) -> AlertRow:
    return AlertRow(
        alert.fingerprint,
        _encode(dict(alert.labels.pairs)).decode(),
        _encode(dict(alert.annotations.pairs)).decode(),
        alert.starts_at_ms,
        alert.ends_at_ms,
        alert.updated_at_ms,
        alert.generator_url,
        alert.timeout,
    )


def read_alert(row: AlertRow) -> Alert:
    return Alert(
        Labels.of(_decode_labels(row.labels)),
        row.starts_at_ms,
        row.ends_at_ms,
        Labels.from_sorted(tuple(_decode_labels(row.annotations).items())),
        row.generator_url,
        row.updated_at_ms,
        bool(row.timeout),
        Fingerprint(row.fingerprint),
    )


class _Content(msgspec.Struct):
    matcher_sets: list[list[tuple[str, str, str]]]
    starts_at_ms: int
    created_by: str
    comment: str
    annotations: dict[str, str]


_decode_content: Final = msgspec.json.Decoder(_Content).decode


def silence_row(silence: Silence) -> SilenceRow:
    content = _Content(
        [[(each.name, each.type.value, each.value) for each in matchers] for matchers in silence.matcher_sets],
        silence.starts_at_ms,
        silence.created_by,
        silence.comment,
        dict(silence.annotations),
    )
    return SilenceRow(silence.id, _encode(content).decode(), silence.ends_at_ms, silence.updated_at_ms)


def read_silence(row: SilenceRow) -> Silence:
    content = _decode_content(row.content)
    return Silence(
        tuple(
            tuple(AlertMatcher(name, MatchType(kind), value) for name, kind, value in matchers)
            for matchers in content.matcher_sets
        ),
        content.starts_at_ms,
        row.ends_at_ms,
        content.created_by,
        content.comment,
        content.annotations,
        SilenceId(row.id),
        row.updated_at_ms,
    )


def log_row(entry: LogEntry) -> LogRow:
    return LogRow(
        *entry.key,
        entry.sent_at_ms,
        _pack(entry.firing),
        _pack(entry.resolved),
        _encode(entry.kept).decode(),
        entry.expires_at_ms,
    )


def read_log_entry(row: LogRow) -> LogEntry:
    kept: Mapping[str, Any] = _decode_labels(row.kept)
    key = LogKey(row.group_key, row.receiver, row.integration, row.place)
    return LogEntry(key, row.sent_at_ms, _unpack(row.firing), _unpack(row.resolved), row.expires_at_ms, kept)


def _pack(fingerprints: Iterable[Fingerprint]) -> bytes:
    return array("Q", sorted(fingerprints)).tobytes()


def _unpack(packed: bytes) -> frozenset[Fingerprint]:
    found = array("Q")
    found.frombytes(packed)
    return frozenset(Fingerprint(fingerprint) for fingerprint in found)
