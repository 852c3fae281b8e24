"""`tracing` and `event_recorder`: taken and kept as they are, and held only against what the reference refuses.

Source: Alertmanager tracing/config.go, eventrecorder/config.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vedette.intake.config.foreign_sections import check_section as check_shared_section
from vedette.intake.config.yaml_nodes import Node

UNBUILT_SECTIONS: Final = ("tracing", "event_recorder")
_RECORDERS: Final = ("file_outputs", "webhook_outputs", "kafka_outputs", "stdout_outputs")


def check_section(node: Node) -> None:
    """Raises ConfigError when the reference would refuse the section."""
    if node.key == "tracing":
        check_shared_section(node)
        return
    value: Any = node.plain()
    if value is not None and not isinstance(value, Mapping):
        raise node.mismatch("eventrecorder.Config")
    for key, _ in node.fields("eventrecorder.Config") if value else ():
        if key.text() not in _RECORDERS:
            message = f"unmarshal errors: line {key.line}: field {key.text()} not found in type eventrecorder.Config"
            raise key.error(message, f"it takes {', '.join(_RECORDERS)}")
