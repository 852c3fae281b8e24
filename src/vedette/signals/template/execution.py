"""Runs a tree over data: nodes write text, pipelines give values.

Limits hold for all that one call runs, nested templates included: steps, bytes written, depth. Source of semantics: Go
text/template (exec.go).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn

from vedette.model.quoting import quote
from vedette.signals.template.environment import Budget, Escaper, MissingKey, Tree
from vedette.signals.template.errors import FunctionError, TemplateError
from vedette.signals.template.functions import SHORT_CIRCUIT
from vedette.signals.template.nodes import (
    ActionNode,
    BranchNode,
    BreakNode,
    ChainNode,
    CommandNode,
    ConstantNode,
    ContinueNode,
    DotNode,
    FieldNode,
    IdentifierNode,
    ListNode,
    NilNode,
    Node,
    PipeNode,
    TemplateNode,
    TextNode,
    VariableNode,
)
from vedette.signals.template.printing import show
from vedette.signals.template.values import NO_VALUE, Exposed, Method, StringMap, is_true, type_name


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


_NOT_INVOKED: Final = "has arguments but cannot be invoked as function"
_ABSENT: Final = object()
"""The argument that a pipeline does not hand on, because its command is the first."""


class Executor:
    def __init__(
        self,
        trees: Mapping[str, Tree],
        functions: Mapping[str, Callable[..., Any]],
        missing_key: MissingKey,
        budget: Budget,
        escaper: Escaper | None = None,
    ) -> None:
        self._trees = trees
        self._functions = functions
        self._missing_key = missing_key
        self._budget = budget
        self._escaper = escaper
        self._out: list[str] = []
        self._name = ""
        self._tree: Tree | None = None
        self._variables: list[tuple[str, Any]] = []

    def run(self, name: str, data: Any) -> str:
        """Raises TemplateError."""
        try:
            self._run_tree(name, self._trees[name], data)
        except RecursionError:
            self._fail(self._trees[name].nodes, "exceeded maximum template depth")
        return "".join(self._out)

    def _run_tree(self, name: str, tree: Tree, dot: Any) -> None:
        outer = self._name, self._tree, self._variables
        self._name, self._tree, self._variables = name, tree, [("$", dot)]
        self._budget.depth += 1
        self._walk(dot, tree.nodes)
        self._budget.depth -= 1
        self._name, self._tree, self._variables = outer

    # nodes that write

    def _walk(self, dot: Any, node: Node) -> None:
        self._step(node)
        match node:
            case TextNode():
                self._write(node, node.text if self._escaper is None else self._escaped_text(node, self._escaper))
            case ActionNode():
                value = self._pipeline(dot, node.pipe)
                if not node.pipe.variables:
                    self._write(node, self._printed(node, value))
            case ListNode():
                for each in node.nodes:
                    self._walk(dot, each)
            case BranchNode():
                self._branch(dot, node)
            case TemplateNode():
                self._template(dot, node)
            case BreakNode():
                raise _Break
            case ContinueNode():
                raise _Continue
            case _:
                raise TypeError(f"no statement: {node}")

    def _branch(self, dot: Any, node: BranchNode) -> None:
        mark = len(self._variables)
        if node.kind == "range":
            self._range(dot, node, mark)
        else:
            value = self._pipeline(dot, node.pipe)
            if is_true(value):
                self._walk(value if node.kind == "with" else dot, node.body)
            elif node.otherwise is not None:
                self._walk(dot, node.otherwise)
        del self._variables[mark:]

    def _range(self, dot: Any, node: BranchNode, mark: int) -> None:
        value = self._pipeline(dot, node.pipe)
        del self._variables[mark:]
        empty = True
        for key, element in self._elements(node, value):
            empty = False
            self._step(node)
            self._bind(node, key, element)
            try:
                self._walk(element, node.body)
            except _Continue:
                continue
            except _Break:
                break
            finally:
                del self._variables[mark:]
        if empty and node.otherwise is not None:
            self._walk(dot, node.otherwise)

    def _bind(self, node: BranchNode, key: Any, element: Any) -> None:
        """One variable takes the element, two the key and the element."""
        names = node.pipe.variables
        values = (element,) if len(names) == 1 else (key, element)
        for name, value in zip(names, values, strict=False):
            if node.pipe.assigns:
                self._assign(node, name, value)
            else:
                self._variables.append((name, value))

    def _elements(self, node: BranchNode, value: Any) -> Iterator[tuple[Any, Any]]:
        match value:
            case None:
                return iter(())
            case Mapping():
                return ((key, value[key]) for key in sorted(value))
            case list() | tuple():
                return iter(enumerate(value))
            case int() if not isinstance(value, bool):
                return ((number, number) for number in range(value))
        self._fail(node.pipe, f"range can't iterate over {show(value)}")

    def _template(self, dot: Any, node: TemplateNode) -> None:
        tree = self._trees.get(node.name)
        if tree is None:
            self._fail(node, f"template {quote(node.name)} not defined")
        if self._budget.depth >= self._budget.limits.depth_max:
            self._fail(node, f"exceeded maximum template depth ({self._budget.limits.depth_max})")
        data = None if node.pipe is None else self._pipeline(dot, node.pipe)
        self._run_tree(node.name, tree, data)

    # pipelines

    def _pipeline(self, dot: Any, pipe: PipeNode) -> Any:
        value: Any = _ABSENT
        for command in pipe.commands:
            value = self._command(dot, command, value)
        for name in pipe.variables[:1] if len(pipe.variables) == 1 else ():
            if pipe.assigns:
                self._assign(pipe, name, value)
            else:
                self._variables.append((name, value))
        return value

    def _command(self, dot: Any, command: CommandNode, final: Any) -> Any:
        self._step(command)
        first = command.arguments[0]
        match first:
            case FieldNode():
                return self._fields(dot, dot, first, first.names, command.arguments, final)
            case ChainNode():
                value = self._chain_operand(dot, first)
                return self._fields(dot, value, first, first.names, command.arguments, final)
            case IdentifierNode():
                return self._function(dot, first, command, command.arguments, final)
            case VariableNode():
                value = self._variable(first)
                if first.names:
                    return self._fields(dot, value, first, first.names, command.arguments, final)
                self._check_no_arguments(first, command.arguments, final)
                return value
            case PipeNode():
                self._check_no_arguments(first, command.arguments, final)
                return self._pipeline(dot, first)
        self._check_no_arguments(first, command.arguments, final)
        if isinstance(first, NilNode):
            self._fail(first, "nil is not a command")
        return self._argument(dot, first)

    def _check_no_arguments(self, first: Node, arguments: list[Node], final: Any) -> None:
        if len(arguments) > 1 or final is not _ABSENT:
            self._fail(first, f"can't give argument to non-function {first}")

    def _argument(self, dot: Any, node: Node) -> Any:
        match node:
            case DotNode():
                return dot
            case NilNode():
                return None
            case ConstantNode():
                return node.value
            case FieldNode():
                return self._fields(dot, dot, node, node.names, [node], _ABSENT)
            case VariableNode():
                return self._fields(dot, self._variable(node), node, node.names, [node], _ABSENT)
            case ChainNode():
                return self._fields(dot, self._chain_operand(dot, node), node, node.names, [node], _ABSENT)
            case PipeNode():
                return self._pipeline(dot, node)
            case IdentifierNode():
                return self._function(dot, node, node, [node], _ABSENT)
        raise TypeError(f"no operand: {node}")

    def _chain_operand(self, dot: Any, node: ChainNode) -> Any:
        if isinstance(node.operand, NilNode):
            self._fail(node, f"indirection through explicit nil in {node}")
        return self._argument(dot, node.operand)

    def _variable(self, node: VariableNode) -> Any:
        for name, value in reversed(self._variables):
            if name == node.name:
                return value
        self._fail(node, f"undefined variable: {node.name}")

    def _assign(self, node: Node, name: str, value: Any) -> None:
        for place in range(len(self._variables) - 1, -1, -1):
            if self._variables[place][0] == name:
                self._variables[place] = name, value
                return
        self._fail(node, f"undefined variable: {name}")

    # members and calls

    def _fields(
        self, dot: Any, value: Any, node: Node, names: tuple[str, ...], arguments: list[Node], final: Any
    ) -> Any:
        """The chain of members from `value`; only the last may take arguments."""
        if value is None and isinstance(node, FieldNode):
            return None  # no data at all: nothing is wrong with asking it for a field
        for name in names[:-1]:
            value = self._member(dot, value, node, name, [node], _ABSENT)
        return self._member(dot, value, node, names[-1], arguments, final) if names else value

    def _member(self, dot: Any, value: Any, node: Node, name: str, arguments: list[Node], final: Any) -> Any:
        found = self._find_member(value, node, name)
        if isinstance(found, Method):
            given = self._given(dot, arguments, final)
            return self._call(node, name, found.call, given)
        if len(arguments) > 1 or final is not _ABSENT:
            why = "is not a method but has arguments" if isinstance(value, Mapping) else _NOT_INVOKED
            self._fail(node, f"{name} {why}")
        return found

    def _find_member(self, value: Any, node: Node, name: str) -> Any:
        if isinstance(value, StringMap) and name in value.methods:
            method = value.methods[name]
            return Method(lambda *arguments: method(value, *arguments))
        if isinstance(value, Mapping):
            if name in value:
                return value[name]
            if self._missing_key == "error":
                self._fail(node, f"map has no entry for key {quote(name)}")
            return "" if isinstance(value, StringMap) and self._missing_key == "zero" else None
        if value is None:
            self._fail(node, f"nil pointer evaluating interface {{}}.{name}")
        if isinstance(value, Exposed):
            try:
                return value.member(name)
            except KeyError:
                pass
        self._fail(node, f"can't evaluate field {name} in type {type_name(value)}")

    def _function(self, dot: Any, node: IdentifierNode, command: Node, arguments: list[Node], final: Any) -> Any:
        if node.name in SHORT_CIRCUIT:
            return self._short_circuit(dot, node, arguments, final)
        return self._call(command, node.name, self._functions[node.name], self._given(dot, arguments, final))

    def _short_circuit(self, dot: Any, node: IdentifierNode, arguments: list[Node], final: Any) -> Any:
        """`and` ends at the first value that is empty, `or` at the first that is not."""
        if len(arguments) == 1 and final is _ABSENT:
            self._fail(node, f"wrong number of args for {node.name}: want at least 1 got 0")
        value: Any = _ABSENT
        for argument in arguments[1:]:
            value = self._argument(dot, argument)
            if is_true(value) == (node.name == "or"):
                return value
        return value if final is _ABSENT else final

    def _given(self, dot: Any, arguments: list[Node], final: Any) -> list[Any]:
        given = [self._argument(dot, argument) for argument in arguments[1:]]
        return given if final is _ABSENT else [*given, final]

    def _call(self, node: Node, name: str, function: Callable[..., Any], given: list[Any]) -> Any:
        least, most = _argument_counts(function)
        if not least <= len(given) <= most:
            want = f"{least}" if least == most else f"at least {least}"
            self._fail(node, f"wrong number of args for {name}: want {want} got {len(given)}")
        try:
            return function(*given)
        except FunctionError as error:
            self._fail(node, f"error calling {name}: {error}")
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            self._fail(node, f"error calling {name}: unsuitable argument: {error}")

    # output and errors

    def _printed(self, node: ActionNode, value: Any) -> str:
        if callable(value) and not isinstance(value, Exposed):
            self._fail(node, f"can't print {node} of type {type_name(value)}")
        printed = NO_VALUE if value is None else show(value)
        return printed if self._escaper is None else self._escaped_value(node, self._escaper, value, printed)

    def _escaped_text(self, node: TextNode, escaper: Escaper) -> str:
        try:
            return escaper.text(node.text)
        except FunctionError as error:
            self._fail(node, str(error))

    def _escaped_value(self, node: ActionNode, escaper: Escaper, value: Any, printed: str) -> str:
        first = (command.arguments[0] for command in node.pipe.commands)
        try:
            return escaper.value(
                value, printed, [each.name if isinstance(each, IdentifierNode) else "" for each in first]
            )
        except FunctionError as error:
            self._fail(node, str(error))

    def _write(self, node: Node, text: str) -> None:
        self._budget.chars += len(text)
        if self._budget.chars > self._budget.limits.output_chars_max:
            self._fail(node, f"output exceeds output_chars_max: {self._budget.limits.output_chars_max}")
        self._out.append(text)

    def _step(self, node: Node) -> None:
        self._budget.steps += 1
        if self._budget.steps > self._budget.limits.steps_max:
            self._fail(node, f"template exceeds steps_max: {self._budget.limits.steps_max}")

    def _fail(self, node: Node, message: str) -> NoReturn:
        tree = self._tree
        assert tree is not None
        before = tree.text[: node.at]
        line_start = before.rfind("\n") + 1
        column = len(before[line_start:].encode())
        quoted = str(node) if not isinstance(node, (ListNode, TextNode)) else ""
        place = f" at <{_shortened(quoted)}>" if quoted else ""
        raise TemplateError(
            f"executing {quote(self._name)}{place}: {message}",
            name=tree.file,
            line=before.count("\n") + 1,
            column=column,
        )


@lru_cache(maxsize=1024)
def _argument_counts(function: Callable[..., Any]) -> tuple[int, int]:
    """How many arguments it takes, least and most."""
    parameters = inspect.signature(function).parameters.values()
    least = sum(each.default is each.empty and each.kind is not each.VAR_POSITIONAL for each in parameters)
    variadic = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    return least, sys.maxsize if variadic else len(parameters)


def _shortened(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "..."
