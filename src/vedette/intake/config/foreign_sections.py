"""Checks of top-level sections that are not built yet: remote read, tracing, otlp.

As for discovery kinds, a section is kept as it is and only held against what the reference refuses, in its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from vedette.intake.config.http import RESERVED_HEADERS
from vedette.intake.config.remote_write import check_headers
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.quoting import quote

Section = Any


def check_section(node: Node) -> None:
    """Raises ConfigError when the reference would refuse the section."""
    if node.is_null:
        return
    try:
        _CHECKS[node.key](node.plain())
    except BadInput as error:
        raise node.located(error) from None
    except (AttributeError, TypeError, ValueError):
        raise node.error(f"unmarshal errors: line {node.line}: a value of {node.key} has the wrong shape") from None


def _check_runtime(section: Section) -> None:
    if not isinstance(section, Mapping):
        raise BadInput("unmarshal errors: cannot unmarshal into config.RuntimeConfig")


def _check_remote_read(section: Section) -> None:
    if None in section:
        raise BadInput("empty or null remote read config section")
    for remote in section:
        if not remote.get("url"):
            raise BadInput("url for remote_read is empty")
        check_headers(remote.get("headers") or {})
    names = Counter(remote.get("name") for remote in section if remote.get("name"))
    for name, count in names.items():
        if count > 1:
            raise BadInput(f"found multiple remote read configs with job name {quote(str(name))}")


def _check_tracing(section: Section) -> None:
    for name in section.get("headers") or {}:
        if name.lower() == "authorization":
            raise BadInput("custom authorization header configuration is not yet supported")
        if name.lower() in RESERVED_HEADERS:
            raise BadInput(f"{name} is a reserved header. It must not be changed")
    if not section.get("endpoint"):
        raise BadInput("tracing endpoint must be set")
    compression = section.get("compression")
    if compression not in (None, "", "gzip"):
        raise BadInput(f"invalid compression type {compression} provided, valid options: gzip")


_UTF8_STRATEGIES: Final = frozenset({"NoTranslation", "NoUTF8EscapingWithSuffixes"})
_STRATEGIES: Final = frozenset({"", "UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes"})


def check_translation(otlp: Section, *, legacy_names: bool) -> None:
    """The strategy against the global name scheme; raises BadInput."""
    strategy = (otlp or {}).get("translation_strategy") or ""
    if strategy not in _STRATEGIES | _UTF8_STRATEGIES:
        raise BadInput(f"unsupported OTLP translation strategy {quote(str(strategy))}")
    if legacy_names and strategy in _UTF8_STRATEGIES:
        raise BadInput(f"OTLP translation strategy {quote(strategy)} is not allowed when UTF8 is disabled")


def _check_otlp(section: Section) -> None:
    promoted = section.get("promote_resource_attributes") or ()
    ignored = section.get("ignore_resource_attributes") or ()
    if section.get("promote_all_resource_attributes"):
        if promoted:
            raise BadInput(
                "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously"
            )
        _check_attributes(ignored, "ignore_resource_attributes", "ignored")
        return
    if ignored:
        raise BadInput(
            "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true"
        )
    _check_attributes(promoted, "promote_resource_attributes", "promoted")


def _check_attributes(names: Iterable[Any], key: str, adjective: str) -> None:
    stripped = [str(name or "").strip() for name in names]
    problems = []
    for place, name in enumerate(stripped):
        if not name:
            problems.append(f"empty {adjective} OTel resource attribute")
        elif name in stripped[:place]:
            problems.append(f"duplicated {adjective} OTel resource attribute {quote(name)}")
    if problems:
        raise BadInput(f"invalid '{key}': " + "; ".join(problems))


_CHECKS: Final[dict[str, Callable[[Section], None]]] = {
    "runtime": _check_runtime,
    "tracing": _check_tracing,
    "remote_read": _check_remote_read,
    "otlp": _check_otlp,
}
UNBUILT_SECTIONS: Final = frozenset(_CHECKS)
