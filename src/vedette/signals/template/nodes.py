"""The tree of a template. `at` is an offset into the text it was parsed from; `str(node)` is how errors quote it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    at: int


@dataclass(slots=True)
class TextNode(Node):
    text: str


@dataclass(slots=True)
class ListNode(Node):
    nodes: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class DotNode(Node):
    def __str__(self) -> str:
        return "."


@dataclass(slots=True)
class NilNode(Node):
    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True)
class ConstantNode(Node):
    """A bool, a number (int where it is written as one or is a character, else float) or a string; `text` as written."""

    value: bool | int | float | str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class FieldNode(Node):
    """`.A.B`: looked up from the dot."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class VariableNode(Node):
    """`$x.A.B`; `name` with its dollar sign."""

    name: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name + "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class ChainNode(Node):
    """`(pipeline).A.B`."""

    operand: Node
    names: tuple[str, ...]

    def __str__(self) -> str:
        operand = f"({self.operand})" if isinstance(self.operand, PipeNode) else str(self.operand)
        return operand + "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class IdentifierNode(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class CommandNode(Node):
    arguments: list[Node]

    def __str__(self) -> str:
        return " ".join(f"({each})" if isinstance(each, PipeNode) else str(each) for each in self.arguments)


@dataclass(slots=True)
class PipeNode(Node):
    """`variables`: what it declares or, where `assigns`, gives a new value."""

    variables: tuple[str, ...]
    assigns: bool
    commands: list[CommandNode]

    def __str__(self) -> str:
        names = f"{', '.join(self.variables)} {'=' if self.assigns else ':='} " if self.variables else ""
        return names + " | ".join(map(str, self.commands))


@dataclass(slots=True)
class ActionNode(Node):
    pipe: PipeNode

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True)
class BranchNode(Node):
    """`kind` is if, with or range."""

    kind: str
    pipe: PipeNode
    body: ListNode
    otherwise: ListNode | None

    def __str__(self) -> str:
        return f"{{{{{self.kind} {self.pipe}}}}}"


@dataclass(slots=True)
class BreakNode(Node):
    pass


@dataclass(slots=True)
class ContinueNode(Node):
    pass


@dataclass(slots=True)
class TemplateNode(Node):
    name: str
    pipe: PipeNode | None

    def __str__(self) -> str:
        return f'{{{{template "{self.name}"{f" {self.pipe}" if self.pipe else ""}}}}}'


def is_empty(tree: ListNode) -> bool:
    """Nothing but white space: such a definition does not replace another one."""
    return all(isinstance(node, TextNode) and not node.text.strip() for node in tree.nodes)
