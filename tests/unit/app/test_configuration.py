"""What the configuration says of itself, which a default rule watches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.app.test_settings import settings_of
from vedette.app.configuration import Configuration, OwnTarget
from vedette.model.errors import ConfigError
from vedette.model.telemetry import REGISTRY
from vedette.ports.clock import SystemClock


def rules_were_read() -> float | None:
    return REGISTRY.get_sample_value("vedette_rule_files_last_reload_successful")


def test_rules_count_as_read_from_the_start_and_again_after_a_reload_that_mends_them(tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: []")
    (tmp_path / "prometheus.yml").write_text("rule_files: [rules.yml]")
    settings = settings_of("--config", str(tmp_path / "prometheus.yml"), "--data", str(tmp_path / "data"))
    configuration = Configuration(settings, OwnTarget("here", Path("socket")), SystemClock(), with_node=False)
    assert rules_were_read() == 1
    rules.write_text("groups: 3")
    with pytest.raises(ConfigError):
        configuration.reload_rules()
    assert rules_were_read() == 0
    rules.write_text("groups: []")
    configuration.reload()
    assert rules_were_read() == 1
