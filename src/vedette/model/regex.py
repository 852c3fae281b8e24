"""Regular expressions with RE2's syntax and linear time, fully anchored, as Prometheus' matchers and relabelling use them.

`.` matches a newline too (Prometheus 3 wraps every expression in `^(?s:...)$`). Python's `re` is not an alternative: it
backtracks, and a tenant's pattern must not be able to stop the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import re2

from vedette.model.errors import BadInput

PROGRAM_BYTES_MAX: Final = 8 << 20

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = PROGRAM_BYTES_MAX
_OPTIONS.dot_nl = True

_REASONS: Final = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "invalid character class range": "invalid character class range",
    "invalid character class": "invalid character class",
    "invalid escape sequence": "invalid escape sequence",
    "invalid UTF-8": "invalid UTF-8",
}
"""RE2's error texts and Go's."""


@lru_cache(maxsize=4096)
def compile_anchored(pattern: str) -> Any:
    """A compiled expression; call `.fullmatch(text)`. Raises BadInput with RE2's own reason."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise BadInput(_in_gos_words(reason)) from None


Test = Callable[[str], bool]

_TEXT: Final = r"(?:[^\\.*+?()|\[\]{}^$]|\\[!-/:-@\[-^`{-~])*"
"""Characters that mean themselves; a backslash before punctuation makes it one."""
_BRANCH: Final = rf"{_TEXT}(?:\.\*{_TEXT})*"
_SIMPLE: Final = re.compile(rf"{_BRANCH}(?:\|{_BRANCH})*\Z")
_SPLIT: Final = re.compile(r"\\.|\||\.\*|[^\\|.]+", re.DOTALL)
_SIMPLE_LENGTH_MAX: Final = 10_000


@lru_cache(maxsize=4096)
def simple_test(pattern: str) -> Test | None:
    """Whether a whole text matches, for patterns of texts, `.*` and `|` alone: most of those that people write.

    A tenth of an expression's time. Its `.` matches a newline. None for every other pattern.
    """
    if len(pattern) > _SIMPLE_LENGTH_MAX or _SIMPLE.match(pattern) is None:
        return None
    branches = [[""]]
    for token in _SPLIT.findall(pattern):
        if token == "|":
            branches.append([""])
        elif token == ".*":
            branches[-1].append("")
        else:
            branches[-1][-1] += token[1:] if token[0] == "\\" else token
    texts = frozenset(parts[0] for parts in branches if len(parts) == 1)
    tests = [_parts_in_order(parts) for parts in branches if len(parts) > 1]
    if not tests:
        return texts.__contains__
    if len(branches) == 1:
        return tests[0]
    return lambda text: text in texts or any(test(text) for test in tests)


def _parts_in_order(parts: Sequence[str]) -> Test:
    """The first at the beginning, the last at the end, the others somewhere between, one behind the other."""
    first, *middle, last = parts
    shortest = sum(map(len, parts))

    def test(text: str) -> bool:
        if len(text) < shortest or not text.startswith(first) or not text.endswith(last):
            return False
        start, end = len(first), len(text) - len(last)
        for part in middle:
            start = text.find(part, start, end)
            if start < 0:
                return False
            start += len(part)
        return True

    return test


def _in_gos_words(reason: str) -> str:
    """RE2 says `missing ): (a`, Go `error parsing regexp: missing closing ): `(a``, which clients compare."""
    for ours, theirs in _REASONS.items():
        if reason == ours or reason.startswith(f"{ours}: "):
            fragment = reason[len(ours) + 2 :]
            return f"error parsing regexp: {theirs}: `{fragment}`"
    return f"error parsing regexp: {reason}"
