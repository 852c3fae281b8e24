"""The command line of `vedette query`. Standard library only."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from vedette.app.language import Say, add_language

DEFAULT_URL: Final = "http://127.0.0.1:7567"
KINDS: Final = ("instant", "range", "series", "labels", "values")
OUTPUTS: Final = ("table", "json", "csv")
TIME_FLAGS: Final = ("--time", "--start", "--end")


def normal_arguments(arguments: Sequence[str]) -> list[str]:
    """`query up` is `query instant up`; `--start -1h` is `--start=-1h`, which argparse would take for two flags."""
    joined = _join_times(arguments)
    verb = _first_positional(joined)
    if verb is None or joined[verb] != "query":
        return joined
    before, words = joined[: verb + 1], joined[verb + 1 :]
    at = _first_positional(words)
    if at is None:
        return [*before, *words]
    kind = [words.pop(at)] if words[at] in KINDS else ["instant"]
    return [*before, *kind, *words]


def _join_times(words: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in TIME_FLAGS:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _first_positional(words: Sequence[str]) -> int | None:
    """Every flag but help takes a value, its own word unless there is a `=`."""
    at = 0
    while at < len(words):
        if words[at] == "--":
            return None
        if not words[at].startswith("-") or words[at] == "-":
            return at
        at += 1 if "=" in words[at] or words[at] in ("-h", "--help") else 2
    return None


def add_query(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    query = verbs.add_parser(
        "query",
        help=say("ask in PromQL, with plots in the terminal", "用 PromQL 查询，并在终端中绘图"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_examples(say),
    )
    add_language(query, say)
    kinds = query.add_subparsers(dest="kind", metavar=say("KIND", "类型"), required=True)
    instant = _add_kind(
        kinds, "instant", say("the value now or at a time (the default kind)", "当前或某一时刻的值（默认）"), say
    )
    _add_expression(instant, say)
    instant.add_argument("--time", metavar=_time(say), default="now", help=say("when (now)", "时刻（now）"))
    ranged = _add_kind(kinds, "range", say("values over a time, as a plot", "一段时间内的值，以图显示"), say)
    _add_expression(ranged, say)
    _add_bounds(ranged, say, start="-1h")
    ranged.add_argument(
        "--step",
        metavar=say("DURATION", "时长"),
        default=None,
        help=say(
            "distance of the values, such as 30s (what the plot can show)", "数据间隔，例如 30s（默认按图的宽度）"
        ),
    )
    ranged.add_argument(
        "--height",
        metavar="N",
        type=int,
        default=15,
        help=say("lines of the plot (15); 0: none", "图的行数（15）；0 表示不画"),
    )
    series = _add_kind(kinds, "series", say("series that match", "匹配的时间序列"), say)
    _add_selectors(series, say, needed=True)
    labels = _add_kind(kinds, "labels", say("names of labels", "标签名称"), say)
    _add_selectors(labels, say)
    values = _add_kind(kinds, "values", say("values of a label", "某个标签的取值"), say)
    values.add_argument("label", metavar=say("LABEL", "标签"))
    _add_selectors(values, say)


def _examples(say: Say) -> str:
    return say(
        "examples:\n"
        "  ./vedette query up\n"
        "  ./vedette query range 'rate(node_cpu_seconds_total[5m])' --start -6h --step 1m\n"
        "  ./vedette query instant 'sum by (job) (up)' --time 2026-03-01T12:00:00Z --output json\n"
        "  ./vedette query series 'up{job=\"node\"}' --start -1d\n"
        "  ./vedette query labels up\n"
        "  ./vedette query values job --output csv\n"
        "  ./vedette query range up --data ./data        without a server\n\n"
        "times: now, -1h (before now), 2026-03-01T12:00:00Z, '2026-03-01 12:00' (local), 1700000000 (unix)\n"
        "environment: VEDETTE_URL, VEDETTE_USER, VEDETTE_PASSWORD\n",
        "示例：\n"
        "  ./vedette query up\n"
        "  ./vedette query range 'rate(node_cpu_seconds_total[5m])' --start -6h --step 1m\n"
        "  ./vedette query instant 'sum by (job) (up)' --time 2026-03-01T12:00:00Z --output json\n"
        "  ./vedette query series 'up{job=\"node\"}' --start -1d\n"
        "  ./vedette query labels up\n"
        "  ./vedette query values job --output csv\n"
        "  ./vedette query range up --data ./data        不经过服务\n\n"
        "时间：now、-1h（此刻之前）、2026-03-01T12:00:00Z、'2026-03-01 12:00'（本地时间）、1700000000（unix）\n"
        "环境变量：VEDETTE_URL、VEDETTE_USER、VEDETTE_PASSWORD\n",
    )


def time_forms(say: Say) -> str:
    """What `parse_moment_ms` reads."""
    return say("now, -1h, 2026-03-01T12:00:00Z or 1700000000", "now、-1h、2026-03-01T12:00:00Z 或 1700000000")


def _time(say: Say) -> str:
    return say("TIME", "时间")


def _add_kind(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser], kind: str, about: str, say: Say
) -> argparse.ArgumentParser:
    added = kinds.add_parser(kind, help=about, description=about)
    asked = added.add_argument_group(say("whom to ask", "查询对象"))
    add_server(asked, say)
    asked.add_argument(
        "--data",
        metavar=say("DIR", "目录"),
        default=None,
        help=say("a data directory that no server has open, instead of a server", "没有服务打开的数据目录，代替服务"),
    )
    shown = added.add_argument_group(say("output", "输出"))
    shown.add_argument("--output", choices=OUTPUTS, default="table", help=say("form (table)", "形式（table）"))
    shown.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help=say("colours (auto: in a terminal, unless NO_COLOR is set)", "颜色（auto：在终端中，且未设置 NO_COLOR）"),
    )
    add_language(added, say)
    return added


def add_server(asked: argparse._ArgumentGroup, say: Say) -> None:
    """What `open_remote` needs."""
    asked.add_argument(
        "--url", metavar="URL", default=None, help=say(f"a server ({DEFAULT_URL})", f"服务地址（{DEFAULT_URL}）")
    )
    asked.add_argument(
        "--user", metavar=say("NAME", "用户名"), default=None, help=say("user, for basic auth", "用户名（basic auth）")
    )
    asked.add_argument(
        "--password-file",
        metavar=say("FILE", "文件"),
        default=None,
        help=say("file with the user's password (or VEDETTE_PASSWORD)", "存放密码的文件（或用 VEDETTE_PASSWORD）"),
    )
    asked.add_argument(
        "--ca-file",
        metavar=say("FILE", "文件"),
        default=None,
        help=say("certificates to trust, for https", "https 信任的证书"),
    )
    asked.add_argument("--tenant", metavar=say("NAME", "名称"), default=None, help=say("whose series", "所属租户"))


def _add_expression(to: argparse.ArgumentParser, say: Say) -> None:
    to.add_argument("expression", metavar=say("EXPRESSION", "表达式"), help=say("PromQL", "PromQL 表达式"))
    to.add_argument(
        "--enable-feature",
        metavar=say("NAMES", "名称"),
        action="append",
        default=None,
        help=say(
            "with --data: Prometheus' feature flags, comma-separated", "配合 --data：Prometheus 的特性开关，逗号分隔"
        ),
    )


def _add_selectors(to: argparse.ArgumentParser, say: Say, *, needed: bool = False) -> None:
    to.add_argument(
        "selectors",
        metavar=say("SELECTOR", "选择器"),
        nargs="+" if needed else "*",
        help=say('such as up{job="node"}; several: any of them', '例如 up{job="node"}；多个表示任一匹配'),
    )
    _add_bounds(to, say, start=None)


def _add_bounds(to: argparse.ArgumentParser, say: Say, *, start: str | None) -> None:
    shown = start or say("the beginning", "最早")
    to.add_argument(
        "--start", metavar=_time(say), default=start, help=say(f"from when ({shown})", f"起始时间（{shown}）")
    )
    end = "now" if start else None
    shown = end or say("no end", "不限")
    to.add_argument("--end", metavar=_time(say), default=end, help=say(f"until when ({shown})", f"结束时间（{shown}）"))
