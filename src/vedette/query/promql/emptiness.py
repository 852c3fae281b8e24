"""Why a query answers nothing: the selectors that match no series, with the matcher to blame, and the nodes that lost them.

A selector is judged by counts of the index: series that all matchers match, that each matcher matches alone, and that would be
left without it. What stands close to a matcher's value is looked for among the values that the other matchers leave,
or among all where they leave none. A node is to blame when its operands had samples and it has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from vedette.model.matchers import Matcher, MatchType
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import Principal
from vedette.ports.scan import ScanPlan
from vedette.ports.store import Selector, Store
from vedette.query.promql.ast import COMPARISONS, BinaryExpr, Call, Expr, MatrixSelector, VectorSelector
from vedette.query.promql.closeness import closest, containing
from vedette.query.promql.explaining import Explanation, NodeReport, tree_of

CLOSE_SHOWN: Final = 5


class Loss(Enum):
    """How a node lost what its operands had."""

    TOO_FEW = "too_few"
    """A range function found too few samples in every window."""
    TOO_OLD = "too_old"
    """All samples of a selector were older than the look-back, or series had ended."""
    COMPARED = "compared"
    """No value passed the comparison."""
    UNMATCHED = "unmatched"
    """No labels of one side were found on the other."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MatcherReport:
    """`alone`: series that this matcher matches by itself; `without`: series that all the others match."""

    matcher: Matcher
    alone: int
    without: int
    close_values: list[str]
    close_names: list[str]
    """Names of labels, where no series has a label of the matcher's name."""


@dataclass(frozen=True, slots=True)
class SelectorReport:
    """`series` within the times that the query read, `ever` at any time."""

    expr: Expr
    min_time_ms: int
    max_time_ms: int
    series: int
    ever: int
    matchers: list[MatcherReport]


@dataclass(frozen=True, slots=True)
class NodeLoss:
    expr: Expr
    loss: Loss


@dataclass(frozen=True, slots=True)
class Emptiness:
    empty: bool
    selectors: list[SelectorReport]
    losses: list[NodeLoss]


def why_empty(store: Store, principal: Principal, explanation: Explanation) -> Emptiness:
    tree = tree_of(explanation)
    selectors = [_judge(store, principal, node.expr, node.read.plan) for node in _nodes(tree) if node.read is not None]
    losses = [NodeLoss(node.expr, _loss_of(node)) for node in _nodes(tree) if _has_lost(node)]
    return Emptiness(explanation.n_samples == 0, selectors, losses)


def _nodes(node: NodeReport) -> Iterator[NodeReport]:
    yield node
    for operand in node.operands:
        yield from _nodes(operand)


def _has_lost(node: NodeReport) -> bool:
    if isinstance(node.expr, MatrixSelector) or not node.gave_nothing:
        return False
    if node.read is not None:
        return node.read.n_samples > 0
    computed = [operand for operand in node.operands if operand.record is not None or operand.read is not None]
    return bool(computed) and not any(operand.gave_nothing for operand in computed)


def _loss_of(node: NodeReport) -> Loss:
    match node.expr:
        case VectorSelector():
            return Loss.TOO_OLD
        case Call() if any(isinstance(operand.expr, MatrixSelector) for operand in node.operands):
            return Loss.TOO_FEW
        case BinaryExpr(op=op) if op in COMPARISONS:
            return Loss.COMPARED
        case BinaryExpr():
            return Loss.UNMATCHED
        case _:
            return Loss.OTHER


def _judge(store: Store, principal: Principal, expr: Expr, plan: ScanPlan) -> SelectorReport:
    bounds = plan.min_time_ms, plan.max_time_ms
    series = store.count_series(principal, plan.matchers, *bounds)
    ever = series or store.count_series(principal, plan.matchers, MIN_TIME_MS, MAX_TIME_MS)
    search = _Search(store, principal, plan.matchers, bounds if ever == series else (MIN_TIME_MS, MAX_TIME_MS))
    matchers = [search.report(at, blamed=not ever) for at in range(len(plan.matchers))]
    return SelectorReport(expr, *bounds, series, ever, matchers)


@dataclass(frozen=True, slots=True)
class _Search:
    store: Store
    principal: Principal
    matchers: Selector
    bounds: tuple[int, int]

    def report(self, at: int, *, blamed: bool) -> MatcherReport:
        matcher = self.matchers[at]
        others = self.matchers[:at] + self.matchers[at + 1 :]
        alone = self._count((matcher,))
        without = self._count(others) if others else 0
        to_blame = blamed and (alone == 0 or without > 0)
        values = self._values(matcher, others) if to_blame else []
        names = self._close_names(matcher.name) if to_blame and not values else []
        return MatcherReport(matcher, alone, without, _close_values(matcher, values), names)

    def _count(self, selector: Selector) -> int:
        return self.store.count_series(self.principal, selector, *self.bounds)

    def _values(self, matcher: Matcher, others: Selector) -> list[str]:
        """Values of the label among what the other matchers leave, or among all series."""
        left = self.store.label_values(self.principal, matcher.name, [others] if others else [], *self.bounds)
        return left or self.store.label_values(self.principal, matcher.name, [], *self.bounds)

    def _close_names(self, name: str) -> list[str]:
        return closest(name, self.store.label_names(self.principal, [], *self.bounds), CLOSE_SHOWN)


def _close_values(matcher: Matcher, values: list[str]) -> list[str]:
    """For a regular expression first those in which it occurs: a matcher must match the whole value."""
    if matcher.type is MatchType.EQUAL:
        return closest(matcher.value, values, CLOSE_SHOWN)
    if matcher.type is MatchType.REGEX:
        return containing(matcher.value, values, CLOSE_SHOWN) or closest(matcher.value, values, CLOSE_SHOWN)
    return values[:CLOSE_SHOWN]
