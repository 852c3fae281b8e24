"""The command line: verbs and flags, in two languages. Standard library only, so that `--help` needs nothing installed.

A flag's value comes from the command line, else from the environment (`--web.route-prefix` is VEDETTE_WEB_ROUTE_PREFIX),
else from `vedette.yml`, else from the default shown here; `app/settings.py` merges them. Unset flags are None.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from vedette.app.alert_commands.arguments import add_alerts
from vedette.app.language import Language, Say, add_language, choose_language, speaker
from vedette.app.querying.arguments import add_query, normal_arguments, time_forms
from vedette.app.translation import translate_argparse

DEFAULT_LISTEN = "127.0.0.1:7567"
DEFAULT_AGENT_LISTEN = "127.0.0.1:7568"


@dataclass(frozen=True, slots=True)
class Flag:
    name: str
    metavar: str
    en: str
    zh: str
    many: bool = False
    switch: bool = False

    @property
    def key(self) -> str:
        return self.name.removeprefix("--").replace(".", "_").replace("-", "_")

    def add_to(self, group: argparse._ArgumentGroup, say: Say) -> None:
        help_text = say(self.en, self.zh).replace("%", "%%")
        if self.switch:
            group.add_argument(self.name, dest=self.key, action="store_true", default=None, help=help_text)
        else:
            action = "append" if self.many else "store"
            group.add_argument(
                self.name, dest=self.key, action=action, default=None, metavar=self.metavar, help=help_text
            )


WEB_CONFIG = Flag(
    "--web-config",
    "FILE",
    "TLS and users, in Prometheus' web config format; needed to listen off loopback",
    "TLS 与用户，格式同 Prometheus 的 web config；监听非回环地址时必需",
)
ALLOWED_HOST = Flag(
    "--allowed-host",
    "HOST",
    "a Host header to accept besides loopback names (repeatable)",
    "除回环名称外允许的 Host 头（可重复）",
    many=True,
)
LISTENING = (
    Flag(
        "--listen",
        "HOST:PORT",
        f"address of all HTTP and the page ({DEFAULT_LISTEN}); port 0 picks a free one",
        f"HTTP 与页面的监听地址（{DEFAULT_LISTEN}）；端口 0 表示任选空闲端口",
    ),
    Flag(
        "--external-url",
        "URL",
        "the URL under which users reach this server, if a proxy stands before it",
        "用户访问本服务的地址（前面有代理时使用）",
    ),
    Flag(
        "--web.route-prefix",
        "PATH",
        "path before every route (default: the path of --external-url)",
        "所有路由的路径前缀（默认取 --external-url 的路径）",
    ),
    WEB_CONFIG,
    ALLOWED_HOST,
    Flag(
        "--cors-origin",
        "REGEX",
        "regular expression of origins whose pages may call the API (none by default)",
        "允许跨域调用 API 的来源，正则表达式（默认没有）",
    ),
    Flag(
        "--web.enable-admin-api",
        "",
        "allow deletion and snapshots over HTTP",
        "允许通过 HTTP 删除数据与创建快照",
        switch=True,
    ),
    Flag("--web.enable-lifecycle", "", "allow POST /-/quit", "允许 POST /-/quit", switch=True),
)
STORAGE = (
    Flag("--data", "DIR", "data directory (./data)", "数据目录（./data）"),
    Flag("--storage.retention.time", "DURATION", "keep samples this long (15d)", "样本保留时长（15d）"),
    Flag(
        "--storage.retention.size",
        "BYTES",
        "keep at most this much on disk, such as 50GB (no limit)",
        "磁盘占用上限，例如 50GB（默认不限）",
    ),
    Flag("--storage.head-bytes", "BYTES", "RAM for recent samples (256MB)", "近期样本占用的内存上限（256MB）"),
)
QUERYING = (
    Flag("--query.timeout", "DURATION", "longest a query may take (2m)", "单个查询的最长时间（2m）"),
    Flag(
        "--query.max-samples",
        "N",
        "most samples a query may hold at once (50000000)",
        "单个查询可载入的样本上限（50000000）",
    ),
    Flag("--query.max-concurrency", "N", "queries that run at the same time (20)", "同时执行的查询数（20）"),
    Flag(
        "--web.search.max-limit",
        "N",
        "most names that a search may ask for (10000)",
        "单次搜索可返回的名称上限（10000）",
    ),
    Flag("--query.lookback-delta", "DURATION", "how far back a sample still counts (5m)", "样本有效的回看时长（5m）"),
    Flag(
        "--query.results-cache",
        "BYTES",
        "RAM for answers of range queries that are asked again; 0 turns it off (32MB)",
        "重复的区间查询结果所占内存，0 表示关闭（32MB）",
    ),
    Flag(
        "--enable-feature",
        "NAMES",
        "Prometheus' feature flags, comma-separated (repeatable)",
        "Prometheus 的特性开关，逗号分隔（可重复）",
        many=True,
    ),
)
ALERTING = (
    Flag(
        "--alertmanager.config",
        "FILE",
        "an alertmanager.yml: who is told of alerts (default: nobody; alerts and silences are only shown)",
        "alertmanager.yml：告警通知谁（默认不通知，只展示告警与静默）",
    ),
    Flag(
        "--alertmanager.dispatch-start-delay",
        "DURATION",
        "send no notification before this long after the start, so that silences and alerts arrive first (0s)",
        "启动后经过该时长才发送通知，以便静默与告警先到齐（0s）",
    ),
    Flag(
        "--control.database",
        "URL",
        "a PostgreSQL that several servers share for alerts and silences (default: a file in the data directory)",
        "多个服务器共享的 PostgreSQL，保存告警与静默（默认：数据目录中的文件）",
    ),
)
REMOTE_READ = (
    Flag(
        "--storage.remote.read-sample-limit",
        "N",
        "most samples of a remote read that is answered in one message (50000000); streams are not limited",
        "单条消息应答的远程读取的样本上限（50000000）；流式应答不受限",
    ),
    Flag(
        "--storage.remote.read-concurrent-limit",
        "N",
        "remote reads and exports that run at the same time (10)",
        "同时执行的远程读取与导出数（10）",
    ),
    Flag(
        "--storage.remote.read-max-bytes-in-frame",
        "BYTES",
        "bytes of one frame of a streamed remote read (1MB)",
        "流式远程读取每帧的字节数（1MB）",
    ),
)
TEXTFILES = Flag(
    "--collector.textfile.directory",
    "DIR",
    "folder of *.prom files to serve with this machine's metrics (repeatable)",
    "随本机指标一并提供的 *.prom 文件目录（可重复）",
    many=True,
)
GENERAL = (
    Flag(
        "--config",
        "FILE",
        "a prometheus.yml as it is, or a vedette.yml (default: scrape ourselves and this machine)",
        "现成的 prometheus.yml，或 vedette.yml（默认：采集自身与本机）",
    ),
    Flag(
        "--no-node-job",
        "",
        "with --config: do not add the job that scrapes this machine",
        "使用 --config 时不附加采集本机的任务",
        switch=True,
    ),
    TEXTFILES,
    Flag(
        "--log-level",
        "LEVEL",
        "debug, info, warning or error (info)",
        "日志级别：debug、info、warning 或 error（info）",
    ),
    Flag("--log-format", "FORMAT", "logfmt or json (logfmt)", "日志格式：logfmt 或 json（logfmt）"),
)
RULES = (
    Flag("--slo.file", "FILE", "service level objectives (docs/slo.md)", "服务等级目标文件（docs/slo.md）"),
    Flag(
        "--alerts.history.retention",
        "DURATION",
        "how long the history of alerts is kept (400d)",
        "告警历史保留多久（400d）",
    ),
    Flag(
        "--rules.alert.resend-delay",
        "DURATION",
        "a firing alert is sent again after so long (1m)",
        "持续触发的告警每隔多久重新发送（1m）",
    ),
    Flag(
        "--rules.alert.for-outage-tolerance",
        "DURATION",
        "after a longer outage the `for` of alerts begins anew (1h)",
        "停机超过该时长后，告警的 for 重新计时（1h）",
    ),
    Flag("--rules.max-concurrent-evals", "N", "threads that evaluate rules (4)", "评估规则的线程数（4）"),
    Flag(
        "--alertmanager.notification-queue-capacity",
        "N",
        "alerts that may wait for each other Alertmanager (10000)",
        "每个外部 Alertmanager 的告警等待队列长度（10000）",
    ),
)
SERVER_FLAGS = (*GENERAL, *LISTENING, *STORAGE, *QUERYING, *REMOTE_READ, *ALERTING, *RULES)
AGENT_FLAGS = (
    Flag(
        "--listen",
        "HOST:PORT",
        f"address of the agent's metrics ({DEFAULT_AGENT_LISTEN})",
        f"代理指标的监听地址（{DEFAULT_AGENT_LISTEN}）",
    ),
    WEB_CONFIG,
    ALLOWED_HOST,
    *GENERAL[2:],
)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Exits with code 2 and one line of reason where they are wrong, with 0 after --help."""
    return parser(arguments).parse_args(normal_arguments(arguments))


def parser(arguments: Sequence[str] | None = None) -> argparse.ArgumentParser:
    language = choose_language(sys.argv[1:] if arguments is None else arguments)
    translate_argparse(language is Language.ZH_CN)
    say = speaker(language)
    top = argparse.ArgumentParser(
        prog="vedette",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=say(
            "Vedette watches machines and a Kubernetes cluster: metrics, queries and graphs in one program.",
            "Vedette（瞭望）：一个程序完成机器与 Kubernetes 集群的指标采集、查询与图表。",
        ),
        epilog=say(
            "examples:\n  ./run                                  start on http://127.0.0.1:7567 with data in ./data\n"
            "  ./run --config prometheus.yml          scrape what your Prometheus scrapes\n"
            "  ./vedette query range up               a plot in the terminal\n"
            "  ./vedette check config prometheus.yml  say what is wrong with it, and where\n",
            "示例：\n  ./run                                  在 http://127.0.0.1:7567 启动，数据存于 ./data\n"
            "  ./run --config prometheus.yml          采集你的 Prometheus 所采集的一切\n"
            "  ./vedette query range up               在终端中绘图\n"
            "  ./vedette check config prometheus.yml  指出配置哪里有错\n",
        ),
    )
    add_language(top, say)
    verbs = top.add_subparsers(dest="verb", metavar=say("VERB", "命令"), required=True)
    add_server(
        verbs,
        say,
        "up",
        say("every role in one process: collect, store, query, show", "单进程运行全部角色：采集、存储、查询、展示"),
    )
    add_server(verbs, say, "server", say("like up, without the collectors of this machine", "同 up，但不含本机采集"))
    agent = verbs.add_parser(
        "agent", help=say("the light per-node role: serves this machine's metrics", "轻量节点角色：提供本机指标")
    )
    add_flags(agent, say, ((say("options", "选项"), AGENT_FLAGS),))
    add_query(verbs, say)
    add_alerts(verbs, say)
    add_check(verbs, say)
    add_test(verbs, say)
    add_import(verbs, say)
    add_export(verbs, say)
    add_restore(verbs, say)
    return top


def add_server(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say, verb: str, about: str) -> None:
    added = verbs.add_parser(verb, help=about, description=about)
    groups = (
        (say("general", "常规"), GENERAL),
        (say("listening", "监听"), LISTENING),
        (say("storage", "存储"), STORAGE),
        (say("queries", "查询"), QUERYING),
        (say("remote read", "远程读取"), REMOTE_READ),
        (say("alerting", "告警"), ALERTING),
        (say("rules", "规则"), RULES),
    )
    add_flags(added, say, groups)


def add_check(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    check = verbs.add_parser("check", help=say("check a file and say what is wrong with it", "检查文件并指出错误"))
    add_language(check, say)
    kinds = check.add_subparsers(dest="kind", metavar=say("KIND", "类型"), required=True)
    for kind, about in (
        (
            "config",
            say("a prometheus.yml, alertmanager.yml or vedette.yml", "prometheus.yml、alertmanager.yml 或 vedette.yml"),
        ),
        ("web-config", say("TLS and users", "TLS 与用户")),
        (
            "metrics",
            say(
                "a page of metrics (OpenMetrics or Prometheus text); - reads standard input",
                "一页指标（OpenMetrics 或 Prometheus 文本）；- 表示标准输入",
            ),
        ),
    ):
        added = kinds.add_parser(kind, help=about)
        add_language(added, say)
        added.add_argument("file", metavar="FILE", nargs="?" if kind == "metrics" else None, default="-")
        if kind == "config":
            added.add_argument(
                "--kind",
                dest="as_kind",
                choices=("prometheus", "alertmanager", "vedette"),
                default="",
                help=say("whose format the file has (default: by its sections)", "文件的格式（默认：依其内容判断）"),
            )
        if kind == "metrics":
            added.add_argument(
                "--format",
                choices=("openmetrics", "text"),
                default=None,
                help=say("default: openmetrics if the page ends with # EOF", "默认：以 # EOF 结尾则为 openmetrics"),
            )

    add_check_rules(kinds, say)


def add_check_rules(kinds: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    rules = kinds.add_parser("rules", help=say("rule files; none reads standard input", "规则文件；缺省读取标准输入"))
    add_language(rules, say)
    rules.add_argument("files", metavar="FILE", nargs="*")
    rules.add_argument(
        "--lint",
        default="duplicate-rules",
        metavar="NAMES",
        help=say("all, duplicate-rules or none (duplicate-rules)", "all、duplicate-rules 或 none（duplicate-rules）"),
    )
    rules.add_argument(
        "--lint-fatal",
        action="store_true",
        help=say("exit with code 3 if only lint finds something", "仅检查项不通过时以退出码 3 结束"),
    )
    add_rule_dialect(rules, say)


def add_test(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    test = verbs.add_parser("test", help=say("run unit tests", "运行单元测试"))
    add_language(test, say)
    kinds = test.add_subparsers(dest="kind", metavar=say("KIND", "类型"), required=True)
    rules = kinds.add_parser("rules", help=say("of rules, in promtool's files", "规则测试，文件格式同 promtool"))
    add_language(rules, say)
    rules.add_argument("files", metavar="FILE", nargs="+")
    rules.add_argument(
        "--run",
        action="append",
        metavar="REGEX",
        help=say("only tests whose name matches (repeatable)", "仅运行名称匹配的测试（可重复）"),
    )
    rules.add_argument("--diff", action="store_true", help=say("show differences line by line", "逐行显示差异"))
    rules.add_argument("--junit", metavar="FILE", help=say("write a report as JUnit XML", "写出 JUnit XML 报告"))
    add_rule_dialect(rules, say)


def add_rule_dialect(to: argparse.ArgumentParser, say: Say) -> None:
    to.add_argument(
        "--ignore-unknown-fields",
        action="store_true",
        help=say("fields of rule files that are not known are no error", "忽略规则文件中的未知字段"),
    )
    to.add_argument(
        "--enable-feature",
        action="append",
        metavar="NAMES",
        help=say("as the server's flag: parts of PromQL that need one", "同服务的同名选项：需要开启的 PromQL 特性"),
    )


def add_import(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    bring = verbs.add_parser("import", help=say("load samples of any age", "导入任意时间的样本"))
    add_language(bring, say)
    kinds = bring.add_subparsers(dest="kind", metavar=say("KIND", "类型"), required=True)
    for kind, about in (
        (
            "openmetrics",
            say(
                "a file of OpenMetrics text with timestamps, ending with # EOF",
                "带时间戳的 OpenMetrics 文本文件，以 # EOF 结尾",
            ),
        ),
        ("jsonl", say("a file of JSON lines as VictoriaMetrics exports them", "VictoriaMetrics 导出的 JSON 行文件")),
    ):
        from_file = kinds.add_parser(kind, help=about)
        add_language(from_file, say)
        from_file.add_argument("file", metavar="FILE")
        add_import_target(from_file, say)
    prometheus = kinds.add_parser(
        "prometheus",
        help=say(
            "the history of a running Prometheus, by remote read; goes on where a run before it ended",
            "通过远程读取导入运行中的 Prometheus 的历史数据；可从上次结束处继续",
        ),
        epilog=say("times: ", "时间：") + time_forms(say),
    )
    add_language(prometheus, say)
    prometheus.add_argument(
        "url", metavar="URL", help=say("such as http://127.0.0.1:9090", "例如 http://127.0.0.1:9090")
    )
    for name, metavar, about in (
        ("--match", "SELECTOR", say("only series that match (all)", "仅导入匹配的时间序列（默认全部）")),
        ("--start", "TIME", say("from when (its oldest sample)", "起始时间（默认最早的样本）")),
        ("--end", "TIME", say("until when (now)", "结束时间（默认现在）")),
        (
            "--http-config",
            "FILE",
            say(
                "how to authenticate: Prometheus' HTTP client settings as YAML",
                "认证方式：Prometheus 的 HTTP 客户端设置（YAML）",
            ),
        ),
    ):
        prometheus.add_argument(name, metavar=metavar, default=None, help=about)
    add_import_target(prometheus, say)


def add_export(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    export = verbs.add_parser(
        "export",
        help=say("write samples of the selected series", "导出所选时间序列的样本"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=say(
            "examples:\n"
            "  ./vedette export '{job=\"node\"}' --start -1d --output node.om.gz\n"
            "  ./vedette export up --format csv --data ./data        without a server\n\n"
            "times: ",
            "示例:\n"
            "  ./vedette export '{job=\"node\"}' --start -1d --output node.om.gz\n"
            "  ./vedette export up --format csv --data ./data        不经过服务\n\n"
            "时间：",
        )
        + time_forms(say),
    )
    add_language(export, say)
    export.add_argument(
        "selectors", metavar="SELECTOR", nargs="+", help=say("such as 'up{job=\"node\"}'", "例如 'up{job=\"node\"}'")
    )
    formats = ("openmetrics", "jsonl", "csv", "parquet")
    export.add_argument(
        "--format", choices=formats, default=formats[0], help=say("form (openmetrics)", "格式（openmetrics）")
    )
    for name, metavar, default, about in (
        ("--output", "FILE", "-", say("- is standard output; FILE.gz is compressed", "- 表示标准输出；FILE.gz 会压缩")),
        ("--start", "TIME", None, say("from when (the oldest)", "起始时间（默认最早）")),
        ("--end", "TIME", None, say("until when (the newest)", "结束时间（默认最新）")),
        ("--url", "URL", f"http://{DEFAULT_LISTEN}", say("the server to ask", "所询问的服务")),
        (
            "--data",
            "DIR",
            None,
            say("a data directory that no server has open, instead", "改为直接读取未被服务打开的数据目录"),
        ),
        (
            "--http-config",
            "FILE",
            None,
            say(
                "how to authenticate: Prometheus' HTTP client settings as YAML",
                "认证方式：Prometheus 的 HTTP 客户端设置（YAML）",
            ),
        ),
        ("--tenant", "NAME", "anonymous", say("whose series", "所属租户")),
    ):
        export.add_argument(name, metavar=metavar, default=default, help=about)


def add_import_target(to: argparse.ArgumentParser, say: Say) -> None:
    to.add_argument(
        "--data",
        metavar="DIR",
        default="data",
        help=say("data directory of a server that is not running (./data)", "未运行的服务的数据目录（./data）"),
    )
    to.add_argument(
        "--tenant", metavar="NAME", default="anonymous", help=say("the tenant that owns the samples", "样本所属租户")
    )


def add_restore(verbs: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    about = say("make a data directory from a snapshot", "用快照还原出一个数据目录")
    restore = verbs.add_parser("restore", help=about, description=about)
    add_language(restore, say)
    restore.add_argument("snapshot", metavar="SNAPSHOT", help=say("DATA/snapshots/NAME", "DATA/snapshots/NAME"))
    restore.add_argument(
        "--data",
        metavar="DIR",
        default="data",
        help=say(
            "data directory to make; must be empty or missing (./data)", "要建立的数据目录，须为空或不存在（./data）"
        ),
    )


def add_flags(to: argparse.ArgumentParser, say: Say, groups: Sequence[tuple[str, Sequence[Flag]]]) -> None:
    for title, flags in groups:
        group = to.add_argument_group(title)
        for flag in flags:
            flag.add_to(group, say)
    add_language(to, say)
