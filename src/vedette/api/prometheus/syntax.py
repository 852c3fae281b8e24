"""Queries without evaluation: `/api/v1/format_query` and `/api/v1/parse_query`."""

from __future__ import annotations

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.model.errors import BadInput
from vedette.query.promql.ast import Expr
from vedette.query.promql.parser import parse_expr
from vedette.query.promql.printer import format_query as format_expr
from vedette.query.promql.to_json import expr_to_json


async def format_query(api: Api, request: Request) -> Answer:
    text = (await request.parameters()).get("query")
    return await api.look_up(request, lambda: envelope.success(format_expr(_parse(api, text))))


async def parse_query(api: Api, request: Request) -> Answer:
    text = (await request.parameters()).get("query")
    return await api.look_up(request, lambda: envelope.success(expr_to_json(_parse(api, text))))


def _parse(api: Api, text: str) -> Expr:
    try:
        return parse_expr(text, api.services.engine_options.parser)
    except BadInput as error:
        raise parameters.invalid("query", error.message) from None


ROUTES = (
    Route(GET_POST, "/api/v1/format_query", format_query),
    Route(GET_POST, "/api/v1/parse_query", parse_query),
)
