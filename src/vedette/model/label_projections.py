"""Label sets derived from label sets: with some names only, without some, with one replaced. Remembered while they are asked for.

Rules and dashboards derive the same sets from the same series at each evaluation: looking one up takes a tenth of making it,
and whoever gets the same object back compares it by identity. The tables are bounded by ENTRIES_MAX in two
generations: what was not asked for during a whole generation is forgotten. Thread-safe: tables only ever say what is so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from vedette.model.labels import Labels

ENTRIES_MAX: Final = 300_000
"""Of both generations. An entry weighs 100 to 300 bytes; kube-prometheus' rules over 65,000 series need 140,000."""

Key = TypeVar("Key")


def with_only(names: frozenset[str]) -> Mapping[Labels, Labels]:
    """Labels to those among the names."""
    return _table(("only", names), lambda labels: labels.only(names))


def without(names: frozenset[str]) -> Mapping[Labels, Labels]:
    """Labels to those that are not among the names."""
    return _table(("without", names), lambda labels: labels.without(names))


def with_value(name: str) -> Mapping[tuple[Labels, str], Labels]:
    """(labels, value) to the labels in which `name` has the value; the empty value removes it."""
    return _table(("replace", name), lambda key: key[0].replace(name, key[1]))


class _Derived(dict[Key, Labels], Generic[Key]):
    """Makes what it does not know. Indexing is the dictionary's own as long as it knows."""

    def __init__(self, make: Callable[[Key], Labels]) -> None:
        super().__init__()
        self.older: dict[Key, Labels] = {}
        self._make = make
        self._same: dict[Labels, Labels] = {}
        """Equal results are one object."""

    def __missing__(self, key: Key) -> Labels:
        found = self.older.pop(key, None)
        if found is None:
            found = self._make(key)
        found = self._same.setdefault(found, found)
        self[key] = found
        _grown()
        return found

    def age(self) -> None:
        self.older = dict(self)
        self._same = {}
        self.clear()


_TABLES: Final[dict[tuple[str, object], _Derived[object]]] = {}
_size = 0


def _table(kind: tuple[str, object], make: Callable[[Key], Labels]) -> Mapping[Key, Labels]:
    found = _TABLES.get(kind)
    if found is None:
        found = _TABLES.setdefault(kind, _Derived(make))  # type: ignore[arg-type]  # a kind's keys are of one type
    return found  # type: ignore[return-value]


def _grown() -> None:
    """Counts an entry; the young generation becomes the old one when it is half of what may be."""
    global _size
    _size += 1
    if _size * 2 >= ENTRIES_MAX:
        _size = 0
        for kind, table in list(_TABLES.items()):
            table.age()
            if not table.older:
                _TABLES.pop(kind, None)
