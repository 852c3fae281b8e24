"""Tokens to trees: one for the text itself, and one for each `define` and `block` in it.

Functions must be known when a template is parsed, so that a misspelt one is an error of the configuration, not of the
night it is first used. Source of semantics: Go text/template/parse (parse.go).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container
from typing import Final

from vedette.model.quoting import quote
from vedette.signals.template.errors import TemplateError
from vedette.signals.template.lexer import Kind, Lexer, Token
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

DEPTH_MAX: Final = 100
"""Of nested actions and parentheses."""

_ESCAPES: Final = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[abfnrtv\\\"'])|\\(?P<bad>.)"
)


def parse(name: str, text: str, functions: Container[str]) -> dict[str, ListNode]:
    """The trees by template name; the text's own is under `name`. Raises TemplateError."""
    parser = _Parser(name, text, functions)
    parser.parse()
    return parser.trees


class _Parser:
    def __init__(self, name: str, text: str, functions: Container[str]) -> None:
        self.trees: dict[str, ListNode] = {}
        self._name = name
        self._text = text
        self._functions = functions
        self._tokens = list(Lexer(name, text).tokens())
        self._at = 0
        self._variables = ["$"]
        self._range_depth = 0
        self._depth = 0

    def parse(self) -> None:
        tree = ListNode(0)
        while self._peek().kind is not Kind.END:
            if self._starts("define"):
                self._take(3)
                self._definition()
                continue
            node = self._text_or_action()
            if isinstance(node, _Clause):
                raise self._error(f"unexpected {{{{{node.word}}}}}", node.at)
            tree.nodes.append(node)
        self.trees[self._name] = tree

    # tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, count: int) -> None:
        self._at += count

    def _peek_past_space(self) -> Token:
        while self._peek().kind is Kind.SPACE:
            self._at += 1
        return self._peek()

    def _next_past_space(self) -> Token:
        self._peek_past_space()
        return self._next()

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._next_past_space()
        if token.kind is not kind:
            raise self._unexpected(token, context)
        return token

    def _starts(self, keyword: str) -> bool:
        """`{{define` ahead; its delimiter, a space or none, and the word become three or two tokens."""
        if self._peek().kind is not Kind.LEFT:
            return False
        place = self._at + 1
        while self._tokens[place].kind is Kind.SPACE:
            place += 1
        if self._tokens[place].kind is not Kind.KEYWORD or self._tokens[place].text != keyword:
            return False
        self._at = place - 2
        return True

    # structure

    def _definition(self) -> None:
        context = "define clause"
        name = self._string(self._next_past_space(), context)
        self._expect(Kind.RIGHT, context)
        outer, self._variables = self._variables, ["$"]
        body, end = self._items()
        if end.word != "end":
            raise self._error(f"unexpected {{{{{end.word}}}}} in {context}", end.at)
        self._variables = outer
        self.trees[name] = body

    def _items(self) -> tuple[ListNode, _Clause]:
        """Nodes up to the `end` or `else` that closes them."""
        nodes = ListNode(self._peek_past_space().at)
        while self._peek_past_space().kind is not Kind.END:
            node = self._text_or_action()
            if isinstance(node, _Clause):
                return nodes, node
            nodes.nodes.append(node)
        raise self._error("unexpected EOF", self._peek().at)

    def _text_or_action(self) -> Node:
        token = self._next_past_space()
        if token.kind is Kind.TEXT:
            return TextNode(token.at, token.text)
        if token.kind is not Kind.LEFT:
            raise self._unexpected(token, "input")
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._error(f"max action nesting of {DEPTH_MAX} exceeded", token.at)
        node = self._action()
        self._depth -= 1
        return node

    def _action(self) -> Node:
        token = self._peek_past_space()
        if token.kind is not Kind.KEYWORD:
            return ActionNode(token.at, self._pipeline("command", Kind.RIGHT))
        self._take(1)
        match token.text:
            case "if" | "with" | "range":
                return self._branch(token)
            case "end":
                self._expect(Kind.RIGHT, "end")
                return _Clause(token.at, "end")
            case "else":
                return self._else(token)
            case "template":
                return self._template()
            case "block":
                return self._block(token)
            case "break" | "continue":
                return self._loop_control(token)
            case _:
                raise self._unexpected(token, "command")

    def _else(self, token: Token) -> Node:
        """`{{else}}`, or `{{else if ...}}` and `{{else with ...}}`, which stay to be parsed as branches."""
        following = self._peek_past_space()
        if following.kind is Kind.KEYWORD and following.text in ("if", "with"):
            return _Clause(token.at, f"else {following.text}")
        self._expect(Kind.RIGHT, "else")
        return _Clause(token.at, "else")

    def _branch(self, token: Token) -> BranchNode:
        kind = token.text
        n_variables = len(self._variables)
        pipe = self._pipeline(kind, Kind.RIGHT)
        self._range_depth += kind == "range"
        body, clause = self._items()
        self._range_depth -= kind == "range"
        otherwise: ListNode | None = None
        if clause.word == f"else {kind}" and kind in ("if", "with"):
            self._take(1)
            otherwise = ListNode(clause.at, [self._branch(Token(Kind.KEYWORD, kind, clause.at))])
        elif clause.word == "else":
            otherwise, clause = self._items()
            if clause.word != "end":
                raise self._error(f"expected end; found {{{{{clause.word}}}}}", clause.at)
        elif clause.word != "end":
            raise self._error(f"unexpected {{{{{clause.word}}}}} in {kind}", clause.at)
        del self._variables[n_variables:]
        return BranchNode(token.at, kind, pipe, body, otherwise)

    def _template(self) -> TemplateNode:
        context = "template clause"
        place = self._peek_past_space().at
        name = self._string(self._next(), context)
        if self._peek_past_space().kind is Kind.RIGHT:
            self._take(1)
            return TemplateNode(place, name, None)
        return TemplateNode(place, name, self._pipeline(context, Kind.RIGHT))

    def _block(self, token: Token) -> TemplateNode:
        context = "block clause"
        name = self._string(self._next_past_space(), context)
        pipe = self._pipeline(context, Kind.RIGHT)
        outer, self._variables = self._variables, ["$"]
        outer_ranges, self._range_depth = self._range_depth, 0
        body, clause = self._items()
        if clause.word != "end":
            raise self._error(f"unexpected {{{{{clause.word}}}}} in {context}", clause.at)
        self._variables, self._range_depth = outer, outer_ranges
        self.trees[name] = body
        return TemplateNode(token.at, name, pipe)

    def _loop_control(self, token: Token) -> Node:
        self._expect(Kind.RIGHT, f"{{{{{token.text}}}}}")
        if not self._range_depth:
            raise self._error(f"{{{{{token.text}}}}} outside {{{{range}}}}", token.at)
        return BreakNode(token.at) if token.text == "break" else ContinueNode(token.at)

    # pipelines

    def _pipeline(self, context: str, end: Kind) -> PipeNode:
        start = self._peek_past_space().at
        variables, assigns = self._declarations(context)
        commands: list[CommandNode] = []
        while True:
            token = self._peek_past_space()
            if token.kind is end:
                self._take(1)
                break
            commands.append(self._command(context))
        if not commands:
            raise self._error(f"missing value for {context}", start)
        for command in commands[1:]:
            if isinstance(command.arguments[0], (ConstantNode, DotNode, NilNode)):
                place = commands.index(command) + 1
                raise self._error(f"non executable command in pipeline stage {place}", command.at)
        self._variables += [] if assigns else variables
        return PipeNode(start, tuple(variables), assigns, commands)

    def _declarations(self, context: str) -> tuple[list[str], bool]:
        """`$x :=`, `$x =`, and of range `$i, $x :=`."""
        token = self._peek_past_space()
        if token.kind is not Kind.VARIABLE:
            return [], False
        place = self._at
        self._take(1)
        following = self._peek_past_space()
        names = [token.text]
        if following.kind is Kind.COMMA and context == "range":
            self._take(1)
            second = self._expect(Kind.VARIABLE, "range")
            names.append(second.text)
            following = self._peek_past_space()
            if following.kind is Kind.COMMA:
                raise self._error("too many declarations in range", following.at)
        if following.kind not in (Kind.DECLARE, Kind.ASSIGN):
            if following.kind is Kind.COMMA:
                raise self._error(f"too many declarations in {context}", following.at)
            self._at = place
            return [], False
        self._take(1)
        assigns = following.kind is Kind.ASSIGN
        for name in names if assigns else ():
            self._check_variable(name, token.at)
        return names, assigns

    def _command(self, context: str) -> CommandNode:
        start = self._peek_past_space()
        arguments: list[Node] = []
        while True:
            operand = self._operand(context)
            if operand is not None:
                arguments.append(operand)
            token = self._peek()
            if token.kind is Kind.SPACE:
                self._take(1)
                continue
            if token.kind is Kind.PIPE:
                self._take(1)
                if self._peek_past_space().kind in (Kind.RIGHT, Kind.CLOSE):
                    raise self._error(f"missing value for {context}", token.at)
                break
            if token.kind in (Kind.RIGHT, Kind.CLOSE):
                break
            raise self._unexpected(token, "operand")
        if not arguments:
            raise self._error("empty command", start.at)
        return CommandNode(start.at, arguments)

    def _operand(self, context: str) -> Node | None:
        """A term and the fields behind it."""
        node = self._term(context)
        if node is None or self._peek().kind is not Kind.FIELD:
            return node
        at = self._peek().at
        names = []
        while self._peek().kind is Kind.FIELD:
            names.append(self._next().text[1:])
        match node:
            case FieldNode():
                return FieldNode(at, (*node.names, *names))
            case VariableNode():
                return VariableNode(at, node.name, (*node.names, *names))
            case ConstantNode() | NilNode() | DotNode():
                raise self._error(f"unexpected . after term {quote(str(node))}", at)
            case _:
                return ChainNode(at, node, tuple(names))

    def _term(self, context: str) -> Node | None:
        token = self._peek_past_space()
        match token.kind:
            case Kind.IDENTIFIER:
                if token.text not in self._functions:
                    raise self._error(f"function {quote(token.text)} not defined", token.at)
                node: Node = IdentifierNode(token.at, token.text)
            case Kind.DOT:
                node = DotNode(token.at)
            case Kind.NIL:
                node = NilNode(token.at)
            case Kind.VARIABLE:
                self._check_variable(token.text, token.at)
                node = VariableNode(token.at, token.text)
            case Kind.FIELD:
                node = FieldNode(token.at, (token.text[1:],))
            case Kind.BOOL:
                node = ConstantNode(token.at, token.text == "true", token.text)
            case Kind.NUMBER | Kind.CHAR:
                node = ConstantNode(token.at, self._number(token), token.text)
            case Kind.STRING | Kind.RAW_STRING:
                node = ConstantNode(token.at, self._string(token, context), token.text)
            case Kind.OPEN:
                self._take(1)
                self._depth += 1
                if self._depth > DEPTH_MAX:
                    raise self._error(f"max expression depth {DEPTH_MAX} exceeded", token.at)
                node = self._pipeline("parenthesized pipeline", Kind.CLOSE)
                self._depth -= 1
                return node
            case _:
                return None
        self._take(1)
        return node

    # literals

    def _number(self, token: Token) -> int | float:
        text = token.text
        if token.kind is Kind.CHAR:
            character = self._unescape(text[1:-1], token)
            if len(character) != 1:
                raise self._error(f"malformed character constant: {text}", token.at)
            return ord(character)
        try:
            if re.fullmatch(r"[+-]?0\d+", text):
                return int(text, 8)
            return int(text, 0)
        except ValueError:
            pass
        try:
            return float.fromhex(text) if re.match(r"[+-]?0[xX]", text) else float(text)
        except ValueError:
            raise self._error(f"bad number syntax: {quote(text)}", token.at) from None

    def _string(self, token: Token, context: str) -> str:
        if token.kind is Kind.RAW_STRING:
            return token.text[1:-1]
        if token.kind is not Kind.STRING:
            raise self._unexpected(token, context)
        return self._unescape(token.text[1:-1], token)

    def _unescape(self, text: str, token: Token) -> str:
        def value(match: re.Match[str]) -> str:
            if match["bad"] is not None:
                raise self._error("invalid syntax", token.at)
            return str(ast.literal_eval(f'"{match[0]}"'))

        return _ESCAPES.sub(value, text)

    # errors

    def _check_variable(self, name: str, at: int) -> None:
        if name not in self._variables:
            raise self._error(f"undefined variable {quote(name)}", at)

    def _unexpected(self, token: Token, context: str) -> TemplateError:
        found = "EOF" if token.kind is Kind.END else quote(token.text)
        if token.kind is Kind.KEYWORD:
            found = f"<{token.text}>"
        return self._error(f"unexpected {found} in {context}", token.at)

    def _error(self, message: str, at: int) -> TemplateError:
        return TemplateError(message, name=self._name, line=self._text.count("\n", 0, at) + 1)


class _Clause(Node):
    """`end` or `else`, which close what the caller is parsing."""

    __slots__ = ("word",)

    def __init__(self, at: int, word: str) -> None:
        super().__init__(at)
        self.word = word
