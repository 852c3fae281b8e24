"""Configuration of a running server: the references' own files start it; a reload replaces all of it or nothing."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.asking import wait_until
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import run_promtool
from tests.reference_configs import GOOD_JOBS, OPERATOR_FILES, copy_good_config, join_operator_configs
from tests.server import Vedette, run_vedette

_SETTLED_WITHIN_S: Final = 20.0
_ONE_JOB: Final = "scrape_configs:\n  - job_name: NAME\n    static_configs:\n      - targets: ['127.0.0.1:1']\n"
_BAD: Final = "scrape_configs:\n  - job_name: bad\n    scrape_intervall: 5s\n"


def run(options: Options) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory() as name:
        yield run_checks("configuration", CHECKS, Path(name))


def the_example_of_prometheus_passes_the_check_and_starts_a_server(folder: Path) -> None:
    config = copy_good_config(folder)
    assert run_promtool("check", "config", "--syntax-only", str(config)).returncode == 0
    checked = run_vedette("check", "config", str(config))
    assert checked.returncode == 0, checked.stderr
    assert f"ok, jobs: {GOOD_JOBS}" in checked.stdout, checked.stdout
    with _started(folder, config) as server:
        assert len(server.api("scrape_pools")["scrapePools"]) == GOOD_JOBS
        shown = server.api("status/config")["yaml"]
        assert "job_name: service-x" in shown, shown
        assert "mysecret" not in shown, shown


def the_scrape_configs_of_the_operator_load_as_one_file(folder: Path) -> None:
    joined = join_operator_configs(folder)
    assert joined.n_sources == OPERATOR_FILES
    checked = run_vedette("check", "config", str(joined.file))
    assert checked.returncode == 0, checked.stderr
    assert f"ok, jobs: {len(joined.jobs)}" in checked.stdout, checked.stdout[-500:]
    with _started(folder, joined.file) as server:
        assert sorted(server.api("scrape_pools")["scrapePools"]) == sorted(job["job_name"] for job in joined.jobs)
        log = server.log_end()
    for job in joined.jobs:
        for key in job:
            if key.endswith("_sd_configs") and key not in _BUILT_DISCOVERIES:
                warned = f'job "{job["job_name"]}": {key}: this discovery is not built yet'
                assert warned in checked.stdout, warned
                assert json.dumps(warned)[1:-1] in log, warned


def a_reload_changes_the_targets(folder: Path) -> None:
    config = folder / "changing.yml"
    for name, reload in (("first", Vedette.reload), ("second", lambda server: server.signal(signal.SIGHUP))):
        config.write_text(_ONE_JOB.replace("NAME", "old"))
        with _started(folder, config) as server:
            assert _jobs(server) == ["old"]
            config.write_text(_ONE_JOB.replace("NAME", name))
            reload(server)
            assert wait_until(lambda: _jobs(server) == [name], _SETTLED_WITHIN_S), (name, _jobs(server))  # noqa: B023 - called at once
            assert _last_reload_succeeded(server)


def a_wrong_file_keeps_the_old_configuration_and_says_line_key_and_hint(folder: Path) -> None:
    config = folder / "breaking.yml"
    config.write_text(_ONE_JOB.replace("NAME", "kept"))
    with _started(folder, config) as server:
        before = server.api("status/config")
        config.write_text(_BAD)
        status, body = server.post("/-/reload")
        assert status == 500, (status, body)
        for words in ("breaking.yml:3", "scrape_intervall", "hint: ", "scrape_interval"):
            assert words in body.decode(), (words, body)
        server.signal(signal.SIGHUP)
        assert wait_until(lambda: "the old one stays" in server.log_end(), _SETTLED_WITHIN_S), server.log_end()
        (line,) = [line for line in server.log if "the old one stays" in line]
        for words in ("breaking.yml:3", "scrape_intervall", "hint: "):
            assert words in line, (words, line)
        assert server.api("status/config") == before
        assert _jobs(server) == ["kept"]
        assert not _last_reload_succeeded(server)
        config.write_text(_ONE_JOB.replace("NAME", "mended"))
        server.reload()
        assert _jobs(server) == ["mended"]
        assert _last_reload_succeeded(server)


def a_wrong_file_does_not_start_a_server(folder: Path) -> None:
    config = folder / "wrong.yml"
    config.write_text(_BAD)
    try:
        _started(folder, config).start().stop()
    except RuntimeError as refusal:
        for words in ("wrong.yml:3", "scrape_intervall", "hint: "):
            assert words in str(refusal), (words, refusal)
    else:
        raise AssertionError("it started")


_BUILT_DISCOVERIES: Final = frozenset(f"{kind}_sd_configs" for kind in ("file", "http", "dns"))


def _started(folder: Path, config: Path) -> Vedette:
    return Vedette(folder / f"data-{config.stem}", "--config", str(config), "--no-node-job")


def _jobs(server: Vedette) -> list[str]:
    return sorted(target["scrapePool"] for target in server.api("targets")["activeTargets"])


def _last_reload_succeeded(server: Vedette) -> bool:
    _, page = server.get("/metrics")
    return "\nprometheus_config_last_reload_successful 1" in page.decode()


CHECKS: Final = (
    the_example_of_prometheus_passes_the_check_and_starts_a_server,
    the_scrape_configs_of_the_operator_load_as_one_file,
    a_reload_changes_the_targets,
    a_wrong_file_keeps_the_old_configuration_and_says_line_key_and_hint,
    a_wrong_file_does_not_start_a_server,
)
