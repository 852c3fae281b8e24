"""What `real pages` looks at: every page, with what must be there once the data is."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


def query_path(**panel: str) -> str:
    return "/query?" + urllib.parse.urlencode({f"g0.{name}": value for name, value in panel.items()})


@dataclass(frozen=True, slots=True)
class View:
    """`shown` are selectors that must all be visible once the data is there."""

    name: str
    path: str
    shown: tuple[str, ...]
    theme: str = "light"
    widths: tuple[int, ...] = (360, 1280)
    recorded: tuple[str, ...] = ()
    """Endpoints that answer from recorded.py."""
    prepare: Callable[[Page], None] | None = None
    """What is done before it is looked at, in any language."""
    refused: str = ""
    """The status of a refusal that belongs to the view: the browser itself reports it."""


BUCKETS = "sum by (le) (rate(vedette_query_phase_seconds_bucket[1m]))"
_EXPLAINED = (
    f"histogram_quantile(0.9, {BUCKETS}) or max_over_time(sum(node_load1)[2m:15s]) / scalar(node_load5 @ end())"
)
NATIVE = query_path(expr="rate(request_seconds[5m])", display_mode="heatmap", range_input="15m")
RATE = "sum by (mode) (rate(node_cpu_seconds_total[1m]))"
_CANVAS = ".chart canvas"
_EXPLAIN = (".explain tbody tr", ".explain-source.head", ".explain .badge")
VIEWS = (
    View("overview", "/", ("h1", ".tile-figure", ".chart canvas", "#disk .meter", "#network table")),
    View("overview-dark", "/", (".tile-figure", ".chart canvas"), theme="dark", widths=(1280,)),
    View(
        "query-graph", query_path(expr=RATE, range_input="15m"), (".chart canvas", ".legend-table tbody tr", ".editor")
    ),
    View("query-table", query_path(expr="node_uname_info", tab="table"), (".values tbody tr",)),
    View("query-error", query_path(expr="sum("), (".notice.bad",), refused="400"),
    View("query-heatmap", query_path(expr=BUCKETS, display_mode="heatmap", range_input="5m"), (_CANVAS, ".heat-scale")),
    View("query-native", NATIVE, (_CANVAS, ".heat-scale"), widths=(360,), recorded=("query_range",)),
    View("query-native-dark", NATIVE, (_CANVAS,), theme="dark", widths=(1280,), recorded=("query_range",)),
    View(
        "query-exemplars",
        query_path(expr="node_load1", range_input="5m", show_exemplars="1", compare="15s"),
        (_CANVAS, ".legend-table tbody tr"),
        widths=(1280,),
        recorded=("query_exemplars",),
    ),
    View("query-explain", query_path(expr=_EXPLAINED, tab="explain", range_input="5m"), _EXPLAIN),
    View("query-explain-dark", query_path(expr=_EXPLAINED, tab="explain"), _EXPLAIN, theme="dark", widths=(1280,)),
    View("query-empty", query_path(expr='sum(node_cpu_second_total{mode="idel"})'), (".why-blamed", ".why .chip")),
    View("cardinality", "/cardinality?drop=mode", (".figure strong", ".ranking li", ".drop strong")),
    View("cardinality-dark", "/cardinality", (".ranking li",), theme="dark", widths=(1280,)),
    View("targets", "/targets", (".pool .target", ".badge.good")),
    View("targets-dropped", "/targets?tab=dropped", ("h1",)),
    View("push", "/push", (".pushed .chip", ".pushed .badge.good")),
    View("status", "/status", (".figure strong", ".ranking li", ".yaml-key")),
    View("status-dark", "/status", (".ranking li",), theme="dark", widths=(1280,)),
)
