"""What `vedette check config` says of an alertmanager.yml, beyond whether it loads.

Template files are parsed (a fault there is a fault of the configuration, as at a start). Faulty templates in sections, calls of
templates that nothing defines, and files that are not there, are warnings: the reference loads them, and a secret's file may come later.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vedette.alerting.config.load import load_config
from vedette.alerting.config.sections import AlertmanagerConfig, Receiver, Route
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.templates import Templates
from vedette.intake.config.codec import write_section
from vedette.intake.config.load import named_files
from vedette.model.quoting import quote
from vedette.signals.template import TemplateError


@dataclass(frozen=True, slots=True)
class ConfigReport:
    receivers: int
    routes: int
    inhibit_rules: int
    template_files: int
    warnings: tuple[str, ...]


def check_config(path: str | Path, mode: MatcherMode = MatcherMode.FALLBACK) -> ConfigReport:
    """Raises ConfigError."""
    config = load_config(path, mode)
    templates = Templates()
    templates.add_files(config.templates)
    return ConfigReport(
        receivers=len(config.receivers),
        routes=_count(config.root),
        inhibit_rules=len(config.inhibit_rules),
        template_files=sum(len(glob.glob(pattern)) for pattern in config.templates),
        warnings=(*config.warnings, *_template_warnings(config, templates), *_file_warnings(config)),
    )


def _count(route: Route) -> int:
    return 1 + sum(map(_count, route.routes))


def _template_warnings(config: AlertmanagerConfig, templates: Templates) -> Iterator[str]:
    missing = templates.undefined("")
    for name in missing:
        yield f"templates: template {quote(name)} not defined"
    for receiver in config.receivers:
        for place, text in _texts(receiver):
            try:
                templates.check(text)
                for name in templates.undefined(text):
                    if name not in missing:
                        yield f"receiver {receiver.name}: {place}: template {quote(name)} not defined"
            except TemplateError as error:
                yield f"receiver {receiver.name}: {place}: {error.message}"


def _texts(receiver: Receiver) -> Iterator[tuple[str, str]]:
    for kind, index, section in receiver.sections():
        yield from _strings(f"{kind}_configs[{index}]", write_section(section))


def _strings(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(f"{place}.{key}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(f"{place}[{index}]", item)
    elif isinstance(value, str) and "{{" in value:
        yield place, value


def _file_warnings(config: AlertmanagerConfig) -> Iterator[str]:
    """A pattern may match nothing yet."""
    templates = [name for name in config.templates if glob.escape(name) == name]
    for name in dict.fromkeys([*templates, *named_files(write_section(config))]):
        if not Path(name).exists():
            yield f"no such file: {name}"
