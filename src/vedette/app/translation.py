"""Chinese for what the command line refuses: argparse's own words, and the errors that flags and files raise.

Errors are written once, in English (DESIGN D15); the command line shows them to people and translates here, text by text: a
pattern with {} for what varies. A text that has no entry stays English behind its Chinese prefix. Standard library only.
"""

from __future__ import annotations

import argparse
import gettext
import re
from functools import lru_cache
from typing import Final

ARGPARSE: Final = {
    "usage: ": "用法：",
    "options": "选项",
    "positional arguments": "参数",
    "subcommands": "命令",
    "show this help message and exit": "显示本帮助",
    "show program's version number and exit": "显示版本",
    "%(prog)s: error: %(message)s\n": "%(prog)s：错误：%(message)s\n",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "the following arguments are required: %s": "缺少参数：%s",
    "one of the arguments %s is required": "需要其中一个参数：%s",
    "unrecognized arguments: %s": "无法识别的参数：%s",
    "not allowed with argument %s": "不能与参数 %s 同时使用",
    "ignored explicit argument %r": "不接受取值 %r",
    "expected one argument": "需要一个值",
    "expected at most one argument": "最多一个值",
    "expected at least one argument": "至少需要一个值",
    "expected %s argument": "需要 %s 个值",
    "expected %s arguments": "需要 %s 个值",
    "ambiguous option: %(option)s could match %(matches)s": "选项不明确：%(option)s 可能是 %(matches)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "无效的取值：%(value)r（可选：%(choices)s）",
    "invalid choice: %(value)r, maybe you meant %(arg)r? (choose from %(choices)s)": (
        "无效的取值：%(value)r，是否指 %(arg)r？（可选：%(choices)s）"
    ),
    "unknown parser %(parser_name)r (choices: %(choices)s)": "未知的命令 %(parser_name)r（可选：%(choices)s）",
    "invalid %(type)s value: %(value)r": "无效的值：%(value)r",
    "can't open '%(filename)s': %(error)s": "无法打开 '%(filename)s'：%(error)s",
    " (default: %(default)s)": "（默认：%(default)s）",
}

ERRORS: Final = {
    "not an address: {}": "不是地址：{}",
    "write HOST:PORT, for example 127.0.0.1:7567 or [::1]:7567": "请写 HOST:PORT，例如 127.0.0.1:7567 或 [::1]:7567",
    "not a size: {}": "不是大小：{}",
    "write for example 512MB or 50GB": "例如 512MB 或 50GB",
    "less than {}: {}": "小于 {}：{}",
    "not a whole number above 0: {}": "不是大于 0 的整数：{}",
    "must be longer than 0: {}": "必须大于 0：{}",
    "write for example 15s, 5m or 1h30m": "例如 15s、5m 或 1h30m",
    "must be one of {}: {}": "必须是 {} 之一：{}",
    "must be true or false: {}": "必须是 true 或 false：{}",
    "not a regular expression ({}): {}": "不是正则表达式（{}）：{}",
    "not an http or https URL: {}": "不是 http 或 https 地址：{}",
    "write for example https://metrics.example.org/vedette": "例如 https://metrics.example.org/vedette",
    "empty duration string": "时长为空",
    "not a valid duration string: {}": "不是时长：{}",
    'unknown unit "{}" in duration "{}"': "时长 “{1}” 的单位未知：“{0}”",
    "duration out of range": "时长过大",
    "not a time: {}": "不是时间：{}",
    "write now, -1h, 2026-03-01T12:00:00Z or 1700000000": "请写 now、-1h、2026-03-01T12:00:00Z 或 1700000000",
    "the end is before the start: {}": "结束时间早于起始时间：{}",
    "--data and --url exclude each other": "--data 与 --url 不能同时使用",
    "cannot read {}: {}": "无法读取 {}：{}",
    "cannot read the file: {}": "无法读取文件：{}",
    "unknown setting `{}`": "未知的设置 `{}`",
    "known are: {}": "可用的有：{}",
    "it belongs in a prometheus.yml, which this file names with `prometheus: FILE`": (
        "它属于 prometheus.yml，请在本文件中用 `prometheus: 文件` 指定该文件"
    ),
    "tenants must be a mapping of users": "tenants 必须是用户的映射",
    "each user needs {tenant: NAME, may_name: [NAME, ...]}": "每个用户需要 {tenant: NAME, may_name: [NAME, ...]}",
    "nothing to import, the file is empty: {}": "没有可导入的内容，文件为空：{}",
    "a file of samples ends with # EOF": "样本文件以 # EOF 结尾",
    "write for example 7d or 2y": "例如 7d 或 2y",
    "not a whole number: {}": "不是整数：{}",
    "0 means no limit": "0 表示不限",
    "remove it to begin anew": "删除它即可重新开始",
    "cannot listen on {}: {}": "无法监听 {}：{}",
    "is another server running there? --listen picks another address": "那里是否已有服务在运行？可用 --listen 换一个地址",
    "refusing to listen off loopback without {}: {}": "没有 {}，拒绝监听非回环地址：{}",
    "give --web-config=FILE with tls_server_config and basic_auth_users, or listen on 127.0.0.1": (
        "请用 --web-config=FILE 给出 tls_server_config 与 basic_auth_users，或监听 127.0.0.1"
    ),
    "the data directory is in use by process {}: {}": "数据目录正被进程 {} 使用：{}",
    "stop process {}, or choose another directory with --data": "请停止进程 {}，或用 --data 选择其他目录",
    "the data directory cannot be used: {}: {}": "数据目录无法使用：{}：{}",
    "no data directory: {}": "不是数据目录：{}",
    "--data names the directory that the server was started with": "--data 应为启动服务时的数据目录",
    "the server does not answer ({}): {}": "服务没有应答（{}）：{}",
    "is it running? --url names another one, --data reads a directory without a server": (
        "服务在运行吗？可用 --url 指定其他服务，或用 --data 直接读取数据目录"
    ),
    "the answer is not of this API (HTTP {}): {}": "应答不是本接口的格式（HTTP {}）：{}",
    "the URL is that of the page, with the route prefix if there is one": "地址应与页面相同，含路径前缀（如有）",
    "the source does not stream chunks, it answered {}: {}": "数据源不支持流式数据块，其应答为 {}：{}",
    "the source answered {}: {}": "数据源应答 {}：{}",
    "the source does not answer: {}: {}": "数据源没有应答：{}：{}",
    "the source broke off: {}: {}": "数据源中断：{}：{}",
    "the server wants a user and a password: {}": "服务需要用户名与密码：{}",
    "give --user and VEDETTE_PASSWORD": "请给出 --user 与 VEDETTE_PASSWORD",
}

_HINT: Final = "hint: "


def translate_argparse(chinese: bool) -> None:
    """argparse finds its words through these two names of its module; it has no other door for a translation."""
    words = ARGPARSE if chinese else {}
    vars(argparse).update(
        _=lambda text: words.get(text) or gettext.gettext(text),
        ngettext=lambda one, many, count: words.get(many) or gettext.ngettext(one, many, count),
    )


def in_chinese(text: str) -> str:
    """An error's text: its message, and its hint on a line of its own."""
    lines = []
    for line in text.split("\n"):
        is_hint = line.startswith(_HINT)
        lines.append(f"提示：{_translated(line.removeprefix(_HINT))}" if is_hint else _translated(line))
    return "\n".join(lines)


def _translated(line: str) -> str:
    """The line, or what stands behind its place (`--listen: `, `file:3: key: `)."""
    place, rest = "", line
    while True:
        for pattern, chinese in _patterns():
            if found := pattern.fullmatch(rest):
                return place + _filled(chinese, found.groups())
        head, separator, rest = rest.partition(": ")
        if not separator:
            return line
        place += head + separator


def _filled(template: str, values: tuple[str, ...]) -> str:
    """Not str.format: templates may hold other braces."""
    if "{0}" in template:
        return re.sub(r"\{(\d)\}", lambda found: values[int(found[1])], template)
    left = iter(values)
    return re.sub(r"\{\}", lambda _: next(left), template)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.*)"), re.DOTALL), chinese)
        for english, chinese in ERRORS.items()
    ]
