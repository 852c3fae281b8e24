"""Checks of sections that are not built yet, so that a file which the reference refuses does not load here either.

A table of (key, condition, message); nothing is interpreted beyond what the check needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check_foreign_job(unbuilt: Mapping[str, Any]) -> None:
    """Raises BadInput in the reference's words."""


def check_foreign_sections(unbuilt: Mapping[str, Any]) -> None:
    """Raises BadInput in the reference's words."""
