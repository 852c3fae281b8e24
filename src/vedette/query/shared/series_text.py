"""A series and strings as the reference writes them in messages: `{__name__="up", job="a"}`, Go's %q."""

from __future__ import annotations

from vedette.model.labels import Labels, is_classic_label_name

_NAMED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def braced(labels: Labels) -> str:
    """All labels, the name among them, in braces."""
    pairs = (f"{name if is_classic_label_name(name) else quote(name)}={quote(value)}" for name, value in labels)
    return "{" + ", ".join(pairs) + "}"


def quote(text: str) -> str:
    """In double quotes, with escapes for what is not printable."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return _NAMED.get(char) or (
        f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
