"""What a configuration file means: defaults, inheritance, secrets, and errors that say where."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.intake.config import PrometheusConfig, check_config, load_config, render_config
from vedette.intake.config.values import HIDDEN, Secret, format_size, parse_size
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.names import EscapingScheme, ValidationScheme


def load(text: str, **environment: str) -> PrometheusConfig:
    return load_config("prometheus.yml", text=text, environment=environment)


def refuse(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return caught.value


def job(text: str = "", common: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"global: {{{common}}}\nscrape_configs:\n  - job_name: x\n{lines}"


@pytest.mark.parametrize("text", ["", "# nothing\n", "global:\n", "{}", "scrape_configs: []"])
def test_an_empty_file_has_the_reference_s_defaults(text: str) -> None:
    config = load(text)
    assert (config.common.scrape_interval, config.common.scrape_timeout) == (60_000, 10_000)
    assert config.jobs == ()


def test_a_job_takes_what_it_does_not_say_from_the_global_section() -> None:
    first = load(job(common="scrape_interval: 5s, sample_limit: 7, body_size_limit: 1MB")).jobs[0]
    assert (first.scrape_interval, first.scrape_timeout, first.sample_limit) == (5_000, 5_000, 7)
    assert first.body_size_limit == 1 << 20
    second = load(job("scrape_interval: 1m\nsample_limit: 9", common="scrape_interval: 5s, sample_limit: 7")).jobs[0]
    assert (second.scrape_interval, second.scrape_timeout, second.sample_limit) == (60_000, 5_000, 9)


def test_native_histograms_ask_for_protobuf_first() -> None:
    assert load(job()).jobs[0].protocols[0] == "OpenMetricsText1.0.0"
    assert load(job("scrape_native_histograms: true")).jobs[0].protocols[0] == "PrometheusProto"
    assert load(job("scrape_native_histograms: false", common="scrape_native_histograms: true")).jobs[0].protocols[
        0
    ] == ("OpenMetricsText1.0.0")


@pytest.mark.parametrize(
    ("common", "own", "scheme", "escaping"),
    [
        ("", "", "utf8", "allow-utf-8"),
        ("metric_name_validation_scheme: legacy", "", "legacy", "underscores"),
        ("", "metric_name_validation_scheme: legacy", "legacy", "underscores"),
        ("metric_name_validation_scheme: legacy", "metric_name_validation_scheme: utf8", "utf8", "allow-utf-8"),
        ("metric_name_escaping_scheme: dots", "", "utf8", "dots"),
        ("", "metric_name_escaping_scheme: values", "utf8", "values"),
    ],
)
def test_name_schemes_are_inferred_from_each_other(common: str, own: str, scheme: str, escaping: str) -> None:
    found = load(job(own, common)).jobs[0]
    assert (found.name_scheme, found.escaping) == (ValidationScheme(scheme), EscapingScheme(escaping))


def test_bearer_token_becomes_an_authorization() -> None:
    http = load(job("bearer_token: abc")).jobs[0].http
    assert http.authorization is not None
    assert (http.authorization.type, http.authorization.credentials.reveal()) == ("Bearer", "abc")


def test_paths_are_relative_to_the_file() -> None:
    config = load_config("/etc/p/prometheus.yml", text=job("basic_auth: {username: u, password_file: secrets/p}"))
    basic = config.jobs[0].http.basic_auth
    assert basic is not None
    assert basic.password_file == "/etc/p/secrets/p"


def test_external_labels_take_the_environment() -> None:
    text = "global: {external_labels: {a: 'x-${NAME}', b: '$NAME', c: '$$', d: '${GONE}', e: 'a.b'}}"
    config = load(text, NAME="n")
    assert dict(config.common.external_labels) == {"a": "x-n", "b": "n", "c": "$", "d": "", "e": "a.b"}
    assert any("GONE" in warning for warning in config.warnings)


def test_scrape_config_files_are_joined(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("scrape_configs: [{job_name: a, basic_auth: {password_file: p}}]")
    (tmp_path / "b.yml").write_text("scrape_configs: [{job_name: b}]")
    main = tmp_path / "prometheus.yml"
    main.write_text("global: {scrape_interval: 3s}\nscrape_config_files: ['*.yml']\n")
    (tmp_path / "prometheus.yml").rename(tmp_path / "main.yaml")
    config = load_config(tmp_path / "main.yaml")
    assert [(each.job_name, each.scrape_interval) for each in config.jobs] == [("a", 3000), ("b", 3000)]
    (tmp_path / "c.yml").write_text("scrape_configs: [{job_name: a}]")
    with pytest.raises(ConfigError, match=r'found multiple scrape configs with job name "a", first found in ".*a.yml"'):
        load_config(tmp_path / "main.yaml")


def test_storage_settings_are_read() -> None:
    tsdb = load("storage: {tsdb: {out_of_order_time_window: 10m, retention: {time: 3d, size: 2GB}}}").storage.tsdb
    assert (tsdb.out_of_order_time_window, tsdb.retention.time, tsdb.retention.size) == (600_000, 259_200_000, 2 << 30)
    assert load("").storage.tsdb.out_of_order_time_window is None


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("global:\n  foo: 1", 2, "global", "field foo not found in type config.plain"),
        (job("scrap_interval: 1s"), 4, "scrape_configs[0]", "field scrap_interval not found in type config.plain"),
        (job("scrape_interval: 1x"), 4, "scrape_configs[0].scrape_interval", 'unknown unit "x" in duration "1x"'),
        (job("sample_limit: many"), 4, "scrape_configs[0].sample_limit", "cannot unmarshal !!str `many` into int"),
        (job("honor_labels: maybe"), 4, "scrape_configs[0].honor_labels", "cannot unmarshal !!str `maybe` into bool"),
        (job("metrics_path: [a]"), 4, "scrape_configs[0].metrics_path", "into string"),
        (job("body_size_limit: 100"), 4, "scrape_configs[0].body_size_limit", "units: unknown unit"),
        (
            job("relabel_configs:\n- regex: a(b"),
            5,
            "scrape_configs[0].relabel_configs[0].regex",
            "error parsing regexp",
        ),
        (
            job("relabel_configs:\n- action: fly"),
            5,
            "scrape_configs[0].relabel_configs[0].action",
            'relabel action "fly"',
        ),
        (job("job_name: y"), 4, "scrape_configs[0]", "field job_name already set in type config.plain"),
        (job("tls_config: {cert_file: a}"), 4, "scrape_configs[0].tls_config", "exactly one of key or key_file"),
        (job("proxy_url: a\nproxy_from_environment: true"), 3, "scrape_configs[0]", "proxy_url must not be configured"),
        (job("http_headers: {Host: {values: [a]}}"), 3, "scrape_configs[0]", 'setting header "Host" is not allowed'),
        (
            job("dns_sd_configs:\n- names: [a]\n  type: A"),
            5,
            "scrape_configs[0].dns_sd_configs[0]",
            "a port is required",
        ),
        (job("file_sd_configs:\n- files: [a.txt]"), 5, "scrape_configs[0].file_sd_configs[0]", "not valid for file"),
        ("a: [", 2, "", "yaml: "),
        ("{}: 1", 1, "", "into string"),
        ("<<: {[a]: 1}\nfoo: 1", 2, "", "field foo not found"),
        ("scrape_configs:\n- job_name: a\n- job_name: a", 3, "scrape_configs[1]", "found multiple scrape configs"),
    ],
)
def test_an_error_names_the_line_and_the_key(text: str, line: int, key: str, message: str) -> None:
    error = refuse(text)
    assert (error.line, error.key) == (line, key)
    assert message in error.message
    assert str(error).startswith(f"prometheus.yml:{line}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (job("scrape_timeout: 2m"), 'scrape timeout greater than scrape interval for scrape config with job name "x"'),
        (job(common="scrape_timeout: 2m"), "global scrape timeout greater than scrape interval"),
        (
            job("basic_auth: {}\nauthorization: {}"),
            "at most one of basic_auth, oauth2 & authorization must be configured",
        ),
        (job("authorization: {type: Basic}"), 'authorization type cannot be set to "basic", use "basic_auth" instead'),
        (job("oauth2: {token_url: a}"), "oauth2 client_id must be configured"),
        (job("scrape_protocols: []"), 'scrape_protocols cannot be empty for scrape config with job name "x"'),
        (job("tls_config: {min_version: TLS9}"), "unknown TLS version: TLS9"),
    ],
)
def test_errors_use_the_reference_s_words(text: str, message: str) -> None:
    assert refuse(text).message == message


def test_what_is_not_built_yet_is_a_warning_that_names_the_job() -> None:
    config = load(job("consul_sd_configs: [{server: a, token: hush}]") + "tracing: {endpoint: a}\nrule_files: [a.yml]")
    assert len(config.warnings) == 2
    assert 'job "x": consul_sd_configs: this discovery is not built yet; it finds no targets' in config.warnings
    assert "hush" not in render_config(config)


SECRETS = """
basic_auth: {username: admin, password: hush-1}
proxy_url: http://me:hush-2@proxy:1
proxy_connect_header: {X-Key: [hush-3]}
tls_config: {cert: c, key: hush-4}
http_headers: {X-Token: {secrets: [hush-5], values: [shown]}}
ec2_sd_configs: [{region: r, secret_key: hush-6, basic_auth: {password: hush-7}}]
"""


def test_secrets_never_print() -> None:
    config = load(
        job(SECRETS)
        + "remote_write: [{url: a, basic_auth: {password: hush-8}}, {url: b, sigv4: {access_key: a, secret_key: hush-9}}]"
    )
    for text in (render_config(config), repr(config)):
        assert "shown" in text
        assert "hush" not in text.replace(repr(config.unbuilt), "").replace(repr(config.jobs[0].unbuilt), "")
    assert "hush" not in render_config(config)
    assert repr(Secret("a")) == HIDDEN


def test_a_rendered_config_loads_again_as_itself() -> None:
    text = job("params: {a: [b, c]}\nrelabel_configs: [{regex: 1, target_label: a}, {regex: null, action: drop}]")
    config = load(text)
    again = load(render_config(config))
    assert again == config
    assert config.jobs[0].target_rules()[1].regex == ""


def test_aliases_and_merge_keys_are_followed() -> None:
    text = "scrape_configs:\n- &a {job_name: a, scheme: https}\n- {<<: *a, job_name: b}\n"
    assert [(each.job_name, each.scheme) for each in load(text).jobs] == [("a", "https"), ("b", "https")]


def test_aliases_that_multiply_are_refused() -> None:
    levels = "\n".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]" for i in range(8))
    root = parse_yaml(f"a0: &a0 [x]\n{levels}", Document("bomb.yml", Path(), nodes_left=10_000))
    assert root is not None
    with pytest.raises(ConfigError, match="aliases to aliases multiply"):
        root.plain()


def test_what_nests_too_deep_is_refused_with_its_line_and_ends_no_process() -> None:
    flow, block = "a: 1\nb: " + "[" * 200_000, "- " * 50_000
    aliases = "a: 1\nb: &b [*b]"
    for text, line in ((flow, 2), (block, 1), ("[" * 201 + "]" * 201, 1), (aliases, 2)):
        with pytest.raises(ConfigError, match="nested more than 200 levels deep") as refused:
            root = parse_yaml(text, Document("deep.yml", Path()))
            assert root is not None
            root.plain()
        assert refused.value.line == line
    root = parse_yaml("[" * 200 + "a" + "]" * 200, Document("deep.yml", Path()))
    assert root is not None and root.plain()


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("15MB", 15 << 20), ("1GiB", 1 << 30), ("1.5KB", 1536), ("7B", 7)]
)
def test_sizes_are_powers_of_1024(text: str, size: int) -> None:
    assert parse_size(text) == size
    assert parse_size(format_size(parse_size(text))) == size


@pytest.mark.parametrize("text", ["100", "MB", "1XB", "1MB2"])
def test_a_size_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="unknown unit"):
        parse_size(text)


def test_check_config_reports_files_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "p.yml"
    path.write_text(job("basic_auth: {username: a, password_file: pw}"))
    assert "pw" in check_config(path).error
    (tmp_path / "pw").touch()
    report = check_config(path)
    assert (report.ok, report.jobs) == (True, 1)
    assert "cannot read" in check_config(tmp_path / "absent.yml").error


GOOD = job(SECRETS.replace("proxy_connect_header: {X-Key: [hush-3]}", "params: {a: [b]}")) + (
    "remote_write: [{url: a, headers: {b: c}, queue_config: {max_shards: 1}}]\n"
    "alerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}\notlp: {promote_resource_attributes: [a]}\n"
    "storage: {tsdb: {retention: {time: 1d, size: 1GB}}}\n"
)
ODDITIES = ("null", "[]", "{}", "[null]", "-1", "''", "[[]]", "{a: b}", '!!binary "/w=="', "*none", "http://[", "\\x00")


@settings(deadline=None, max_examples=50)
@given(st.integers(0, GOOD.count(":") - 1), st.sampled_from(ODDITIES), st.integers(0, 200))
def test_a_file_with_odd_values_loads_or_is_refused_with_a_config_error(place: int, oddity: str, tail: int) -> None:
    parts = GOOD.split(":")
    text = ":".join([*parts[: place + 1], f" {oddity} {parts[place + 1][tail:]}", *parts[place + 2 :]])
    with contextlib.suppress(ConfigError):
        render_config(load(text))
