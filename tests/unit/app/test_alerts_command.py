"""`vedette alerts template render` shows a notification's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.app.alert_commands.rendering import run_render
from vedette.app.arguments import parse_arguments


def render(*options: str) -> int:
    arguments = parse_arguments(["alerts", "template", "render", *options])
    return run_render(arguments)


SUBJECT = '{{ template "__subject" . }}'


@pytest.mark.parametrize(("language", "said"), [("en", "[firing 1, resolved 1]"), ("zh-CN", "[告警 1，已恢复 1]")])
def test_a_default_text_is_shown_in_a_language(language: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert render("--lang", language, "--template.text", SUBJECT) == 0
    assert capsys.readouterr().out == f"{said} HighLatency (critical)\n"


def test_files_replace_our_templates_and_data_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tmpl").write_text('{{ define "__subject" }}{{ .Receiver }} <b>{{ .CommonLabels.a }}</b>{{ end }}')
    (tmp_path / "d.json").write_text('{"receiver": "r", "commonLabels": {"a": "<x>"}}')
    options = (
        "--template.glob",
        f"{tmp_path}/*.tmpl",
        "--template.data",
        f"{tmp_path}/d.json",
        "--template.text",
        SUBJECT,
    )
    assert render(*options) == 0
    assert render(*options, "--template.type", "html") == 0
    assert capsys.readouterr().out == "r <b><x></b>\nr <b>&lt;x&gt;</b>\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--template.text", "{{ nope }}"), 'function "nope" not defined'),
        (("--template.text", "x", "--template.data", "/absent"), "/absent: no such file or directory"),
    ],
)
def test_what_is_wrong_is_said(options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert render("--lang", "en", *options) == 1
    assert message in capsys.readouterr().err
