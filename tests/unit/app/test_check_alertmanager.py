"""`vedette check config` knows an alertmanager.yml by its sections, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.app.arguments import parse_arguments
from vedette.app.checks import run_check

GOOD = "route: {receiver: a}\nreceivers: [{name: a}]\n"


def check(file: Path, *options: str) -> int:
    return run_check(parse_arguments(["check", "config", "--lang", "en", *options, str(file)]))


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_an_alertmanager_file_is_known_by_its_sections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "any.yml", GOOD)
    assert check(file) == 0
    wanted = f"{file}: ok, receivers: 1, routes: 1, inhibit rules: 0, template files: 0\n"
    assert capsys.readouterr().out == wanted


def test_a_faulty_file_is_said_with_line_and_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "any.yml", "route:\n  receiver: b\nreceivers: [{name: a}]\n")
    assert check(file) == 1
    said = capsys.readouterr().err
    assert f'error: {file}:2: route.receiver: undefined receiver "b" used in route\nhint: defined are a' in said


def test_the_kind_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, "any.yml", "global: {}\n")
    assert check(file, "--kind", "alertmanager") == 1
    assert "no route provided in config" in capsys.readouterr().err
    assert check(file) == 0


def test_our_own_file_names_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "am.yml", "route: {}\n")
    assert check(write(tmp_path, "vedette.yml", "alertmanager: am.yml\n")) == 1
    assert "root route must specify a default receiver" in capsys.readouterr().err


def test_calls_of_templates_that_nothing_defines_and_template_files_that_are_not_there_are_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "own.tmpl", '{{ define "own" }}{{ if .Alerts }}{{ template "lost" . }}{{ end }}{{ end }}')
    section = "{api_url: 'http://x', channel: c, title: '{{ template \"own\" . }}', text: '{{ template \"typo\" . }}'}"
    text = f"templates: [own.tmpl, absent.tmpl, none/*.tmpl]\nroute: {{receiver: a}}\nreceivers: [{{name: a, slack_configs: [{section}]}}]\n"
    assert check(write(tmp_path, "am.yml", text)) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [
        'warning: templates: template "lost" not defined',
        'warning: receiver a: slack_configs[0].text: template "typo" not defined',
        f"warning: no such file: {tmp_path}/absent.tmpl",
    ]
