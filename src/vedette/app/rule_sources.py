"""Where rules come from: the files that the configuration names, the namespaces set over HTTP, our own defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vedette.alerting.rules import default
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.rules.file_format import RuleDialect
from vedette.alerting.rules.loading import define_file, file_stamps, load_groups, matching_files
from vedette.alerting.rules.namespaces import RuleNamespaces
from vedette.app.features import engine_options
from vedette.app.settings import Settings
from vedette.intake.config import PrometheusConfig

DEFAULT_FILES: Final = tuple(sorted(Path(default.__file__).parent.glob("*.rules.yml")))


@dataclass(frozen=True, slots=True)
class RuleSources:
    settings: Settings
    namespaces: RuleNamespaces

    def dialect(self, config: PrometheusConfig) -> RuleDialect:
        return RuleDialect(config.name_scheme, engine_options(self.settings.features, 0).parser)

    def read(self, config: PrometheusConfig) -> tuple[GroupDefinition, ...]:
        """Raises BadRuleFile."""
        interval_ms, dialect = config.common.evaluation_interval, self.dialect(config)
        groups = load_groups(self._patterns(config), interval_ms, dialect)
        for namespace, file in self.namespaces.files(dialect).items():
            groups += define_file(file, namespace, interval_ms, dialect)
        return tuple(groups)

    def stamps(self, config: PrometheusConfig) -> Mapping[str, tuple[int, int]]:
        """Different when a file was changed, added or removed."""
        return file_stamps(matching_files(self._patterns(config)))

    def _patterns(self, config: PrometheusConfig) -> tuple[str, ...]:
        return config.rule_files if self.settings.prometheus_file is not None else tuple(map(str, DEFAULT_FILES))
