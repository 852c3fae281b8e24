"""`/api/v1/explain` and `/api/v1/why_empty`: parameters of `query` or `query_range` (the one without `start` and `end`).

    explain    {"tree": NODE, "series", "samples", "stats"}
    NODE       {"kind", "head", "text", "start", "end", "constant", "result", "read", "operands": [NODE]}
    result     {"series", "samples", "steps", "evaluations", "seconds", "ownSeconds"}, or null: not computed
    read       {"series", "samples", "seconds", "shared", "head", "cache", "engine", "rollup"}, or null: not a selector
    why_empty  {"empty", "selectors": [...], "losses": [...]}: see query/promql/emptiness.py

`kind` is the type of /api/v1/parse_query; `start` and `end` are bytes of the query. The samples of `read` were merged; what
came from head, cache, engine and downsampled history is counted before. Results are not sent: a caller that wants them asks for them.
"""

from __future__ import annotations

from collections.abc import Callable

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.queries import read_deadline, read_lookback
from vedette.api.prometheus.statistics import describe
from vedette.api.requests import Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.query.promql.emptiness import Emptiness, MatcherReport, SelectorReport, why_empty
from vedette.query.promql.explaining import Explanation, NodeReport, tree_of
from vedette.query.promql.printer import print_expr, print_head
from vedette.query.promql.to_json import KINDS


async def explain(api: Api, request: Request) -> Answer:
    def answer(explanation: Explanation) -> Document:
        return {
            "tree": _describe_node(tree_of(explanation)),
            "series": explanation.n_series,
            "samples": explanation.n_samples,
            "stats": describe(explanation.stats, 0.0, per_step=False),
        }

    return await _explained(api, request, answer)


async def explain_emptiness(api: Api, request: Request) -> Answer:
    def answer(explanation: Explanation) -> Document:
        return _describe_emptiness(why_empty(api.services.store, request.principal, explanation))

    return await _explained(api, request, answer)


async def _explained(api: Api, request: Request, answer: Callable[[Explanation], Document]) -> Answer:
    given = await request.parameters()
    if given.get("start") or given.get("end"):
        start_ms, end_ms = parameters.required_time(given, "start"), parameters.required_time(given, "end")
        if end_ms < start_ms:
            raise parameters.invalid("end", "end timestamp must not be before start time")
        step_ms = parameters.step_ms(given, start_ms, end_ms)
    else:
        start_ms = end_ms = parameters.time_or(given, "time", api.services.clock.now_ms())
        step_ms = 0
    deadline, lookback_ms = read_deadline(api, given), read_lookback(given)
    engine, query = api.services.engine, given.get("query")

    def work() -> Answer:
        try:
            explanation = engine.explain(
                request.principal, query, start_ms, end_ms, step_ms, deadline, lookback_ms=lookback_ms
            )
        except BadInput as error:
            raise parameters.invalid("query", error.message) from None
        return envelope.success(answer(explanation), explanation.warnings, explanation.infos)

    return await api.queries.run(request, deadline, work)


def _describe_node(node: NodeReport) -> Document:
    expr = node.expr
    return {
        "kind": KINDS[type(expr)],
        "head": print_head(expr),
        "text": print_expr(expr),
        "start": expr.start,
        "end": expr.end,
        "constant": node.constant,
        "result": _describe_result(node),
        "read": _describe_read(node),
        "operands": [_describe_node(operand) for operand in node.operands],
    }


def _describe_result(node: NodeReport) -> Document | None:
    record = node.record
    if record is None:
        return None
    return {
        "series": record.n_series,
        "samples": record.n_samples,
        "steps": record.n_steps,
        "evaluations": record.evaluations,
        "seconds": record.seconds,
        "ownSeconds": record.own_seconds,
    }


def _describe_read(node: NodeReport) -> Document | None:
    read = node.read
    if read is None:
        return None
    return {
        "series": read.n_series,
        "samples": read.n_samples,
        "seconds": read.seconds,
        "shared": read.shared,
        "head": read.sources.head,
        "cache": read.sources.cache,
        "engine": read.sources.engine,
        "rollup": read.sources.rollup,
    }


def _describe_emptiness(found: Emptiness) -> Document:
    return {
        "empty": found.empty,
        "selectors": [_describe_selector(selector) for selector in found.selectors],
        "losses": [
            {"text": print_expr(loss.expr), "start": loss.expr.start, "end": loss.expr.end, "loss": loss.loss.value}
            for loss in found.losses
        ],
    }


def _describe_selector(selector: SelectorReport) -> Document:
    return {
        "text": print_expr(selector.expr),
        "start": selector.expr.start,
        "end": selector.expr.end,
        "from": selector.min_time_ms / 1000,
        "to": selector.max_time_ms / 1000,
        "series": selector.series,
        "ever": selector.ever,
        "matchers": [_describe_matcher(matcher) for matcher in selector.matchers],
    }


def _describe_matcher(report: MatcherReport) -> Document:
    return {
        "text": str(report.matcher),
        "name": report.matcher.name,
        "type": report.matcher.type.value,
        "value": report.matcher.value,
        "alone": report.alone,
        "without": report.without,
        "closeValues": report.close_values,
        "closeNames": report.close_names,
    }


ROUTES = (
    Route(GET_POST, "/api/v1/explain", explain),
    Route(GET_POST, "/api/v1/why_empty", explain_emptiness),
)
