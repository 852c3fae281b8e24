"""`vedette check KIND FILE`: what is wrong, where, and what to do about it. Exit code 1 when something is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.app.language import Say, choose_language, speaker
from vedette.app.translation import in_chinese
from vedette.model.errors import ConfigError, MalformedPage, VedetteError

if TYPE_CHECKING:
    from vedette.app.settings import Settings


def run_check(arguments: argparse.Namespace) -> int:
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    return CHECKS[arguments.kind](arguments, say)


def check_config(arguments: argparse.Namespace, say: Say) -> int:
    from vedette.alerting.rules.file_format import BadRuleFile
    from vedette.app.data_policy import read_policy
    from vedette.app.settings import read_settings
    from vedette.intake.config import check_config

    file = Path(arguments.file)
    if arguments.as_kind == "alertmanager" or (not arguments.as_kind and is_alertmanager_file(file)):
        return check_alertmanager(file, say)
    try:
        settings = read_settings(argparse.Namespace(config=arguments.file), {})
        read_policy(settings.own_file)
    except VedetteError as error:
        return failed(say, str(error))
    for warning in settings.warnings:
        print(say(f"warning: {warning}", f"警告：{warning}"))
    if settings.alertmanager_file is not None and check_alertmanager(settings.alertmanager_file, say):
        return 1
    if settings.prometheus_file is None:
        print(say(f"{file}: ok, our own settings only", f"{file}：正确，仅含自身设置"))
        return 0
    report = check_config(settings.prometheus_file)
    for warning in report.warnings:
        print(say(f"warning: {warning}", f"警告：{warning}"))
    if not report.ok:
        return failed(say, report.error)
    file = settings.prometheus_file
    try:
        rules = count_rules(settings)
    except BadRuleFile as error:
        return failed(say, "\n".join(str(problem) for problem in error.problems))
    print(
        say(
            f"{file}: ok, jobs: {report.jobs}, rules: {rules}",
            f"{file}：正确，共 {report.jobs} 个抓取任务，{rules} 条规则",
        )
    )
    return 0


_ALERTMANAGER_KEYS: Final = frozenset({"route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals"})


def is_alertmanager_file(file: Path) -> bool:
    """By its sections; what cannot be read is left to the check that says why."""
    from vedette.intake.config.load import read_config_file
    from vedette.intake.config.yaml_nodes import Document, parse_yaml

    try:
        root = parse_yaml(read_config_file(file), Document(str(file), file.parent))
        keys = {key.text() for key, _ in root.fields()} if root is not None else set()
    except ConfigError:
        return False
    return not keys.isdisjoint(_ALERTMANAGER_KEYS)


def check_alertmanager(file: Path, say: Say) -> int:
    from vedette.alerting.config import check_config

    try:
        report = check_config(file)
    except ConfigError as error:
        return failed(say, str(error))
    for warning in report.warnings:
        print(say(f"warning: {warning}", f"警告：{warning}"))
    print(
        say(
            f"{file}: ok, receivers: {report.receivers}, routes: {report.routes}, inhibit rules: {report.inhibit_rules}, "
            f"template files: {report.template_files}",
            f"{file}：正确，接收器 {report.receivers} 个，路由 {report.routes} 条，抑制规则 {report.inhibit_rules} 条，"
            f"模板文件 {report.template_files} 个",
        )
    )
    return 0


def count_rules(settings: Settings) -> int:
    """Of the rule files that the configuration names. Raises BadRuleFile."""
    from vedette.alerting.rules.file_format import RuleDialect
    from vedette.alerting.rules.loading import load_groups
    from vedette.app.features import engine_options
    from vedette.intake.config import load_config

    assert settings.prometheus_file is not None
    config = load_config(settings.prometheus_file)
    dialect = RuleDialect(config.name_scheme, engine_options(settings.features, 0).parser)
    groups = load_groups(config.rule_files, config.common.evaluation_interval, dialect)
    return sum(len(group.rules) for group in groups)


def check_web_config(arguments: argparse.Namespace, say: Say) -> int:
    from vedette.api.web_config import load_web_config

    try:
        web = load_web_config(Path(arguments.file))
        web.tls_context()
    except VedetteError as error:
        return failed(say, str(error))
    tls = say("TLS", "TLS") if web.has_tls else say("no TLS", "未配置 TLS")
    users = say("users", "用户") if web.basic_auth_users else say("no users", "未配置用户")
    print(say(f"{arguments.file}: ok: {tls}, {users}", f"{arguments.file}：正确：{tls}，{users}"))
    return 0


def check_metrics(arguments: argparse.Namespace, say: Say) -> int:
    """The strict verdict on one page; problems on stdout, `file:line: text`."""
    from vedette.wire.exposition import Format
    from vedette.wire.exposition.checking import check_page

    try:
        body = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
    except OSError as error:
        return failed(say, f"{arguments.file}: {error.strerror}")
    name = say("standard input", "标准输入") if arguments.file == "-" else arguments.file
    ends_as_openmetrics = body.rstrip().endswith(b"# EOF")
    chosen = arguments.format or ("openmetrics" if ends_as_openmetrics else "text")
    try:
        problems = check_page(body, Format.OPENMETRICS if chosen == "openmetrics" else Format.TEXT)
    except MalformedPage as error:
        return failed(say, f"{name}:{error.line}: {error}")
    for problem in problems:
        place = f"{name}:{problem.line}" if problem.line else name
        print(f"{place}: {'hint: ' if problem.hint else ''}{problem.text}")
    wrong = [problem for problem in problems if not problem.hint]
    if not wrong:
        print(say(f"{name}: ok ({chosen})", f"{name}：正确（{chosen}）"))
    return 1 if wrong else 0


def check_rules(arguments: argparse.Namespace, say: Say) -> int:
    from vedette.app.rule_checks import check_rules

    return check_rules(arguments, say)


CHECKS: Final[dict[str, Callable[[argparse.Namespace, Say], int]]] = {
    "config": check_config,
    "web-config": check_web_config,
    "metrics": check_metrics,
    "rules": check_rules,
}


def failed(say: Say, text: str) -> int:
    print(say(f"error: {text}", f"错误：{in_chinese(text)}"), file=sys.stderr)
    return 1
