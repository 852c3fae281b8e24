"""`name{label="value", ...}`, `{"name with dots", ...}`: instant vector selectors and their matchers."""

from __future__ import annotations

from typing import Final

from vedette.model.errors import BadInput
from vedette.model.labels import METRIC_NAME
from vedette.model.matchers import Matcher, MatchType
from vedette.query.promql.ast import VectorSelector
from vedette.query.promql.parser.cursor import Cursor
from vedette.query.promql.parser.quoting import from_byte_text, unquote
from vedette.query.promql.parser.tokens import Kind, Token, can_name_metric

_CONTEXT: Final = "label matching"
_MATCH_TYPES: Final = {match_type.value: match_type for match_type in MatchType}


def parse_selector(cursor: Cursor) -> VectorSelector:
    """The cursor is at the name or at the opening brace; a name's matcher comes last."""
    first = cursor.peek()
    name = ""
    if can_name_metric(first):
        name = cursor.take().text
        name_matcher = (Matcher(METRIC_NAME, MatchType.EQUAL, name),)
        if not cursor.at("{"):
            return VectorSelector(name, name_matcher, first.start, first.end)
    elif not cursor.at("{"):
        raise cursor.unexpected()
    matchers, end = _parse_matchers(cursor)
    return VectorSelector(name, (*matchers, *name_matcher) if name else matchers, first.start, end)


def _parse_matchers(cursor: Cursor) -> tuple[tuple[Matcher, ...], int]:
    """What stands between the braces, and the offset behind the closing one."""
    cursor.take()
    matchers: list[Matcher] = []
    while not (closing := cursor.take_if("}")):
        matchers.append(_parse_matcher(cursor))
        if not cursor.at("}") and not cursor.take_if(","):
            raise cursor.unexpected(_CONTEXT, '"," or "}"')
    return tuple(matchers), closing.end


def _parse_matcher(cursor: Cursor) -> Matcher:
    label = cursor.peek()
    if label.kind not in (Kind.IDENTIFIER, Kind.STRING):
        raise cursor.unexpected(_CONTEXT, 'identifier or "}"')
    cursor.take()
    quoted = label.kind is Kind.STRING
    if not cursor.at(*_MATCH_TYPES):
        if quoted:
            return Matcher(METRIC_NAME, MatchType.EQUAL, unquote(label.text))
        raise cursor.unexpected(_CONTEXT, "label matching operator")
    operator = cursor.take()
    if cursor.peek().kind is not Kind.STRING:
        raise cursor.unexpected(_CONTEXT, "string")
    return _matcher(cursor, label, operator, cursor.take())


def _matcher(cursor: Cursor, label: Token, operator: Token, value: Token) -> Matcher:
    name = unquote(label.text) if label.kind is Kind.STRING else from_byte_text(label.text)
    try:
        return Matcher(name, _MATCH_TYPES[operator.text], unquote(value.text))
    except BadInput as error:
        raise cursor.error(error.message, label.start, value.end) from None
