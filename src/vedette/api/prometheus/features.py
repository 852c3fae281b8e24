"""`/api/v1/features`: what this server can do, by the reference's categories and names. Clients switch their offers by it."""

from __future__ import annotations

from typing import Final

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope
from vedette.api.prometheus.search_scores import ALGORITHMS
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Services
from vedette.query.promql.functions import AGGREGATORS, EXPERIMENTAL_AGGREGATORS, FUNCTIONS
from vedette.signals.template.alert_functions import alert_functions

Features = dict[str, dict[str, bool]]

_OPERATORS: Final = (
    *("!=", "!~", "%", "*", "+", "-", "/", "<", "</", "<=", "==", "=~", ">", ">/", ">=", "@", "^"),
    *("and", "atan2", "or", "unless"),
)
_KEYWORDS: Final = ("bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "without")
_DISCOVERIES: Final = ("dns", "file", "http", "static")


async def features(api: Api, request: Request) -> Answer:
    access = api.services.access
    found = {
        "api": {
            "admin": access.admin_enabled,
            "exclude_alerts": True,
            "label_values_match": True,
            "lifecycle": access.lifecycle_enabled,
            "openapi_3.1": True,
            "openapi_3.2": True,
            "otlp_write_receiver": True,
            "query_stats": True,
            "query_warnings": True,
            "remote_write_receiver": True,
            "search": api.services.search_enabled,
            **{f"search_fuzz_alg_{name}": True for name in ALGORITHMS},
            "time_range_labels": True,
            "time_range_series": True,
        },
        "prometheus": {"agent_mode": False, "auto_reload_config": False, "server_mode": True},
        **_language(api.services),
        "rules": {"concurrent_rule_eval": True, "keep_firing_for": True, "query_offset": True},
        "scrape": {
            "extra_scrape_metrics": True,
            "start_timestamp_zero_ingestion": False,
            "type_and_unit_labels": api.services.engine_options.type_and_unit_labels,
        },
        "otlp_receiver": {"delta_conversion": True, "native_delta_ingestion": False},
        "service_discovery_providers": dict.fromkeys(_DISCOVERIES, True),
        "templating_functions": dict.fromkeys(alert_functions(lambda query: (), 0.0, ""), True),
        "tsdb": {"exemplar_storage": True, "isolation": True, "native_histograms": True},
        "ui": {"ui_v2": False, "ui_v3": False},
    }
    return envelope.success({category: dict(sorted(names.items())) for category, names in found.items()})


def _language(services: Services) -> Features:
    options = services.engine_options
    parser = options.parser
    return {
        "promql": {
            **dict.fromkeys(_KEYWORDS, True),
            **dict.fromkeys(("anchored", "smoothed"), parser.extended_range_selectors),
            **dict.fromkeys(("fill", "fill_left", "fill_right"), parser.binop_fill_modifiers),
            "at_modifier": True,
            "delayed_name_removal": options.delayed_name_removal,
            "duration_expr": parser.duration_expressions,
            "negative_offset": True,
            "per_query_lookback_delta": True,
            "per_step_stats": services.per_step_stats,
            "subqueries": True,
            "type_and_unit_labels": options.type_and_unit_labels,
        },
        "promql_functions": {
            name: parser.experimental_functions or not function.experimental for name, function in FUNCTIONS.items()
        },
        "promql_operators": {
            **dict.fromkeys(_OPERATORS, True),
            **{name: parser.experimental_functions or name not in EXPERIMENTAL_AGGREGATORS for name in AGGREGATORS},
        },
    }


ROUTES = (Route(GET, "/api/v1/features", features),)
