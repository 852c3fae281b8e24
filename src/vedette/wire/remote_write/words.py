"""Series in messages, as the reference's label sets print themselves: `{__name__="up", job="a"}`."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.model.labels import is_classic_label_name
from vedette.model.quoting import quote


def show_labels(pairs: Iterable[tuple[str, str]]) -> str:
    shown = (f"{name if is_classic_label_name(name) else quote(name)}={quote(value)}" for name, value in pairs)
    return "{" + ", ".join(shown) + "}"
