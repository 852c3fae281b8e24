"""Lists of target groups as files and HTTP endpoints give them: `[{"targets": [...], "labels": {...}}]`, JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.intake.config.codec import read_value
from vedette.intake.config.discovery import StaticGroup
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.intake.target import TargetGroup
from vedette.model.errors import BadInput

LIST_BYTES_MAX: Final = 64 << 20


class _JsonGroup(msgspec.Struct, forbid_unknown_fields=True):
    targets: list[str] | None = None
    labels: dict[str, str] | None = None


def groups_from_json(text: bytes, source: str, extra: Mapping[str, str]) -> list[TargetGroup]:
    """`source` names the list, `extra` labels are added to each group. Raises BadInput."""
    try:
        groups = msgspec.json.decode(text, type=list[_JsonGroup | None])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{source}: {str(error).lower()}") from None
    return [_group(source, index, group, extra) for index, group in enumerate(groups)]


def groups_from_yaml(text: str, source: str, extra: Mapping[str, str]) -> list[TargetGroup]:
    """Raises ConfigError with the line."""
    root = parse_yaml(text, Document(source, Path(source).parent))
    if root is None or root.is_null:
        return []
    groups: tuple[StaticGroup | None, ...] = read_value(tuple[StaticGroup | None, ...], root)
    return [_group(source, index, group, extra) for index, group in enumerate(groups)]


def _group(source: str, index: int, group: Any, extra: Mapping[str, str]) -> TargetGroup:
    if group is None:
        raise BadInput(f"{source}: nil target group item found")
    targets = tuple({"__address__": address} for address in group.targets or ())
    return TargetGroup(f"{source}:{index}", targets, {**(group.labels or {}), **extra})
