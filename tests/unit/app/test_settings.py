"""Flags, environment and vedette.yml: what is refused, and how the refusal says where to look."""

from pathlib import Path

import pytest

from vedette.alerting.matchers import MatcherMode
from vedette.app.arguments import parser
from vedette.app.features import matcher_mode
from vedette.app.settings import Settings, read_agent_settings, read_settings
from vedette.model.errors import BadInput, ConfigError


def settings_of(*flags: str, **environ: str) -> Settings:
    return read_settings(parser(flags).parse_args(["up", *flags]), environ)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("listen", "foo"),
        ("listen", "127.0.0.1:99999"),
        ("external-url", "not a url"),
        ("external-url", "ftp://host"),
        ("external-url", "http://host:port"),
        ("cors-origin", "("),
        ("storage.retention.time", "1x"),
        ("storage.retention.size", "1x"),
        ("storage.head-bytes", "1"),
        ("query.timeout", "abc"),
        ("query.timeout", "0s"),
        ("query.max-samples", "many"),
        ("query.max-samples", "-5"),
        ("query.max-concurrency", "0"),
        ("query.lookback-delta", "0"),
        ("log-level", "loud"),
        ("log-format", "xml"),
    ],
)
def test_a_wrong_value_is_refused_with_the_flag_and_the_value(flag: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        settings_of(f"--{flag}={value}")
    assert refused.value.message.startswith(f"--{flag}: ")
    assert value in refused.value.message
    assert "\n" not in refused.value.message


def test_a_wrong_value_of_the_environment_is_refused_with_the_variable() -> None:
    with pytest.raises(BadInput, match="VEDETTE_QUERY_TIMEOUT: not a valid duration"):
        settings_of(VEDETTE_QUERY_TIMEOUT="30")


def test_a_wrong_value_of_the_file_is_refused_with_the_file_and_the_key(tmp_path: Path) -> None:
    file = tmp_path / "vedette.yml"
    file.write_text("data: d\nweb_enable_lifecycle: yess\n")
    with pytest.raises(BadInput, match="must be true or false: yess") as refused:
        settings_of(f"--config={file}")
    assert str(refused.value).startswith(f"{file}:2: web_enable_lifecycle: must be true or false: yess")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("queri_timeout", "known are: alertmanager, "),
        ("scrape_configs", "it belongs in a prometheus.yml, which this file names with `prometheus: FILE`"),
    ],
)
def test_an_unknown_setting_of_the_file_is_refused_with_its_line(tmp_path: Path, key: str, hint: str) -> None:
    file = tmp_path / "vedette.yml"
    file.write_text(f"data: d\n\n{key}: 5\n")
    with pytest.raises(ConfigError, match=f"unknown setting `{key}`") as refused:
        settings_of(f"--config={file}")
    assert (refused.value.line, refused.value.file) == (3, str(file))
    assert refused.value.hint.startswith(hint)


def test_the_hint_of_a_refusal_is_kept() -> None:
    with pytest.raises(BadInput) as refused:
        settings_of("--storage.retention.size=much")
    assert refused.value.hint == "write for example 512MB or 50GB"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "vedette.yml"
    file.write_text("query_timeout: 1s\nquery_max_concurrency: 3\nstorage_retention_time: 1d\n")
    settings = settings_of(
        f"--config={file}", "--query.timeout=3s", VEDETTE_QUERY_TIMEOUT="2s", VEDETTE_QUERY_MAX_CONCURRENCY="4"
    )
    assert (settings.queries.timeout_ms, settings.queries.concurrency_max) == (3_000, 4)
    assert settings.retention_ms == 86_400_000


def test_the_path_of_the_external_url_is_the_route_prefix() -> None:
    settings = settings_of("--external-url=https://example.org/vedette/")
    assert (settings.external_url, settings.route_prefix) == ("https://example.org/vedette", "/vedette")


def test_the_agent_refuses_a_wrong_log_level_and_reads_the_environment() -> None:
    arguments = parser(()).parse_args(["agent"])
    assert read_agent_settings(arguments, {"VEDETTE_LISTEN": "127.0.0.1:1"}).port == 1
    with pytest.raises(BadInput, match="VEDETTE_LOG_LEVEL: must be one of debug, info, warning, error: loud"):
        read_agent_settings(arguments, {"VEDETTE_LOG_LEVEL": "loud"})


def test_a_database_is_named_without_its_password():
    settings = settings_of("--control.database", "postgresql://user:hidden@host/vedette")
    assert settings.control_database == "postgresql://user:hidden@host/vedette"
    assert settings.given["control.database"] == "postgresql://user:<secret>@host/vedette"


def test_the_alertmanager_file_is_named_by_a_flag_or_relative_to_our_own(tmp_path):
    own = tmp_path / "vedette.yml"
    own.write_text("alertmanager: am/alertmanager.yml\n")
    assert settings_of("--config", str(own)).alertmanager_file == tmp_path / "am" / "alertmanager.yml"
    chosen = settings_of("--config", str(own), "--alertmanager.config", "other.yml")
    assert str(chosen.alertmanager_file) == "other.yml"


@pytest.mark.parametrize(
    ("features", "mode"),
    [
        ((), MatcherMode.FALLBACK),
        (("classic-mode",), MatcherMode.CLASSIC),
        (("utf8-strict-mode",), MatcherMode.UTF8_STRICT),
    ],
)
def test_a_feature_chooses_how_matchers_are_read(features, mode):
    assert matcher_mode(features) is mode


def test_the_modes_of_matchers_exclude_each_other():
    with pytest.raises(BadInput, match="exclude each other"):
        matcher_mode(("classic-mode", "utf8-strict-mode"))
