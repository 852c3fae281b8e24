"""Attribute values as text, as the reference's collector library prints them: lists and maps as JSON, bytes as base64."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from typing import Any

from vedette.model.numbers import format_fixed, format_general

Document = dict[str, Any]


def attribute_texts(attributes: Iterable[Document]) -> dict[str, str]:
    """By key; of equal keys the last one counts."""
    return {each.get("key", ""): value_text(each.get("value") or {}) for each in attributes}


def value_text(value: Document) -> str:
    """Of an AnyValue; the empty one is the empty text."""
    for kind, content in value.items():
        match kind:
            case "stringValue":
                return str(content)
            case "boolValue":
                return "true" if content else "false"
            case "intValue":
                return str(content)
            case "doubleValue":
                return _double_text(content)
            case "bytesValue":
                return base64.b64encode(content).decode()
            case "arrayValue" | "kvlistValue":
                return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return ""


def _double_text(value: float) -> str:
    """As JSON in JavaScript: an exponent below 1e-6 and from 1e21 on."""
    if not math.isfinite(value):
        return f"json: unsupported value: {format_general(value)}"
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"
    return format_fixed(value)


def _plain(value: Document) -> Any:
    """An AnyValue as plain data for JSON."""
    for kind, content in value.items():
        match kind:
            case "arrayValue":
                return [_plain(each) for each in content.get("values", ())]
            case "kvlistValue":
                return {each.get("key", ""): _plain(each.get("value") or {}) for each in content.get("values", ())}
            case "bytesValue":
                return base64.b64encode(content).decode()
            case _:
                return content
    return None
