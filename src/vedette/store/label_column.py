"""One label name over all series: which series carry it, and its value as a code into the distinct values.

The column is sparse: `refs` (ascending, since refs are handed out in order) and `codes` side by side, 8 bytes a label
pair. A dense column per name would cost 4 bytes for every series that lacks the label, which most names do.
Code 0 means absent, which is the empty value. A matcher is evaluated once per distinct value, then gathered.

One writer appends under the index' lock; readers pass `n_series`, read before, and see exactly the series below it.
"""

from __future__ import annotations

import re
import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import Bools
from vedette.model.matchers import Matcher, MatchType

Int32s = NDArray[np.int32]

ABSENT: Final = 0
UNKNOWN: Final = -1

_VERDICTS_KEPT: Final = 64
"""Matchers per label name whose verdicts are remembered; a dashboard asks the same few again and again."""

_LITERALS = re.compile(r"[\w\-:/@ ,|]*\Z", re.ASCII)
"""A regular expression that is a plain list of alternatives, as Grafana's multi-value variables write them."""


class LabelColumn:
    def __init__(self, name: str) -> None:
        self.name = name
        self.pairs: list[tuple[str, str]] = [(name, "")]
        """By code. The tuples are shared by all Labels of the index."""
        self.series_per_value: list[int] = [0]
        self._code_of: dict[str, int] = {}
        self._refs: Int32s = np.empty(8, np.int32)
        self._codes: Int32s = np.empty(8, np.int32)
        self._n = 0
        self._verdicts: dict[tuple[MatchType, str], Bools] = {}
        self._verdicts_lock = threading.Lock()

    @classmethod
    def filled(cls, name: str, values: list[str], refs: Int32s, places: Int32s) -> LabelColumn:
        """A column of the series `refs` (ascending): the i-th carries `values[places[i]]`. The values are distinct."""
        column = cls(name)
        column.pairs += [(name, value) for value in values]
        column.series_per_value += np.bincount(places, minlength=len(values)).tolist()
        column._code_of = {value: code for code, value in enumerate(values, 1)}
        if len(refs):
            column._refs, column._codes, column._n = refs, places + np.int32(1), len(refs)
        return column

    def append(self, ref: int, value: str) -> tuple[str, str]:
        """Notes that series `ref` (above all refs so far) carries `value`; returns the shared pair."""
        code = self._code_of.get(value)
        if code is None:
            code = len(self.pairs)
            self.pairs.append((self.name, value))
            self.series_per_value.append(0)
            self._code_of[value] = code
        n = self._n
        if n == len(self._refs):
            self._refs = np.concatenate([self._refs, np.empty(n, np.int32)])
            self._codes = np.concatenate([self._codes, np.empty(n, np.int32)])
        self._refs[n] = ref
        self._codes[n] = code
        self.series_per_value[code] += 1
        self._n = n + 1
        return self.pairs[code]

    def carriers(self, n_series: int, low: int = 0) -> tuple[Int32s, Int32s]:
        """(refs, codes) of the series from `low` on and below `n_series` that carry the label; borrowed."""
        n = self._n  # before the arrays: those may only grow
        refs, codes = self._refs[:n], self._codes[:n]
        if n and refs[-1] >= n_series:
            n = int(np.searchsorted(refs, n_series))
        first = int(np.searchsorted(refs, low)) if low else 0
        return refs[first:n], codes[first:n]

    def code_of(self, value: str) -> int:
        return self._code_of.get(value, UNKNOWN) if value else ABSENT

    def codes_at(self, wanted: Int32s, n_series: int) -> Int32s:
        """Codes of the series `wanted` (ascending refs below `n_series`), ABSENT where they lack the label."""
        refs, codes = self.carriers(n_series)
        if len(refs) == 0:
            return np.zeros(len(wanted), np.int32)
        if int(refs[-1]) + 1 == len(refs):  # every series up to here carries it
            if len(refs) == n_series:
                return codes[wanted]
            return np.where(wanted < len(refs), codes[np.minimum(wanted, len(refs) - 1)], ABSENT)
        if len(wanted) > n_series >> 3:  # a scatter of all beats that many searches
            dense = np.zeros(n_series, np.int32)
            dense[refs] = codes
            return dense[wanted]
        places = np.searchsorted(refs, wanted)
        places[places == len(refs)] = 0
        return np.where(refs[places] == wanted, codes[places], ABSENT)

    def verdicts(self, matcher: Matcher) -> Bools:
        """bool by code: does the matcher accept that value; at least as long as every code a reader has seen."""
        key = (matcher.type, matcher.value)
        known = self._verdicts.get(key)
        n = len(self.pairs)
        if known is not None and len(known) == n:
            return known
        start = 0 if known is None else len(known)
        fresh = self._evaluate(matcher, start, n)
        verdicts = fresh if known is None else np.concatenate([known, fresh])
        with self._verdicts_lock:
            if len(self._verdicts) >= _VERDICTS_KEPT and key not in self._verdicts:
                del self._verdicts[next(iter(self._verdicts))]
            self._verdicts[key] = verdicts
        return verdicts

    def _evaluate(self, matcher: Matcher, start: int, end: int) -> Bools:
        positive = matcher.type in (MatchType.EQUAL, MatchType.REGEX)
        regex = matcher.type in (MatchType.REGEX, MatchType.NOT_REGEX)
        if regex and _LITERALS.match(matcher.value) is None:
            accepted = (matcher.matches(value) for _, value in self.pairs[start:end])
            return np.fromiter(accepted, np.bool_, end - start)
        verdicts = np.full(end - start, not positive)
        for value in matcher.value.split("|") if regex else (matcher.value,):
            code = self.code_of(value)
            if start <= code < end:
                verdicts[code - start] = positive
        return verdicts
