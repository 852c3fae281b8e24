"""A payload that the configuration wrote, its texts filled in: webhooks' bodies, PagerDuty's details, Jira's fields.

A text that reads as YAML of another type after filling becomes that value (`"{{ .Alerts | toJson }}"` a list, `"3"` a number),
which is not filled again. Source of semantics: Alertmanager template/template.go DeepCopyWithTemplate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput


def fill_payload(value: Any, expand: Callable[[str], str]) -> Any:
    """`expand` fills one text; keys are filled too."""
    match value:
        case str():
            return _read(expand(value))
        case list() | tuple():
            return [fill_payload(item, expand) for item in value]
        case Mapping():
            return {expand(str(key)): fill_payload(item, expand) for key, item in value.items()}
    return value


def _read(text: str) -> Any:
    try:
        root = parse_yaml(text, Document("", Path()))
        found = None if root is None else root.plain()
    except BadInput:
        return text
    return text if isinstance(found, str) else found
