"""The reference's own configuration files, and those that prometheus-operator writes: what loads there loads here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Skipped
from tests.reference_configs import GOOD_JOBS, OPERATOR_FILES, copy_good_config, join_operator_configs
from tests.settings import conformance
from tests.unit.intake.config_refusals import REFUSALS
from vedette.intake.config import load_config, render_config
from vedette.model.errors import ConfigError


@pytest.fixture
def testdata() -> Path:
    return corpus("prometheus", "prometheus", "config", "testdata")


def corpus(*parts: str) -> Path:
    try:
        return conformance(*parts)
    except Skipped as skipped:
        pytest.skip(str(skipped))


@pytest.mark.usefixtures("testdata")
def test_conf_good_loads_and_renders_as_itself(tmp_path: Path) -> None:
    config = load_config(copy_good_config(tmp_path))
    assert len(config.jobs) == GOOD_JOBS
    rendered = render_config(config)
    assert load_config(tmp_path / "conf.good.yml", text=rendered).jobs[0].scrape_interval == 15_000
    assert render_config(load_config(tmp_path / "conf.good.yml", text=rendered)) == rendered
    for secret in ("mysecret", "multiline", "hole"):
        assert secret not in rendered


@pytest.mark.parametrize(("name", "message"), sorted(REFUSALS.items()))
def test_what_the_reference_refuses_is_refused_in_its_words(testdata: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(testdata / name)
    assert message in caught.value.message


def test_every_refusal_of_the_corpus_is_listed(testdata: Path) -> None:
    listed = set(REFUSALS)
    assert {path.name for path in testdata.glob("*.bad.yml")} - listed == set()


def test_every_good_file_of_the_corpus_loads(testdata: Path) -> None:
    good = [path for path in sorted(testdata.glob("*.yml")) if path.name not in REFUSALS]
    assert len(good) > 50
    for path in good:
        load_config(path)


def test_the_scrape_configs_of_the_operator_load_as_one_file(tmp_path: Path) -> None:
    corpus("kube", "operator_golden")
    joined = join_operator_configs(tmp_path)
    assert joined.n_sources == OPERATOR_FILES
    config = load_config(joined.file)
    assert len(config.jobs) == len(joined.jobs)
    assert all("not built yet" in warning or "deprecated" in warning for warning in config.warnings)
