"""The flags of `vedette alerts template render`, which are amtool's. Standard library only."""

from __future__ import annotations

import argparse

from vedette.app.language import Say, add_language


def add_template(kinds: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    template = kinds.add_parser("template", help=say("notification templates", "通知模板"))
    actions = template.add_subparsers(dest="action", metavar=say("ACTION", "操作"), required=True)
    add_render(actions, say)


def add_render(actions: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    render = actions.add_parser("render", help=say("show what a template makes of alerts", "显示模板的渲染结果"))
    add_language(render, say)
    render.add_argument(
        "--template.glob",
        dest="globs",
        action="append",
        default=[],
        metavar="GLOB",
        help=say("template files, besides our own (repeatable)", "除内置模板外的模板文件（可重复）"),
    )
    render.add_argument(
        "--template.text",
        dest="text",
        required=True,
        metavar="TEXT",
        help=say(
            "such as '{{ template \"slack.default.title\" . }}'", "例如 '{{ template \"slack.default.title\" . }}'"
        ),
    )
    render.add_argument(
        "--template.type",
        dest="type",
        choices=("text", "html"),
        default="text",
        help=say("whether values are escaped (text)", "是否按 HTML 转义（text）"),
    )
    render.add_argument(
        "--template.data",
        dest="data",
        metavar="FILE",
        default=None,
        help=say("alerts as a webhook gets them, in JSON (a sample)", "与 webhook 相同的 JSON 数据（默认使用示例）"),
    )
