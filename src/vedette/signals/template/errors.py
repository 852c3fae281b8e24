"""What is wrong with a template, and where: the texts are Go's, because users search for them."""

from __future__ import annotations

from vedette.model.errors import BadInput


class TemplateError(BadInput):
    """`line` counts from 1, `column` (bytes from the line's start) is -1 where only the line is known."""

    code = "bad_template"

    def __init__(self, message: str, *, name: str, line: int, column: int = -1, hint: str = "") -> None:
        place = f"{name}:{line}" if column < 0 else f"{name}:{line}:{column}"
        super().__init__(f"template: {place}: {message}", hint=hint)
        self.name = name
        self.line = line
        self.column = column


class FunctionError(Exception):
    """Raised by a template function: the executor says where it was called."""
