"""API v2's own description (OpenAPI 2) as a check of real answers."""

from __future__ import annotations

from typing import Any

import jsonschema
import yaml

from tests.settings import conformance


class ApiDescription:
    """Raises Skipped where the reference's description is not at hand."""

    def __init__(self) -> None:
        self._document = yaml.safe_load((conformance("alertmanager") / "openapi_v2.yaml").read_text())
        self._checked: set[tuple[str, str]] = set()

    def check(self, method: str, path: str, status: int, document: Any) -> None:
        """`path` as the description has it. Raises AssertionError where the answer is not what it promises."""
        self._checked.add((method, path))
        responses = self._document["paths"][path][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {path}: status {status} is not described"
        response = responses[str(status)]
        if "$ref" in response:
            response = self._document["responses"][response["$ref"].rpartition("/")[2]]
        schema = response.get("schema")
        if schema is None:
            assert document is None, f"{method} {path}: a body where none is described: {document}"
            return
        root = {**schema, "definitions": self._document["definitions"]}
        try:
            jsonschema.validate(document, root, format_checker=jsonschema.FormatChecker())
        except jsonschema.ValidationError as error:
            raise AssertionError(f"{method} {path}: {error.message}") from None

    def unchecked(self) -> set[tuple[str, str]]:
        """Operations that nobody asked."""
        described = {
            (method.upper(), path)
            for path, operations in self._document["paths"].items()
            for method in operations
            if method != "parameters"
        }
        return described - self._checked
