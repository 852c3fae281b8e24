"""Which of many names somebody meant who wrote another: few pairs of letters in common sort out most, edits rank the rest.

An edit distance costs some 50 us in Python; over 100,000 values that would be seconds. Shared letter pairs cost 2 us a
value and leave a few dozen to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from itertools import pairwise
from typing import Final

from vedette.model.regex import compile_anchored

CANDIDATES_MAX: Final = 60
VALUES_MAX: Final = 100_000
"""Values looked at; more are not searched, the first ones are."""
LETTERS_MAX: Final = 200


def closest(text: str, values: Sequence[str], count: int) -> list[str]:
    """At most `count` values that are like the text, the closest first; none where nothing is."""
    wanted = _pairs(text)
    likeness = ((_share(wanted, _pairs(value)), value) for value in values[:VALUES_MAX])
    candidates = nlargest(CANDIDATES_MAX, (pair for pair in likeness if pair[0] > 0.2))
    ranked = sorted((_distance(text, value), value) for _, value in candidates)
    limit = max(2, len(text) // 3)
    return [value for edits, value in ranked if edits <= limit][:count]


def containing(pattern: str, values: Sequence[str], count: int) -> list[str]:
    """At most `count` values in which the regular expression occurs somewhere."""
    expression = compile_anchored(pattern)
    found = (value for value in values[:VALUES_MAX] if expression.search(value) is not None)
    return [value for value, _ in zip(found, range(count), strict=False)]


def _pairs(text: str) -> frozenset[str]:
    lowered = f" {text[:LETTERS_MAX].lower()} "
    return frozenset(a + b for a, b in pairwise(lowered))


def _share(wanted: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: 1 for equal sets."""
    return 2 * len(wanted & other) / (len(wanted) + len(other))


def _distance(a: str, b: str) -> int:
    """Letters to insert, delete or replace, or neighbours to swap, to make one of the other (optimal string alignment)."""
    a, b = a[:LETTERS_MAX].lower(), b[:LETTERS_MAX].lower()
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before = before, row
        row = [i]
        for j, other in enumerate(b, 1):
            edits = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                edits = min(edits, older[j - 2] + 1)
            row.append(edits)
    return row[-1]
