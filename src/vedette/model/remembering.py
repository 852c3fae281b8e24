"""Pure functions of label sequences, remembered by which sequences they were asked about.

A rule or a dashboard asks the same of the same series at each evaluation: which group each belongs to, who is matched with
whom, what the results are called. Only values change. Here such answers are found by the identity of what was asked: nothing
of the sequences is read, compared or hashed. Who asks again gets the same object, so that a question about an
answer is recognised, too: a chain of them costs a few lookups.

What is asked about must never be written afterwards (values.py says so for all values). Thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np

from vedette.model.bounded_cache import BoundedCache

P = ParamSpec("P")
R = TypeVar("R")

BYTES_MAX: Final = 48 << 20
"""kube-prometheus' rules over 65,000 series need 25 MB."""
_ENTRY_BYTES: Final = 500
_LABELS_BYTES: Final = 100
"""Of a Labels in a list: a few hundred where it is the only one, 8 where it is shared with the index or another answer."""

_ANSWERS: Final[BoundedCache[Hashable, tuple[Any, object]]] = BoundedCache(BYTES_MAX)
"""Question: the answer, and what was asked about, which must live as long as its identity stands for it."""


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Arguments: lists and what has an `identity`, which are told apart by it; arrays and values, which are by what they hold."""

    @wraps(function)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (function, *map(_identity, args), *((name, _identity(arg)) for name, arg in kwargs.items()))
        known = _ANSWERS.get(key)
        if known is not None:
            return known[0]  # type: ignore[no-any-return]  # what this function answered
        answer = function(*args, **kwargs)
        weight = _ENTRY_BYTES + sum(len(part) for part in key if isinstance(part, bytes)) + size_of(answer)
        _ANSWERS.put(key, (answer, (args, kwargs)), weight)
        return answer

    return ask


def _identity(arg: object) -> Hashable:
    if isinstance(arg, list):
        return id(arg)
    if isinstance(arg, np.ndarray):
        return arg.tobytes()
    identity: Hashable = getattr(arg, "identity", arg)
    return identity


def size_of(what: object) -> int:
    """About how many bytes an answer takes."""
    match what:
        case np.ndarray():
            return what.nbytes
        case tuple():
            return sum(map(size_of, what))
        case list():
            return _LABELS_BYTES * len(what)
        case _ if is_dataclass(what):
            return sum(size_of(getattr(what, field.name)) for field in fields(what))
    return 0
