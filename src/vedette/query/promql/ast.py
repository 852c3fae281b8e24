"""The tree that the parser makes of a PromQL expression: immutable nodes that know where they stand in the query.

Every node has `start` and `end`, byte offsets into the UTF-8 query (half open). Durations are whole milliseconds; where the
query computes one (`foo[step() * 2]`) the `*_expr` field holds the DurationExpr and the `*_ms` field is 0. Whoever needs
another tree makes one with `dataclasses.replace`: nothing is shared and changed, so a tree may be cached and used by
several threads. Source of the node set: Prometheus promql/parser/ast.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from vedette.model.matchers import Matcher


class ValueType(Enum):
    NONE = "none"
    SCALAR = "scalar"
    VECTOR = "vector"
    MATRIX = "matrix"
    STRING = "string"

    @property
    def documented(self) -> str:
        """The word of the documentation, used in error messages."""
        return {"vector": "instant vector", "matrix": "range vector"}.get(self.value, self.value)


class Cardinality(Enum):
    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class Function:
    """A row of the function table. `variadic`: how many of the last arguments may be left out or added; -1: any number.

    With `variadic` set, at least `len(arg_types) - 1` arguments are needed and further ones have the last type.
    """

    name: str
    arg_types: tuple[ValueType, ...]
    return_type: ValueType = ValueType.VECTOR
    variadic: int = 0
    experimental: bool = False


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """`is_duration`: written as `5m`; `value` is then in seconds."""

    value: float
    start: int
    end: int
    is_duration: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.SCALAR


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """`value` keeps bytes that are not UTF-8 as surrogates (PEP 383): `"\\xff"` is a legal literal, but no label name."""

    value: str
    start: int
    end: int

    @property
    def type(self) -> ValueType:
        return ValueType.STRING


@dataclass(frozen=True, slots=True)
class DurationExpr:
    """Arithmetic on durations in a range, step or offset; the engine computes it (in seconds) once it knows step and range.

    `op` is + - * / % ^ (`lhs` None: a sign), `step` or `range` (no operands), `max_of` or `min_of`.
    `wrapped`: it stood in parentheses; kept for printing.
    """

    op: str
    lhs: Duration | None
    rhs: Duration | None
    start: int
    end: int
    wrapped: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.SCALAR


Duration = NumberLiteral | DurationExpr


@dataclass(frozen=True, slots=True)
class VectorSelector:
    """`matchers` contains the one for `name` (last) when the name stood before the braces; `name` is empty otherwise.

    `timestamp_ms` is the `@` modifier's time; `start_or_end` is set for `@ start()` and `@ end()`.
    In a MatrixSelector these modifiers belong to the inner selector.
    """

    name: str
    matchers: tuple[Matcher, ...]
    start: int
    end: int
    offset_ms: int = 0
    offset_expr: DurationExpr | None = None
    timestamp_ms: int | None = None
    start_or_end: Literal["start", "end"] | None = None
    anchored: bool = False
    smoothed: bool = False

    @property
    def type(self) -> ValueType:
        return ValueType.VECTOR


@dataclass(frozen=True, slots=True)
class MatrixSelector:
    selector: VectorSelector
    range_ms: int
    range_expr: DurationExpr | None
    end: int

    @property
    def start(self) -> int:
        return self.selector.start

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX


@dataclass(frozen=True, slots=True)
class SubqueryExpr:
    """`expr[range:step]`; `step_ms` 0 without `step_expr` means the default step."""

    expr: Expr
    range_ms: int
    range_expr: DurationExpr | None
    step_ms: int
    step_expr: DurationExpr | None
    end: int
    offset_ms: int = 0
    offset_expr: DurationExpr | None = None
    timestamp_ms: int | None = None
    start_or_end: Literal["start", "end"] | None = None

    @property
    def start(self) -> int:
        return self.expr.start

    @property
    def type(self) -> ValueType:
        return ValueType.MATRIX


@dataclass(frozen=True, slots=True)
class Call:
    function: Function
    args: tuple[Expr, ...]
    start: int
    end: int

    @property
    def type(self) -> ValueType:
        return self.function.return_type


@dataclass(frozen=True, slots=True)
class AggregateExpr:
    """`op` is the lower-case name: sum, topk, count_values ... `param` is set for those that take one."""

    op: str
    expr: Expr
    param: Expr | None
    grouping: tuple[str, ...]
    without: bool
    start: int
    end: int

    @property
    def type(self) -> ValueType:
        return ValueType.VECTOR


@dataclass(frozen=True, slots=True)
class VectorMatching:
    """`on`: match by `labels` only; otherwise by all but `labels`. `include`: labels copied from the "one" side.

    A fill value that is not None stands in for a series that one side lacks.
    """

    cardinality: Cardinality = Cardinality.ONE_TO_ONE
    on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None


@dataclass(frozen=True, slots=True)
class BinaryExpr:
    """`op` as written, in lower case: + - * / % ^ atan2 == != < <= > >= </ >/ and or unless.

    `matching` is None unless both sides are vectors.
    """

    op: str
    lhs: Expr
    rhs: Expr
    matching: VectorMatching | None = None
    return_bool: bool = False

    @property
    def start(self) -> int:
        return self.lhs.start

    @property
    def end(self) -> int:
        return self.rhs.end

    @property
    def type(self) -> ValueType:
        scalars = self.lhs.type is ValueType.SCALAR and self.rhs.type is ValueType.SCALAR
        return ValueType.SCALAR if scalars else ValueType.VECTOR


@dataclass(frozen=True, slots=True)
class UnaryExpr:
    op: Literal["+", "-"]
    expr: Expr
    start: int

    @property
    def end(self) -> int:
        return self.expr.end

    @property
    def type(self) -> ValueType:
        return self.expr.type


@dataclass(frozen=True, slots=True)
class ParenExpr:
    expr: Expr
    start: int
    end: int

    @property
    def type(self) -> ValueType:
        return self.expr.type


Expr = (
    NumberLiteral
    | StringLiteral
    | VectorSelector
    | MatrixSelector
    | SubqueryExpr
    | Call
    | AggregateExpr
    | BinaryExpr
    | UnaryExpr
    | ParenExpr
)

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SET_OPERATORS = frozenset({"and", "or", "unless"})


def annotated_place(arg: Expr) -> int:
    """Where annotations about the first argument of a range function point. The reference forgets a subquery's place."""
    return 0 if isinstance(arg, SubqueryExpr) else arg.start


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct operands in the order of evaluation; duration expressions are not among them."""
    match expr:
        case AggregateExpr():
            return (expr.expr,) if expr.param is None else (expr.expr, expr.param)
        case BinaryExpr():
            return (expr.lhs, expr.rhs)
        case Call():
            return expr.args
        case SubqueryExpr() | UnaryExpr() | ParenExpr():
            return (expr.expr,)
        case MatrixSelector():
            return (expr.selector,)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and all below it, parents first."""
    yield expr
    for child in children(expr):
        yield from walk(child)
