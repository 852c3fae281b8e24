"""The words of PromQL. Source of kinds and of the way errors describe them: Prometheus promql/parser/lex.go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from vedette.query.promql.functions import AGGREGATORS
from vedette.query.promql.parser.quoting import from_byte_text
from vedette.query.shared.quoting import quote


class Kind(Enum):
    EOF = auto()
    ERROR = auto()
    IDENTIFIER = auto()
    METRIC_IDENTIFIER = auto()
    """An identifier with a colon in it, which cannot be a label's name."""
    NUMBER = auto()
    DURATION = auto()
    STRING = auto()
    PUNCTUATION = auto()
    """( ) { } [ ] , : and, inside braces and out, a lone =."""
    OPERATOR = auto()
    """Also `@` and the matchers != =~ !~."""
    AGGREGATOR = auto()
    KEYWORD = auto()
    TIME_WORD = auto()
    """start, end, step, range, max_of, min_of: functions, `@` arguments or parts of a duration expression."""


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is byte text as written; `word` is what the grammar compares: the text in lower case.

    An ERROR token carries the lexer's message in `text` and is always the last one.
    """

    kind: Kind
    start: int
    text: str
    word: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_OPERATOR_WORDS: Final = ("and", "or", "unless", "atan2")
_KEYWORDS: Final = (
    *("offset", "smoothed", "anchored", "by", "without", "on", "ignoring", "group_left", "group_right"),
    *("fill", "fill_left", "fill_right", "bool"),
)
TIME_WORDS: Final = ("start", "end", "step", "range", "max_of", "min_of")

WORDS: Final = {
    **dict.fromkeys(_OPERATOR_WORDS, Kind.OPERATOR),
    **dict.fromkeys(AGGREGATORS, Kind.AGGREGATOR),
    **dict.fromkeys(_KEYWORDS, Kind.KEYWORD),
    **dict.fromkeys(TIME_WORDS, Kind.TIME_WORD),
    "inf": Kind.NUMBER,
    "nan": Kind.NUMBER,
}

_NAMES: Final = frozenset(WORDS) - {"inf", "nan"}
NOT_A_METRIC: Final = frozenset({"bool", "on", "ignoring", "group_left", "group_right", "atan2"})
"""Words that cannot name a metric outside braces."""
NOT_A_LABEL: Final = frozenset({"without"})
"""Words that cannot name a label in a grouping."""


def can_name_metric(token: Token) -> bool:
    if token.kind in (Kind.IDENTIFIER, Kind.METRIC_IDENTIFIER):
        return True
    return token.word in _NAMES and token.word not in NOT_A_METRIC


def can_name_label(token: Token) -> bool:
    if token.kind in (Kind.IDENTIFIER, Kind.METRIC_IDENTIFIER):
        return True
    return token.word in _NAMES and token.word not in NOT_A_LABEL


_DESCRIBED: Final = {
    Kind.IDENTIFIER: "identifier",
    Kind.METRIC_IDENTIFIER: "metric identifier",
    Kind.STRING: "string",
    Kind.NUMBER: "number",
    Kind.DURATION: "duration",
}
_BRACKETED: Final = {Kind.KEYWORD: "<{}>", Kind.OPERATOR: "<op:{}>", Kind.AGGREGATOR: "<aggr:{}>"}


def describe(token: Token) -> str:
    """How an error names the token: `identifier "foo"`, `<op:+>`, `"("`, `end of input`."""
    if token.kind is Kind.EOF:
        return "end of input"
    text = from_byte_text(token.text)
    if token.kind in _BRACKETED:
        return _BRACKETED[token.kind].format(text)
    named = token.kind in (Kind.IDENTIFIER, Kind.METRIC_IDENTIFIER)
    shown = quote(text) if named or len(token.text) <= 10 else quote(text[:10]) + "..."
    return f"{_DESCRIBED[token.kind]} {shown}" if token.kind in _DESCRIBED else shown
