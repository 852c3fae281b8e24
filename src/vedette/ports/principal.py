"""Who asks (DESIGN D13). Every store, query and domain call takes a Principal; none has a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ANONYMOUS: Final = "anonymous"
"""The tenant of a caller that names none."""


@dataclass(frozen=True, slots=True)
class Principal:
    tenant: str
    user: str
    roles: frozenset[str] = frozenset()


SYSTEM: Final = Principal(tenant=ANONYMOUS, user="system", roles=frozenset({"system"}))
"""Vedette itself, where it scrapes for the default tenant."""
