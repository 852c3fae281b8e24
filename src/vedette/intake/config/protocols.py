"""Scrape protocols, name validation and escaping: what a job may ask a target for."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.model.errors import BadInput
from vedette.model.names import EscapingScheme, ValidationScheme
from vedette.model.quoting import quote
from vedette.wire.negotiation import SCRAPE_PROTOCOLS


def check_protocol(name: str) -> None:
    if name not in SCRAPE_PROTOCOLS:
        raise BadInput(f"unknown scrape protocol {name}, supported: [{' '.join(sorted(SCRAPE_PROTOCOLS))}]")


def check_protocols(names: Sequence[str], owner: str) -> None:
    """`owner` ends the message: `for global config` or `for scrape config with job name "x"`."""
    if not names:
        raise BadInput(f"scrape_protocols cannot be empty {owner}")
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise BadInput(f"duplicated protocol in scrape_protocols, got [{' '.join(names)}] {owner}")
        seen.add(name.lower())
        try:
            check_protocol(name)
        except BadInput as error:
            raise BadInput(f"scrape_protocols: {error.message} {owner}") from None


def validation_scheme(text: str) -> ValidationScheme | None:
    """None where the file leaves it open."""
    if not text:
        return None
    try:
        return ValidationScheme(text)
    except ValueError:
        raise BadInput(f"unrecognized ValidationScheme: {quote(text)}") from None


def escaping_scheme(text: str, owner: str) -> EscapingScheme | None:
    """`owner` is `global` or `scrape config`. None where the file leaves it open."""
    if not text:
        return None
    try:
        return EscapingScheme(text)
    except ValueError:
        known = "'allow-utf-8', 'underscores', 'dots', or 'values'"
        raise BadInput(
            f"unknown {owner} name escaping method specified, must be one of {known}, got {quote(text)}"
        ) from None


def inferred_escaping(scheme: ValidationScheme) -> EscapingScheme:
    return EscapingScheme.UNDERSCORES if scheme is ValidationScheme.LEGACY else EscapingScheme.ALLOW_UTF8
