"""Checks of discovery kinds that are not built yet, so that what the reference refuses does not load here either.

A kind's entries are kept as plain values; here they are only held against a table of refusals, in the reference's words,
and their HTTP settings are read. Nothing else is interpreted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from vedette.intake.config.codec import read_known
from vedette.intake.config.http import PLAIN_HTTP, HttpClientConfig
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.quoting import quote

Entry = Mapping[str, Any]
Refusal = Callable[[Entry], str]
"""The message, or the empty string where the entry is sound."""


def check_discovery(node: Node) -> None:
    """Raises ConfigError for the first entry of a `*_sd_configs` list that the reference would refuse."""
    if node.is_null:
        return
    kind = node.key.rpartition(".")[2].removesuffix("_sd_configs")
    for item in node.items():
        if item.is_null:
            continue
        try:
            _check_entry(kind, item)
        except (AttributeError, TypeError, ValueError):
            raise item.error(f"unmarshal errors: line {item.line}: a value has the wrong shape") from None


def _check_entry(kind: str, item: Node) -> None:
    http = read_known(HttpClientConfig, item)
    entry = item.plain()
    for refusal in _REFUSALS.get(kind, ()):
        if message := refusal(entry):
            raise item.error(message)
    if kind == "kubernetes":
        _check_kubernetes(item, entry, custom_http=http != PLAIN_HTTP)


def _required(key: str, message: str) -> Refusal:
    return lambda entry: "" if entry.get(key) else message


def _not_empty_when_said(key: str, message: str) -> Refusal:
    return lambda entry: message if key in entry and not entry[key] else ""


def _known(key: str, allowed: Sequence[str], message: str) -> Refusal:
    """`{}` in the message stands for the value."""
    return lambda entry: message.format(entry[key]) if entry.get(key) and entry[key] not in allowed else ""


def _at_most_one(keys: Sequence[str], message: str) -> Refusal:
    return lambda entry: message if sum(bool(entry.get(key)) for key in keys) > 1 else ""


def _at_least_one(keys: Sequence[str], message: str) -> Refusal:
    return lambda entry: "" if any(entry.get(key) for key in keys) else message


_SECRET_KEYS: Final = ("secret_key", "secret_key_file")
_ONE_SECRET: Final = (
    _at_least_one(_SECRET_KEYS, "one of secret_key & secret_key_file must be configured"),
    _at_most_one(_SECRET_KEYS, "at most one of secret_key & secret_key_file must be configured"),
)
_MARATHON_TOKENS: Final = ("auth_token", "auth_token_file")


def _marathon(keys: Sequence[str], names: str) -> Refusal:
    message = f"marathon_sd: at most one of {names} must be configured"
    return lambda entry: (
        message if any(entry.get(key) for key in keys) and any(entry.get(key) for key in _MARATHON_TOKENS) else ""
    )


def _url(key: str) -> Refusal:
    def refuse(entry: Entry) -> str:
        parts = urlsplit(str(entry[key]))
        if parts.scheme not in ("http", "https"):
            return "URL scheme must be 'http' or 'https'"
        return "" if parts.hostname else "host is missing in URL"

    return refuse


def _eureka_url(entry: Entry) -> str:
    parts = urlsplit(str(entry["server"]))
    return "" if parts.scheme and parts.hostname else "invalid eureka server URL"


def _stackit_endpoint(entry: Entry) -> str:
    endpoint = str(entry.get("endpoint") or "")
    return f"stackit_sd: invalid endpoint {quote(endpoint)}" if endpoint.startswith(":") else ""


def _ec2_filters(entry: Entry) -> str:
    empty = any(not (each or {}).get("values") for each in entry.get("filters") or ())
    return "EC2 SD configuration filter values cannot be empty" if empty else ""


def _azure(key: str) -> Refusal:
    message = f"azure SD configuration requires a {key}"
    return lambda entry: (
        message if entry.get("authentication_method", "OAuth") == "OAuth" and not entry.get(key) else ""
    )


_REFUSALS: Final[dict[str, tuple[Refusal, ...]]] = {
    "azure": (
        _known(
            "authentication_method",
            ("OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"),
            'unknown authentication_type "{}". Supported types are "OAuth", "ManagedIdentity", "SDK" or "WorkloadIdentity"',
        ),
        _required("subscription_id", "azure SD configuration requires a subscription_id"),
        *(_azure(key) for key in ("tenant_id", "client_id", "client_secret")),
    ),
    "ec2": (_ec2_filters,),
    "eureka": (_required("server", "eureka_sd: empty or null eureka server"), _eureka_url),
    "hetzner": (_known("role", ("robot", "hcloud"), 'unknown role "{}"'),),
    "ionos": (_required("datacenter_id", "datacenter id can't be empty"),),
    "marathon": (
        _required("servers", "marathon_sd: must contain at least one Marathon server"),
        _at_most_one(_MARATHON_TOKENS, "marathon_sd: at most one of auth_token & auth_token_file must be configured"),
        _marathon(("basic_auth",), "basic_auth, auth_token & auth_token_file"),
        _marathon(
            ("bearer_token", "bearer_token_file"), "bearer_token, bearer_token_file, auth_token & auth_token_file"
        ),
        _marathon(("authorization",), "auth_token, auth_token_file & authorization"),
    ),
    "oci": (
        _known(
            "auth",
            ("api_key", "instance_principal"),
            'oci_sd: unknown auth method "{}", expected "api_key" or "instance_principal"',
        ),
    ),
    "openstack": (
        _known("role", ("hypervisor", "instance", "loadbalancer"), 'unknown OpenStack SD role "{}"'),
        _known(
            "availability",
            ("public", "internal", "admin"),
            "unknown availability {}, must be one of admin, internal or public",
        ),
        _required("role", "role missing (one of: instance, hypervisor, loadbalancer)"),
    ),
    "outscale": (_required("region", "outscale SD configuration requires a region"), *_ONE_SECRET),
    "ovhcloud": (
        _required("application_secret", "application secret can not be empty"),
        _known("service", ("dedicated_server", "vps"), "unknown service: {}"),
    ),
    "puppetdb": (_required("url", "URL is missing"), _url("url"), _required("query", "query missing")),
    "scaleway": (_known("role", ("instance", "baremetal"), 'unknown role "{}"'), *_ONE_SECRET),
    "stackit": (_stackit_endpoint,),
    "uyuni": (_required("server", "Uyuni SD configuration requires server host"),),
}

_SELECTORS: Final = {
    "pod": ("pod", "node"),
    "service": ("service",),
    "endpointslice": ("pod", "service", "endpointslice"),
    "endpoints": ("pod", "service", "endpoints"),
    "node": ("node",),
    "ingress": ("ingress",),
}
_NAMESPACE_KEYS: Final = frozenset({"own_namespace", "names"})


def _check_kubernetes(node: Node, entry: Entry, *, custom_http: bool) -> None:
    namespaces = entry.get("namespaces") or {}
    for key in namespaces:
        if key not in _NAMESPACE_KEYS:
            raise node.error(f"unmarshal errors: field {key} not found in type kubernetes.plain")
    role = entry.get("role")
    if not role:
        raise node.error("role missing (one of: pod, service, endpoints, endpointslice, node, ingress)")
    if role not in _SELECTORS:
        raise node.error(f"unknown Kubernetes SD role {quote(str(role))}")
    message = _kubernetes_conflict(entry, bool(namespaces.get("own_namespace")), custom_http)
    if message:
        raise node.error(message)
    try:
        _check_selectors(role, [selector or {} for selector in entry.get("selectors") or ()])
    except BadInput as error:
        raise node.located(error) from None


def _kubernetes_conflict(entry: Entry, own_namespace: bool, custom_http: bool) -> str:
    server, file = entry.get("api_server"), entry.get("kubeconfig_file")
    if server and file:
        return "cannot use 'kubeconfig_file' and 'api_server' simultaneously"
    if file and custom_http:
        return "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"
    if not server and custom_http:
        return "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"
    if own_namespace and (server or file):
        return f"cannot use '{'api_server' if server else 'kubeconfig_file'}' and 'namespaces.own_namespace' simultaneously"
    return ""


def _check_selectors(role: str, selectors: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for selector in selectors:
        kind = str(selector.get("role", ""))
        if kind in seen:
            raise BadInput(f"duplicated selector role: {kind}")
        seen.add(kind)
        if kind not in _SELECTORS[role]:
            raise BadInput(f"{role} role supports only {', '.join(_SELECTORS[role])} selectors")
        for term in str(selector.get("field") or "").split(","):
            if term.strip() and "=" not in term:
                raise BadInput(f"invalid selector: '{selector['field']}'; can't understand '{term}'")
