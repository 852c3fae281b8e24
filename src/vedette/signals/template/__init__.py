"""Go's text/template: alert annotations, notification texts and log lines are written in it by people who know it from there.

    text --lexer--> tokens --parser--> trees --execution--> text

A `TemplateSet` holds the templates that know each other by name. Values are plain Python ones (values.py says how Go would
call them); callers add functions and values of their own. Execution is bounded in steps, output and depth. Written here,
because no Python library keeps Go's semantics (jinja2 is another language).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vedette.signals.template.environment import Budget, Escaper, Limits, MissingKey, Tree
from vedette.signals.template.errors import FunctionError, TemplateError
from vedette.signals.template.execution import Executor
from vedette.signals.template.functions import BUILTINS
from vedette.signals.template.loops import check_loops, undefined_calls
from vedette.signals.template.nodes import is_empty
from vedette.signals.template.parser import parse
from vedette.signals.template.values import Exposed, Method, SafeHtml, SafeUrl, StringMap

__all__ = [
    "Escaper",
    "Exposed",
    "FunctionError",
    "Limits",
    "Method",
    "SafeHtml",
    "SafeUrl",
    "StringMap",
    "TemplateError",
    "TemplateSet",
    "expand",
]


class TemplateSet:
    """Templates by name. `functions` are added to the built-in ones. Not thread-safe while it is added to."""

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        *,
        missing_key: MissingKey = "zero",
        limits: Limits = Limits(),
    ) -> None:
        self._functions = BUILTINS | dict(functions or {})
        self._missing_key = missing_key
        self._limits = limits
        self._trees: dict[str, Tree] = {}

    def add(self, name: str, text: str) -> None:
        """Parses a text and what it defines. A later definition replaces an earlier one, unless it is empty.

        Raises TemplateError; then nothing was added.
        """
        self._trees = self._with(name, text)

    def _with(self, name: str, text: str) -> dict[str, Tree]:
        trees = dict(self._trees)
        try:
            parsed = parse(name, text, self._functions)
        except RecursionError:  # a branch of a thousand `else if`
            raise _too_deep(name) from None
        for defined, nodes in parsed.items():
            if defined not in trees or not is_empty(nodes):
                trees[defined] = Tree(nodes, name, text)
        return trees

    def check(self, text: str) -> None:
        """Whether a text could be expanded, as far as it can be said before. Raises TemplateError."""
        try:
            check_loops(self._with("", text))
        except RecursionError:  # a thousand templates that call one another in a row
            raise _too_deep("") from None

    def undefined(self, text: str) -> list[str]:
        """Templates that it, or what is defined, calls and nothing defines. Raises TemplateError where it does not parse."""
        trees = self._with("", text)
        return sorted({name for tree in trees.values() for name in undefined_calls(tree.nodes, trees)})

    def names(self) -> list[str]:
        return sorted(self._trees)

    def run(self, name: str, data: Any) -> str:
        """Raises TemplateError."""
        if name not in self._trees:
            raise TemplateError(f'no template "{name}" associated with this set', name=name, line=1)
        return Executor(self._trees, self._functions, self._missing_key, Budget(self._limits)).run(name, data)

    def expand(
        self,
        text: str,
        data: Any,
        *,
        name: str = "",
        functions: Mapping[str, Callable[..., Any]] | None = None,
        escaper: Escaper | None = None,
    ) -> str:
        """Runs a text once, with this set's templates at hand; the set stays as it is.

        `functions` stand in for this set's of the same names; `escaper` makes of each piece what is written. Raises TemplateError.
        """
        trees = self._with(name, text)
        own = self._functions | dict(functions or {})
        return Executor(trees, own, self._missing_key, Budget(self._limits), escaper).run(name, data)


def _too_deep(name: str) -> TemplateError:
    return TemplateError("exceeded maximum template depth", name=name, line=1)


def expand(text: str, data: Any, functions: Mapping[str, Callable[..., Any]] | None = None, *, name: str = "") -> str:
    """One text over one value. Raises TemplateError."""
    return TemplateSet(functions).expand(text, data, name=name)
