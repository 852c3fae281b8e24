"""The command line of `vedette alerts`. Standard library only."""

from __future__ import annotations

import argparse

from vedette.app.alert_commands.template_arguments import add_template
from vedette.app.language import Say, add_language
from vedette.app.querying.arguments import add_server


def add_alerts(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    alerts = verbs.add_parser(
        "alerts",
        help=say("alerts: list, why, ack, history, dry-run, template", "告警：列表、原因、确认、历史、试运行、模板"),
    )
    add_language(alerts, say)
    kinds = alerts.add_subparsers(dest="kind", metavar=say("KIND", "类型"), required=True)
    listed = _add_kind(kinds, "list", say("what fires now", "当前触发的告警"), say)
    listed.add_argument("matchers", metavar=say("MATCHER", "匹配器"), nargs="*", help='severity="page"')
    why = _add_kind(kinds, "why", say("why an alert is there, and who is told of it", "告警的原因，以及会通知谁"), say)
    _add_fingerprint(why, say)
    ack = _add_kind(kinds, "ack", say("acknowledge: its repeats are held", "确认告警：不再重复通知"), say)
    _add_fingerprint(ack, say)
    ack.add_argument("--comment", metavar=say("TEXT", "说明"), default="", help=say("what you know", "备注"))
    ack.add_argument(
        "--for",
        dest="lasts",
        metavar=say("DURATION", "时长"),
        default="",
        help=say("such as 2h (until it resolves)", "例如 2h（默认直到恢复）"),
    )
    ack.add_argument("--undo", action="store_true", help=say("take it back", "取消确认"))
    ack.add_argument(
        "--by", metavar=say("NAME", "姓名"), default="", help=say("your name, where nobody logs in", "姓名（未登录时）")
    )
    history = _add_kind(kinds, "history", say("what became of alerts", "告警历史"), say)
    history.add_argument("selectors", metavar=say("SELECTOR", "选择器"), nargs="*", help="'{severity=\"page\"}'")
    history.add_argument(
        "--fingerprint", metavar=say("FINGERPRINT", "指纹"), default="", help=say("of one alert", "单个告警")
    )
    history.add_argument(
        "--since", metavar=say("DURATION", "时长"), default="1d", help=say("how far back (1d)", "时间范围（1d）")
    )
    history.add_argument("--limit", metavar="N", type=int, default=100, help=say("events (100)", "事件数（100）"))
    dry_run = _add_kind(
        kinds, "dry-run", say("what an alertmanager.yml would have sent", "若使用某配置，过去会发送哪些通知"), say
    )
    dry_run.add_argument("file", metavar="FILE", help="alertmanager.yml")
    dry_run.add_argument(
        "--since", metavar=say("DURATION", "时长"), default="7d", help=say("how far back (7d)", "时间范围（7d）")
    )
    add_template(kinds, say)


def _add_kind(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser], kind: str, about: str, say: Say
) -> argparse.ArgumentParser:
    added = kinds.add_parser(kind, help=about, description=about)
    add_server(added.add_argument_group(say("whom to ask", "查询对象")), say)
    added.add_argument("--output", choices=("text", "json"), default="text", help=say("form (text)", "形式（text）"))
    add_language(added, say)
    return added


def _add_fingerprint(to: argparse.ArgumentParser, say: Say) -> None:
    to.add_argument(
        "fingerprint",
        metavar=say("FINGERPRINT", "指纹"),
        help=say("16 digits, as `alerts list` shows it", "16 位，见 alerts list"),
    )
