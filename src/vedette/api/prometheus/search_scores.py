"""How well a name fits a search: substring, subsequence and Jaro-Winkler, scored as the reference scores them.

A score is in [0, 1]; 1 is a prefix (or, for Jaro-Winkler, the same text). Pure functions of two texts of one case.
Source of the formulas: prometheus util/strutil (subsequence.go, jarowinkler.go), web/api/v1/search_filters.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

Filter = Callable[[str], float | None]
"""A text's score; None: it does not fit."""

ALGORITHMS: Final = ("subsequence", "jarowinkler")
_NOT_EXACT: Final = 0.999
"""What no exact match is scaled by, so that it stays below one."""
_PREFIX_MAX: Final = 4
_PREFIX_WEIGHT: Final = 0.1


def make_filter(terms: Sequence[str], threshold: float, algorithm: str, *, case_sensitive: bool) -> Filter | None:
    """A text fits when any term does; its score is the best of them. None: there is no term, everything fits."""
    chosen = [term if case_sensitive else term.lower() for term in terms if term]
    if not chosen:
        return None
    fit = fits_subsequence if algorithm == "subsequence" else fits_jaro_winkler

    def score(text: str) -> float | None:
        folded = text if case_sensitive else text.lower()
        found = [one for term in chosen if (one := fit(term, folded, threshold)) is not None]
        return max(found, default=None)

    return score


def fits_subsequence(term: str, text: str, threshold: float) -> float | None:
    if text.startswith(term):
        return 1.0
    score = score_subsequence(term, text)
    return score if score > 0 and score >= threshold else None


def fits_jaro_winkler(term: str, text: str, threshold: float) -> float | None:
    """A substring fits whatever the threshold; anything else only where there is one."""
    score = score_substring(term, text)
    if score is not None or threshold <= 0:
        return score
    score = score_jaro_winkler(term, text)
    return score if score >= threshold else None


def score_substring(term: str, text: str) -> float | None:
    """From 1 at the start down to 0.1 at the end."""
    place = text.find(term)
    if place < 0:
        return None
    return 1.0 if place == 0 else 1.0 - 0.9 * place / (len(text) - len(term))


def score_subsequence(term: str, text: str) -> float:
    """Runs of neighbours count with the square of their length, gaps and the tail are deducted; 0: no subsequence."""
    if term == text:
        return 1.0
    best = -1.0
    start = text.find(term[0])
    while 0 <= start <= len(text) - len(term):
        score = _score_from(term, text, start)
        if score is None:
            break  # what cannot be completed from here cannot be from later on
        best = max(best, score)
        start = text.find(term[0], start + 1)
    return best / len(term) ** 2 * _NOT_EXACT if best >= 0 else 0.0


def _score_from(term: str, text: str, start: int) -> float | None:
    """Greedy: each character of the term where it comes next."""
    share = 1.0 / len(text)
    score, at, matched, end = 0.0, start, 0, 0
    while matched < len(term):
        begin = text.find(term[matched], at)
        if begin < 0:
            return None
        at = begin
        while matched < len(term) and at < len(text) and text[at] == term[matched]:
            at += 1
            matched += 1
        score += (at - begin) ** 2 - (begin - end) * share
        end = at
    return score - (len(text) - end) * share * 0.5


def score_jaro_winkler(a: str, b: str) -> float:
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    pairs = _matching(short, long)
    if not pairs:
        return 0.0
    matches = len(pairs)
    in_order = [long[place] for place in sorted(place for _, place in pairs)]
    transposed = sum(short[row] != other for (row, _), other in zip(pairs, in_order, strict=True))
    # multiplied by reciprocals, as the reference does it: the last bit decides the order of equal-looking scores
    shares = matches * (1 / len(short)) + matches * (1 / len(long))
    jaro = (shares + (matches - transposed * 0.5) / matches) / 3
    prefix = 0
    while prefix < min(_PREFIX_MAX, len(short)) and short[prefix] == long[prefix]:
        prefix += 1
    return jaro + prefix * _PREFIX_WEIGHT * (1 - jaro)


def _matching(short: str, long: str) -> list[tuple[int, int]]:
    """Places of equal characters that are near enough, each used once, by the place in `short`."""
    reach = max(len(long) // 2 - 1, 0)
    taken: set[int] = set()
    pairs = []
    for row, character in enumerate(short):
        for place in range(max(row - reach, 0), min(row + reach + 1, len(long))):
            if place not in taken and long[place] == character:
                taken.add(place)
                pairs.append((row, place))
                break
    return pairs
