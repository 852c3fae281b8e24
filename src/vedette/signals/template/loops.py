"""Templates that can only end in the depth limit: each calls the next whatever the data, and the last the first.

A call inside `if`, `range` or `with` may end and is left to the limit. Go finds neither; a configuration that mails nobody should
be refused when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vedette.signals.template.environment import Tree
from vedette.signals.template.errors import TemplateError
from vedette.signals.template.nodes import BranchNode, ListNode, Node, TemplateNode


def check_loops(trees: Mapping[str, Tree]) -> None:
    """Raises TemplateError at the call that closes the circle."""
    done: set[str] = set()
    for name in sorted(trees):
        _walk(name, trees, [], done)


def _walk(name: str, trees: Mapping[str, Tree], above: list[str], done: set[str]) -> None:
    """Each template is walked once: what it leads to does not depend on who called it."""
    if name in done or name not in trees:
        return
    above.append(name)
    for call in _certain_calls(trees[name].nodes):
        if call.name in above:
            circle = " -> ".join((*above[above.index(call.name) :], call.name))
            raise _error(trees[name], call, f"template calls itself: {circle}")
        _walk(call.name, trees, above, done)
    done.add(above.pop())


def _certain_calls(node: Node) -> Iterator[TemplateNode]:
    if isinstance(node, TemplateNode):
        yield node
    elif isinstance(node, ListNode):
        for each in node.nodes:
            yield from _certain_calls(each)


def undefined_calls(node: Node, trees: Mapping[str, Tree]) -> Iterator[str]:
    """Names that it calls, in branches too, and that nothing defines: an error where a run comes there."""
    if isinstance(node, TemplateNode) and node.name not in trees:
        yield node.name
    elif isinstance(node, ListNode):
        for each in node.nodes:
            yield from undefined_calls(each, trees)
    elif isinstance(node, BranchNode):
        yield from undefined_calls(node.body, trees)
        if node.otherwise is not None:
            yield from undefined_calls(node.otherwise, trees)


def _error(tree: Tree, call: TemplateNode, message: str) -> TemplateError:
    line = tree.text.count("\n", 0, call.at) + 1
    return TemplateError(message, name=tree.file, line=line, hint="call it inside an if or a range that ends")
