"""A series as the reference writes it in messages: `{__name__="up", job="a"}`."""

from __future__ import annotations

from vedette.model.labels import Labels, is_classic_label_name
from vedette.query.shared.quoting import quote


def braced(labels: Labels) -> str:
    """All labels, the name among them, in braces."""
    pairs = (f"{name if is_classic_label_name(name) else quote(name)}={quote(value)}" for name, value in labels)
    return "{" + ", ".join(pairs) + "}"
