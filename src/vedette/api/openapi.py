"""`/api/v1/openapi.yaml`: the API as this very server serves it, made from its table of routes.

A path is there because it has a route (or a mounted application, such as remote write); openapi_operations.py adds what it
does and takes. Answers are described as far as all share it: the envelope. https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from vedette.api.openapi_operations import OPERATIONS, Operation
from vedette.api.routing import Route

ROOT: Final = "/api/v1"
YAML: Final = b"application/yaml; charset=utf-8"
VERSIONS: Final = {"3.1": "3.1.0", "3.2": "3.2.0"}
METHODS: Final = ("GET", "POST", "PUT", "DELETE")
MOUNTED: Final = {"/write": ("POST",), "/otlp/v1/metrics": ("POST",)}
"""Methods of what other rooms serve below /api/v1, where they are mounted."""
STREAMED: Final = {
    "/search/": "application/x-ndjson",
    "/notifications/live": "text/event-stream",
    "/openapi.yaml": "application/yaml",
    "/export": "application/octet-stream",
}
_ANSWER: Final = {"$ref": "#/components/schemas/Answer"}
_ENVELOPE: Final = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "string", "enum": ["success", "error"]},
        "data": {},
        "errorType": {"type": "string"},
        "error": {"type": "string"},
        "hint": {"type": "string"},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "infos": {"type": "array", "items": {"type": "string"}},
    },
}


def describe_api(routes: Iterable[Route], mounts: Iterable[str], version: str, vedette_version: str) -> bytes:
    """YAML. `version` is a key of VERSIONS."""
    paths: dict[str, dict[str, Any]] = {}
    for path, methods in sorted(served_operations(routes, mounts).items()):
        paths[path] = {method.lower(): _describe(path, method) for method in METHODS if method in methods}
    document = {
        "openapi": VERSIONS[version],
        "info": {
            "title": "Vedette",
            "version": vedette_version or "0",
            "description": "Prometheus' HTTP API, and ours.",
        },
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {"schemas": {"Answer": _ENVELOPE}},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()


def served_operations(routes: Iterable[Route], mounts: Iterable[str]) -> dict[str, set[str]]:
    """Methods by path below ROOT; the variable part of a path has its name."""
    found: dict[str, set[str]] = {}
    for route in routes:
        if route.path.startswith(ROOT + "/"):
            path = route.path.removeprefix(ROOT).replace("*", "{name}")
            found.setdefault(path, set()).update(route.methods & frozenset(METHODS))
    for prefix in mounts:
        path = prefix.removeprefix(ROOT)
        if path in MOUNTED:
            found.setdefault(path, set()).update(MOUNTED[path])
    return found


def _describe(path: str, method: str) -> Mapping[str, Any]:
    operation = OPERATIONS.get(path, Operation(path.strip("/")))
    named = [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}] if "{name}" in path else []
    parameters = [_parameter(word) for word in operation.parameters.split()]
    content_type = next((kind for prefix, kind in STREAMED.items() if path.startswith(prefix)), "application/json")
    schema = _ANSWER if content_type == "application/json" else {"type": "string"}
    failed = {"description": "what was wrong", "content": {"application/json": {"schema": _ANSWER}}}
    words = re.findall(r"[A-Za-z0-9]+", path)
    return {
        "operationId": method.lower() + "".join(word.title() for word in words),
        "summary": operation.summary,
        "parameters": [*named, *parameters],
        "responses": {"200": {"description": "done", "content": {content_type: {"schema": schema}}}, "default": failed},
    }


def _parameter(word: str) -> dict[str, Any]:
    name, required = word.removesuffix("*"), word.endswith("*")
    text = {"type": "string"}
    schema = {"type": "array", "items": text} if name.endswith("[]") else text
    return {"name": name, "in": "query", "required": required, "schema": schema}
