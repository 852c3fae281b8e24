"""From a file to a `PrometheusConfig`: read, check, inherit, join `scrape_config_files`, name what is not built yet.

All or nothing: an error leaves no half of a configuration behind. Errors are ConfigError with file, line and key.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

import yaml

from vedette.intake.config.codec import read_section, write_section
from vedette.intake.config.foreign_sections import check_translation
from vedette.intake.config.sections import GlobalConfig, PrometheusConfig, ScrapeConfig
from vedette.intake.config.yaml_nodes import Document, Node, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.quoting import quote

CONFIG_BYTES_MAX: Final = 64 << 20


def load_config(
    path: str | Path = "", *, text: str | None = None, environment: Mapping[str, str] | None = None
) -> PrometheusConfig:
    """The configuration of a file, or of `text` (then `path` names it in errors and roots its relative paths).

    `environment` fills `${VAR}` in external labels (default: the process'). Raises ConfigError.
    """
    file = Path(path)
    document = Document(str(path), file.parent)
    root = parse_yaml(read_config_file(file) if text is None else text, document)
    config = PrometheusConfig()
    if root is not None and not root.is_null:
        config = _read_root(root)
    environment = os.environ if environment is None else environment
    common, warnings = _expand_external_labels(config.common, environment)
    warnings += _unbuilt_warnings(config)
    jobs = (*(job for job in config.scrape_configs if job), *_included_jobs(config))
    warnings += [warning for job in jobs for warning in _job_warnings(job)]
    return replace(config, common=common, jobs=jobs, warnings=tuple(document.warnings + warnings))


def render_config(config: PrometheusConfig) -> str:
    """The configuration as YAML that loads again, defaults filled in, every secret `<secret>`."""
    return yaml.safe_dump(write_section(config), sort_keys=False, allow_unicode=True, width=1 << 16)


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """What `vedette check config FILE` prints; `error` is empty when the file loads."""

    file: str
    jobs: int = 0
    rule_files: int = 0
    warnings: tuple[str, ...] = ()
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


def check_config(path: str | Path) -> ConfigReport:
    """Loads the file and the files it names (certificates, passwords), and says what is wrong or not built yet."""
    try:
        config = load_config(path)
        missing = [
            name
            for job in config.jobs
            for name in named_files(write_section(job))
            if not _exists(name, Path(path).parent)
        ]
        if missing:
            raise ConfigError(f"error checking file {quote(missing[0])}: no such file", file=str(path))
    except ConfigError as error:
        return ConfigReport(str(path), error=str(error))
    return ConfigReport(str(path), len(config.jobs), len(config.rule_files), config.warnings)


def _exists(name: str, folder: Path) -> bool:
    """Sections that are not built yet keep their paths as written, relative to the file's folder."""
    return Path(name).exists() or (folder / name).exists()


def named_files(value: object, key: str = "") -> Iterator[str]:
    """Every path that stands under a `*_file` key of a rendered section, except files that are written to."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from named_files(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from named_files(item, key)
    elif key.endswith("_file") and not key.endswith("log_file"):
        yield str(value)


_GLOB_PATH: Final = re.compile(r"[^*]*(\*[^/]*)?")


def _read_root(root: Node) -> PrometheusConfig:
    config = read_section(PrometheusConfig, root)
    places = dict(_places(root))
    for kind, key in (("rule", "rule_files"), ("scrape config", "scrape_config_files")):
        for node in places[key].items() if key in places and not places[key].is_null else ():
            if not _GLOB_PATH.fullmatch(node.text()):
                message = f"invalid {kind} file path {quote(node.text())}"
                raise node.error(message, "a star may stand in the last part only")
    nodes = places["scrape_configs"].items() if config.scrape_configs else []
    jobs = _inherited_jobs(config.common, config.scrape_configs, nodes, {})
    try:
        check_translation(
            config.unbuilt.get("otlp"), legacy_names=config.common.metric_name_validation_scheme == "legacy"
        )
    except BadInput as error:
        raise root.located(error) from None
    return replace(config, scrape_configs=jobs)


def _places(root: Node) -> Iterator[tuple[str, Node]]:
    for key, value in root.fields("config.plain"):
        yield key.text(), value


def _inherited_jobs(
    common: GlobalConfig, jobs: Iterable[ScrapeConfig | None], nodes: Iterable[Node], seen: dict[str, str]
) -> tuple[ScrapeConfig, ...]:
    """`seen`: where each job name was defined, for the message; it is added to."""
    filled = []
    for job, node in zip(jobs, nodes, strict=True):
        try:
            if job is None:
                raise BadInput("empty or null scrape config section")
            filled.append(job.inherit(common))
            if job.job_name in seen:
                first = f", first found in {seen[job.job_name]}" if seen[job.job_name] else ""
                raise BadInput(f"found multiple scrape configs with job name {quote(job.job_name)}{first}")
        except BadInput as error:
            raise node.located(error) from None
        seen[job.job_name] = ""
    return tuple(filled)


@dataclass(frozen=True, slots=True)
class _IncludedFile:
    TYPE: ClassVar[str] = "config.ScrapeConfigs"
    scrape_configs: tuple[ScrapeConfig | None, ...] = ()


def _included_jobs(config: PrometheusConfig) -> list[ScrapeConfig]:
    jobs: list[ScrapeConfig] = []
    seen = {job.job_name: "main config file" for job in config.scrape_configs if job}
    for pattern in config.scrape_config_files:
        for name in sorted(glob.glob(pattern)):
            root = parse_yaml(read_config_file(Path(name)), Document(name, Path(name).parent))
            if root is None or root.is_null:
                continue
            included = read_section(_IncludedFile, root)
            nodes = dict(_places(root))["scrape_configs"].items() if included.scrape_configs else []
            jobs.extend(_inherited_jobs(config.common, included.scrape_configs, nodes, seen))
            seen.update((job.job_name, quote(name)) for job in included.scrape_configs if job)
    return jobs


def read_config_file(path: Path) -> str:
    """Raises ConfigError for a file that cannot be read, is too large or is not UTF-8."""
    try:
        if path.stat().st_size > CONFIG_BYTES_MAX:
            raise ConfigError(f"larger than {CONFIG_BYTES_MAX} bytes", file=str(path))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read: {error.strerror or error}", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"yaml: invalid UTF-8 at byte {error.start}", file=str(path)) from None


_VARIABLE: Final = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*)|([$*#@!?0-9-]))")


def _expand_external_labels(common: GlobalConfig, environment: Mapping[str, str]) -> tuple[GlobalConfig, list[str]]:
    """`${NAME}` and `$NAME` filled as the reference's os.Expand does; `$$` is a dollar."""
    warnings: list[str] = []

    def fill(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3] or ""
        if name == "$":
            return "$"
        if not environment.get(name):
            warnings.append(f"global.external_labels: environment variable {quote(name)} is empty or not set")
        return environment.get(name, "")

    labels = {name: _VARIABLE.sub(fill, value) for name, value in common.external_labels.items()}
    return replace(common, external_labels=labels), warnings


_PLAIN_SECTIONS: Final = frozenset({"otlp"})
"""Built, and read as they stand by those whom they concern."""


def _unbuilt_warnings(config: PrometheusConfig) -> list[str]:
    sections = [key for key, value in config.unbuilt.items() if value and key not in _PLAIN_SECTIONS]
    warnings = [f"{key}: this section is not built yet and is ignored" for key in sections]
    warnings += [
        f"alerting.alertmanagers[{place}]: {key} is not built yet; nothing is sent there"
        for place, alertmanager in enumerate(config.alerting.alertmanagers)
        if alertmanager
        for key in alertmanager.unbuilt
    ]
    warnings += [
        f"remote_write {quote(remote.shown_url)}: {key} is not built yet; nothing is sent there"
        for remote in config.remote_write
        if remote
        for key in remote.unbuilt
    ]
    return warnings


def _job_warnings(job: ScrapeConfig) -> Iterator[str]:
    for kind in job.unbuilt:
        yield f"job {quote(job.job_name)}: {kind}: this discovery is not built yet; it finds no targets"
