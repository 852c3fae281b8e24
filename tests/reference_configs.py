"""Configuration files of the references that must load here: Prometheus' own example, and what prometheus-operator writes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.settings import conformance

GOOD_JOBS: Final = 34
OPERATOR_FILES: Final = 512


def copy_good_config(folder: Path) -> Path:
    """conf.good.yml with the files it names beside it, empty. Raises Skipped where the corpus is absent."""
    file = conformance("prometheus", "prometheus", "config", "testdata") / "conf.good.yml"
    for name in ("valid_cert_file", "valid_key_file", "valid_ca_file", "valid_token_file", "valid_password_file"):
        (folder / name).touch()
    return Path(shutil.copy(file, folder))


@dataclass(frozen=True, slots=True)
class JoinedConfig:
    file: Path
    jobs: tuple[dict[str, Any], ...]
    n_sources: int


def join_operator_configs(folder: Path) -> JoinedConfig:
    """One file of all scrape configs in the operator's golden files; a job's name gets its file's before and a number.

    The files they name are in the operator's container; here they are empty files in `folder`.
    """
    jobs: list[dict[str, Any]] = []
    n_sources = 0
    for path in sorted(conformance("kube", "operator_golden").rglob("*.golden")):
        text = path.read_text()
        if "scrape_configs:" not in text:
            continue
        n_sources += 1
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for job in document.get("scrape_configs") or ():
            own = _with_files_in(folder, job)
            jobs.append({**own, "job_name": f"{path.stem}/{job['job_name']}/{len(jobs)}"})
    joined = folder / "joined.yml"
    joined.write_text(yaml.safe_dump({"global": {"scrape_interval": "1m"}, "scrape_configs": jobs}))
    return JoinedConfig(joined, tuple(jobs), n_sources)


def _with_files_in(folder: Path, value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_files_in(folder, item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_files_in(folder, item) for item in value]
    if isinstance(value, str) and key.endswith("_file"):
        (folder / Path(value).name).touch()
        return str(folder / Path(value).name)
    return value
