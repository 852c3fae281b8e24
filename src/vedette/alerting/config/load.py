"""Reads an alertmanager.yml: parse, check, fill in the global section, find what refers to nothing.

All or nothing: an error leaves no half of a configuration behind. Errors are ConfigError with file, line and key.
The names that routes use are looked up here, because only here the lines are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from vedette.alerting.config.defaults import GlobalConfig
from vedette.alerting.config.sections import GROUP_BY_ALL, OUR_KINDS, AlertmanagerConfig, Receiver
from vedette.alerting.matchers import MatcherMode
from vedette.intake.config.codec import read_section, write_section
from vedette.intake.config.load import read_config_file
from vedette.intake.config.yaml_nodes import Document, Node, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.quoting import quote


def load_config(
    path: str | Path, mode: MatcherMode = MatcherMode.FALLBACK, *, text: str | None = None
) -> AlertmanagerConfig:
    """The configuration of a file, or of `text` (then `path` names it in errors and roots its relative paths).

    `mode`: how matchers and label names are read. Raises ConfigError.
    """
    file = Path(path)
    document = Document(str(path), file.parent)
    root = parse_yaml(read_config_file(file) if text is None else text, document)
    if root is None or root.is_null:
        raise ConfigError("no route provided in config", file=str(path), hint="add `route: {receiver: NAME}`")
    config = read_section(AlertmanagerConfig, root)
    places = _children(root)
    ready = _ready_receivers(config, places)
    _check_routes(config, places["route"], mode)
    for rule in _items(places, "inhibit_rules"):
        _check_matchers(rule, ("source_matchers", "target_matchers"), mode)
        _check_names(rule, "equal", "invalid label name {} in equal list", mode)
    warnings = (*document.warnings, *_unbuilt_warnings(config))
    return replace(config, ready_receivers=ready, warnings=warnings)


def render_config(config: AlertmanagerConfig, *, our_kinds: bool = True) -> str:
    """The configuration as YAML that loads again, defaults filled in, every secret `<secret>`.

    Without `our_kinds` it is one that the reference's own tools load.
    """
    written = write_section(config)
    if not our_kinds:
        for receiver in written.get("receivers", ()):
            for kind in OUR_KINDS:
                receiver.pop(f"{kind}_configs", None)
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=1 << 16)


def _children(node: Node) -> dict[str, Node]:
    return {} if node.is_null else {key.text(): value for key, value in node.fields()}


def _items(places: Mapping[str, Node], key: str) -> list[Node]:
    return places[key].items() if key in places and not places[key].is_null else []


def _ready_receivers(config: AlertmanagerConfig, places: Mapping[str, Node]) -> tuple[Receiver, ...]:
    seen: set[str] = set()
    ready = []
    for receiver, node in zip(config.receivers, _items(places, "receivers"), strict=True):
        if receiver.name in seen:
            raise node.error(f"notification config name {quote(receiver.name)} is not unique")
        seen.add(receiver.name)
        ready.append(_ready(receiver, node, config.common))
    return tuple(ready)


def _ready(receiver: Receiver, node: Node, common: GlobalConfig) -> Receiver:
    places = _children(node)
    filled: dict[str, Any] = {}
    for kind, index, section in receiver.sections():
        key = f"{kind}_configs"
        place = places[key].items()[index]
        try:
            if section is None:
                raise BadInput(f"missing {kind} config")
            filled[key] = (*filled.get(key, ()), section.inherit(common))
        except BadInput as error:
            raise place.located(error) from None
    return replace(receiver, **filled)


def _check_routes(config: AlertmanagerConfig, root: Node, mode: MatcherMode) -> None:
    receivers = {receiver.name for receiver in config.receivers}
    intervals: set[str] = set()
    for named in (*config.mute_time_intervals, *config.time_intervals):
        if named.name in intervals:
            raise root.error(f"{named.KIND} {quote(named.name)} is not unique")
        intervals.add(named.name)
    for route in _walk_routes(root):
        places = _children(route)
        for receiver in [places["receiver"]] if "receiver" in places else []:
            if receiver.text() and receiver.text() not in receivers:
                raise receiver.error(f"undefined receiver {quote(receiver.text())} used in route", _known(receivers))
        for key in ("active_time_intervals", "mute_time_intervals"):
            for name in _items(places, key):
                if name.text() not in intervals:
                    raise name.error(f"undefined time interval {quote(name.text())} used in route", _known(intervals))
        _check_matchers(route, ("matchers",), mode)
        _check_names(route, "group_by", "invalid label name {} in group_by list", mode)
        for label, _ in places["labels"].fields() if "labels" in places else ():
            if not label.text():
                raise label.error('"" is not a valid label name')
            if not mode.is_label_name(label.text()):
                raise label.error(f"invalid label name {quote(label.text())} in route labels")


def _walk_routes(node: Node) -> Iterator[Node]:
    """Those below first, as the reference looks at them."""
    if not node.is_null:
        for child in _items(_children(node), "routes"):
            yield from _walk_routes(child)
        yield node


def _known(names: set[str]) -> str:
    return f"defined are {', '.join(sorted(names))}" if names else "none is defined"


def _check_matchers(node: Node, keys: tuple[str, ...], mode: MatcherMode) -> None:
    for key in keys:
        for text in _items(_children(node), key):
            try:
                mode.matchers(text.text(), "config")
            except BadInput as error:
                raise text.located(error) from None


def _check_names(node: Node, key: str, message: str, mode: MatcherMode) -> None:
    for name in _items(_children(node), key):
        if name.text() != GROUP_BY_ALL and not mode.is_label_name(name.text()):
            raise name.error(message.format(quote(name.text())))


_UNBUILT_HINTS: Final = {
    "tracing": "no traces of notifications are sent",
    "event_recorder": "alert history is kept in the store instead",
}


def _unbuilt_warnings(config: AlertmanagerConfig) -> Iterator[str]:
    for key, value in config.unbuilt.items():
        if value:
            yield f"{key}: this section is not built and is ignored; {_UNBUILT_HINTS[key]}"
