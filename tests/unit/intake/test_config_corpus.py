"""The reference's own configuration files, and those that prometheus-operator writes: what loads there loads here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness import Skipped
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


def test_conf_good_loads_and_renders_as_itself(testdata: Path, tmp_path: Path) -> None:
    shutil.copy(testdata / "conf.good.yml", tmp_path)
    for name in ("valid_cert_file", "valid_key_file", "valid_ca_file", "valid_token_file", "valid_password_file"):
        (tmp_path / name).touch()
    config = load_config(tmp_path / "conf.good.yml")
    assert len(config.jobs) == 34
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
    golden = corpus("kube", "operator_golden")
    jobs: list[dict[str, Any]] = []
    files = 0
    for path in sorted(golden.rglob("*.golden")):
        text = path.read_text()
        if "scrape_configs:" not in text:
            continue
        files += 1
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for job in document.get("scrape_configs") or ():
            jobs.append({**job, "job_name": f"{path.stem}/{job['job_name']}/{len(jobs)}"})
    assert files == 512
    joined = tmp_path / "joined.yml"
    joined.write_text(yaml.safe_dump({"global": {"scrape_interval": "1m"}, "scrape_configs": jobs}))
    config = load_config(joined)
    assert len(config.jobs) == len(jobs)
    assert all("not built yet" in warning or "deprecated" in warning for warning in config.warnings)
