"""Which of many matcher lists match a label set, without trying each: routes, inhibition rules, silences.

A list that asks for equality with a value that is not empty can only match labels that have this pair, so it stands under the pair
and is tried for those alone. The rest are tried always. 500 silences over 50,000 alerts would otherwise be 25 million trials.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from vedette.alerting.matchers.matcher import Matchers, matches_all
from vedette.model.matchers import MatchType

Pair = tuple[str, str]


class MatcherIndex:
    """Immutable. Lists are named by their places."""

    __slots__ = ("_always", "_by_name", "_lists")

    def __init__(self, lists: Sequence[Matchers]) -> None:
        self._lists = tuple(lists)
        self._by_name: dict[str, dict[str, list[int]]] = {}
        self._always: list[int] = []
        popularity = Counter(pair for matchers in self._lists for pair in equal_pairs(matchers))
        for place, matchers in enumerate(self._lists):
            pairs = equal_pairs(matchers)
            if pairs:  # under the rarest pair, so that few lists are tried for an alert
                name, value = min(pairs, key=popularity.__getitem__)
                self._by_name.setdefault(name, {}).setdefault(value, []).append(place)
            else:
                self._always.append(place)

    def matching(self, labels: Mapping[str, str]) -> list[int]:
        """Places of the lists that match, ascending."""
        found = [place for place in self._always if matches_all(self._lists[place], labels)]
        for name, by_value in self._by_name.items():
            if (value := labels.get(name)) and (places := by_value.get(value)):
                found += [place for place in places if matches_all(self._lists[place], labels)]
        if len(found) > 1:
            found.sort()
        return found


def equal_pairs(matchers: Matchers) -> list[Pair]:
    return [(matcher.name, matcher.value) for matcher in matchers if matcher.type is MatchType.EQUAL and matcher.value]
