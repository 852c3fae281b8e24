"""What each path of the API does and takes, in a line: the part of openapi.yaml that the routes do not know.

Parameters are words: `name`, `name*` is required, `name[]` may be given several times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Operation:
    summary: str
    parameters: str = ""


_RANGE: Final = "start end"
_SEARCH: Final = (
    "match[] search[] fuzz_threshold fuzz_alg case_sensitive sort_by sort_dir include_score start end limit batch_size"
)
_QUERY: Final = "query* timeout limit lookback_delta stats max_source_resolution"

OPERATIONS: Final[dict[str, Operation]] = {
    "/query": Operation("evaluate a query at one time", f"{_QUERY} time"),
    "/query_range": Operation("evaluate a query over a range of time", f"{_QUERY} start* end* step* nocache"),
    "/query_exemplars": Operation("exemplars of the series that a query selects", f"query* {_RANGE}"),
    "/format_query": Operation("write a query in its standard form", "query*"),
    "/parse_query": Operation("the tree of a query", "query*"),
    "/explain": Operation(
        "how a query was evaluated, node by node", "query* time start end step timeout lookback_delta"
    ),
    "/why_empty": Operation("why a query gave nothing", "query* time start end step timeout lookback_delta"),
    "/labels": Operation("names of labels", f"match[] {_RANGE} limit"),
    "/label/{name}/values": Operation("values of a label", f"match[] {_RANGE} limit"),
    "/series": Operation("label sets of the series that match", f"match[]* {_RANGE} limit"),
    "/metadata": Operation("type, help and unit of metrics", "metric limit limit_per_metric"),
    "/cardinality": Operation(
        "what makes the series many, what dropping a label would save", f"match[] {_RANGE} limit drop"
    ),
    "/search/metric_names": Operation("search metric names; a stream of JSON lines", f"{_SEARCH} include_metadata"),
    "/search/label_names": Operation("search label names; a stream of JSON lines", _SEARCH),
    "/search/label_values": Operation("search a label's values; a stream of JSON lines", f"label* {_SEARCH}"),
    "/targets": Operation("active and dropped targets", "state scrapePool"),
    "/targets/metadata": Operation("metadata by target", "match_target metric limit"),
    "/targets/relabel_steps": Operation("a target's relabelling, rule by rule", "scrapePool* labels*"),
    "/scrape_pools": Operation("names of the scrape pools"),
    "/scrape_pools/config": Operation("a pool's part of the configuration", "scrapePool*"),
    "/rules": Operation(
        "rules and their state",
        "type rule_name[] rule_group[] file[] match[] exclude_alerts group_limit group_next_token",
    ),
    "/alerts": Operation("active alerts"),
    "/alertmanagers": Operation("where alerts are sent to"),
    "/routing": Operation("the routing tree, receivers, inhibition"),
    "/routing/test": Operation("which routes a label set takes"),
    "/status/config": Operation("the configuration, without secrets"),
    "/status/flags": Operation("how the server was started"),
    "/status/buildinfo": Operation("versions"),
    "/status/runtimeinfo": Operation("start time, retention, last reload"),
    "/status/tsdb": Operation("what the store holds, and the largest metrics and labels", "limit"),
    "/status/tsdb/blocks": Operation("the store's days"),
    "/status/walreplay": Operation("always done: there is no log to replay"),
    "/status/self_metrics": Operation("the server's own metrics as JSON", "metric_name_pattern"),
    "/features": Operation("what this server can do"),
    "/notifications": Operation("what an operator should know now"),
    "/notifications/live": Operation("notifications as server-sent events"),
    "/admin/tsdb/delete_series": Operation("delete samples", f"match[]* {_RANGE}"),
    "/admin/tsdb/clean_tombstones": Operation("give the space of deleted samples back"),
    "/admin/tsdb/snapshot": Operation("write a snapshot", "skip_head"),
    "/read": Operation("remote read: snappy protobuf"),
    "/write": Operation("remote write 1.0 and 2.0: snappy protobuf"),
    "/otlp/v1/metrics": Operation("OTLP metrics: protobuf or JSON"),
    "/export": Operation("samples as OpenMetrics, JSON lines, CSV or Parquet", f"match[]* {_RANGE} format"),
    "/import/openmetrics": Operation("load OpenMetrics with timestamps, of any age"),
    "/import/jsonl": Operation("load JSON lines, of any age"),
    "/metrics": Operation("Pushgateway: the pushed groups"),
    "/status": Operation("Pushgateway: how it was started"),
    "/admin/wipe": Operation("Pushgateway: forget all groups"),
    "/alerts/history": Operation("what became of alerts", f"match[] {_RANGE} fingerprint event limit"),
    "/alerts/notes": Operation("who has which alert in hand"),
    "/alerts/{name}/notes": Operation("notes on an alert"),
    "/alerts/{name}/acknowledgement": Operation("acknowledge an alert, or take it back"),
    "/alerts/{name}/assignee": Operation("assign an alert"),
    "/alerts/{name}/comments": Operation("comment an alert"),
    "/alerts/{name}/occurrences": Operation("when an alert fired before, and for how long", "limit"),
    "/alerts/{name}/why": Operation("why an alert is there, and who is told of it", f"{_RANGE} lang"),
    "/alerts/dry-run": Operation("what an alertmanager.yml would have sent", f"since {_RANGE}"),
    "/heartbeats": Operation("pings that must come, and our own dead man's switch"),
    "/heartbeats/{name}": Operation("a ping"),
    "/slos": Operation("objectives with what is left of their budgets"),
    "/slos/check": Operation("check an objective, and show its rules"),
    "/slos/{name}": Operation("an objective: read, set, delete"),
    "/slos/{name}/versions": Operation("who changed an objective, and when"),
    "/slos/{name}/rules": Operation("an objective's rules as a rule file"),
    "/openapi.yaml": Operation("this description", "openapi_version"),
}
"""Paths are those below /api/v1. One that is not served by this server is left out; one that is missing here has no summary."""
