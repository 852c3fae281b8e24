"""Resource, scope and attributes to labels; the resource itself to `target_info`.

Job and instance come from `service.*`. Attributes whose names become equal are joined with `;`. A point's own attributes
win over promoted ones, job and instance over both. Source: Prometheus storage/remote/otlptranslator, helper.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vedette.intake.receiving.otlp.attributes import attribute_texts
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.model.labels import METRIC_NAME, Labels

Document = dict[str, Any]
Pairs = dict[str, str]

NAMESPACE, NAME, INSTANCE = "service.namespace", "service.name", "service.instance.id"
IDENTIFYING: Final = frozenset({NAMESPACE, NAME, INSTANCE})
TARGET_INFO: Final = "target_info"
_SCOPE: Final = "otel_scope_"


@dataclass(frozen=True, slots=True)
class ResourceContext:
    """`identity`: job and instance, as far as they are known."""

    attributes: Pairs
    identity: Pairs = field(default_factory=dict)
    promoted: Pairs = field(default_factory=dict)


def resource_context(resource: Document, settings: OtlpSettings) -> ResourceContext:
    """Raises BadInput for an attribute that cannot be a label."""
    attributes = attribute_texts(resource.get("attributes", ()))
    identity = {}
    if NAME in attributes:
        namespace = f"{attributes[NAMESPACE]}/" if NAMESPACE in attributes else ""
        identity["job"] = namespace + attributes[NAME]
    if INSTANCE in attributes:
        identity["instance"] = attributes[INSTANCE]
    promoted = {settings.naming.label(name): value for name, value in attributes.items() if settings.promotes(name)}
    return ResourceContext(attributes, {name: value for name, value in identity.items() if value}, promoted)


def scope_labels(scope_metrics: Document, settings: OtlpSettings) -> Pairs:
    """Name, version, schema URL and attributes of the scope, where the configuration promotes them."""
    scope = scope_metrics.get("scope") or {}
    if not settings.promote_scope or not scope.get("name"):
        return {}
    attributes = attribute_texts(scope.get("attributes", ()))
    return {settings.naming.label(_SCOPE + name): value for name, value in attributes.items()} | {
        "otel_scope_name": scope["name"],
        "otel_scope_version": scope.get("version", ""),
        "otel_scope_schema_url": scope_metrics.get("schemaUrl", ""),
    }


def attribute_labels(attributes: Mapping[str, str], settings: OtlpSettings) -> Pairs:
    pairs: Pairs = {}
    for name, value in sorted(attributes.items()):
        if name == METRIC_NAME:
            continue
        label = settings.naming.label(name)
        pairs[label] = f"{pairs[label]};{value}" if pairs.get(label) else value
    return pairs


def point_labels(point: Document, resource: ResourceContext, added: Pairs, settings: OtlpSettings) -> Pairs:
    """All labels but the name; `added` are those of the scope and, if enabled, type and unit."""
    own = attribute_labels(attribute_texts(point.get("attributes", ())), settings)
    own = {name: value for name, value in own.items() if value}
    return {**resource.promoted, **own, **resource.identity, **added}


def target_info_labels(resource: ResourceContext, settings: OtlpSettings) -> Labels | None:
    """None where the resource says nothing beyond job and instance, or has neither."""
    if resource.attributes.keys() <= IDENTIFYING or not resource.identity:
        return None
    kept = {
        name: value
        for name, value in resource.attributes.items()
        if settings.keep_identifying or name not in IDENTIFYING
    }
    return Labels({**attribute_labels(kept, settings), **resource.identity, METRIC_NAME: TARGET_INFO}.items())
