"""The 19 notification timelines of Alertmanager's acceptance suites, as data.

Source: alertmanager test/with_api_v2/acceptance/{send,inhibit,silence,utf8,cluster}_test.go and test/cli/acceptance/cli_test.go, 0.34.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.alert_timelines import (
    Collector,
    EndSilence,
    Reload,
    SetSilence,
    TimedAlert,
    Timeline,
    alert,
    push,
    want,
)


def _config(
    wait: str, interval: str, repeat: str, *, group_by: str = "[]", resolve: str = "", hooks: Sequence[str] = ("",)
) -> str:
    lines = [f"global: {{{{resolve_timeout: {resolve}}}}}"] if resolve else []
    lines += [
        "route:",
        "  receiver: default",
        f"  group_by: {group_by}",
        f"  group_wait: {wait}",
        f"  group_interval: {interval}",
        *([f"  repeat_interval: {repeat}"] if repeat else []),
        "receivers:",
        "- name: default",
        "  webhook_configs:",
    ]
    lines += [f"  - {{{{url: '{{{place}}}'{', ' if more else ''}{more}}}}}" for place, more in enumerate(hooks)]
    return "\n".join(lines) + "\n"


def _plain(**options: str) -> str:
    return _config("1s", "1s", options.get("repeat", "1ms"), group_by=options.get("group_by", "[]"))


INHIBITING: Final = """
inhibit_rules:
- source_match: {{alertname: JobDown}}
  target_match: {{alertname: InstanceDown}}
  equal: [job, zone]
"""


def _merging(name: str, *, ends: bool) -> Timeline:
    """Refreshes, earlier starts, annotations, two ends, a new beginning; `ends`: each report says that it ends 3 s later."""

    def span(start: float) -> tuple[float, ...]:
        return (start, start + 3.0) if ends else (start,)

    return Timeline(
        name,
        _plain(group_by="[alertname]"),
        (
            push(1, alert("test", span(1.1))),
            push(1.2, alert("test", (1,))),
            push(2.1, alert("test", span(2), "v1")),
            push(3.6, alert("test", span(1.5), "v2")),
            push(4.6, alert("test", (3, 4.5), "v2")),
            push(4.8, alert("test", (2.9, 4.8), "v3")),
            push(4.8, alert("test", (2.9, 4.1), "v3")),
            push(5.3, alert("test", span(5))),
        ),
        (
            Collector(
                (
                    want(2, 2.5, alert("test", (1,))),
                    want(3, 3.5, alert("test", (1,), "v1")),
                    want(4, 4.5, alert("test", (1,), "v2")),
                    want(5, 5.5, alert("test", (1, 4.8), "v3")),
                    want(6, 6.5, alert("test", (5,))),
                )
            ),
        ),
    )


REPEATING: Final = Timeline(
    "Repeat",
    _plain(group_by="[alertname]"),
    (push(1, alert("test", (1,))), push(3.5, alert("test", (1, 3)))),
    (
        Collector(
            (
                want(2, 2.5, alert("test", (1,))),
                want(3, 3.5, alert("test", (1,))),
                want(4, 4.5, alert("test", (1, 3))),
            )
        ),
    ),
)

RETRYING: Final = Timeline(
    "Retry",
    _config("1s", "2s", "3s", group_by="[alertname]", hooks=("", "")),
    (push(1, alert("test1")),),
    (
        Collector((want(2, 2.5, alert("test1", (1,))), want(6, 6.5, alert("test1", (1,))))),
        Collector((want(6, 6.5, alert("test1", (1,))),), drops_until=4.5),
    ),
)

_FIRST_BATCH: Final = (alert("test1", (1,)), alert("test5", (1,)))
_WHOLE_BATCH: Final = (
    *_FIRST_BATCH,
    alert("test2", (1.5,)),
    alert("test3", (1.5,)),
    alert("test4", (1.6,)),
)
BATCHING: Final = Timeline(
    "Batching",
    _plain(repeat="4900ms"),
    (push(1.1, alert("test1", (1,))), push(1.7, alert("test5", (1,))), push(3.3, *_WHOLE_BATCH[2:])),
    (Collector((want(2, 2.5, *_FIRST_BATCH), want(4.1, 4.5, *_WHOLE_BATCH), want(9.1, 9.5, *_WHOLE_BATCH))),),
)


def _three(*active: float) -> tuple[TimedAlert, ...]:
    return tuple(alert("test", active, lbl=value) for value in ("v1", "v2", "v3"))


RESOLVING: Final = Timeline(
    "Resolved",
    _config("1s", "5s", "", group_by="[alertname]", resolve="10s"),
    (push(1, *_three()),),
    (Collector((want(2, 2.5, *_three(1)), want(12, 13, *_three(1, 11)))),),
)

FILTERING: Final = Timeline(
    "ResolvedFilter",
    _config(
        "1s", "5s", "", group_by="[alertname]", resolve="10s", hooks=("send_resolved: true", "send_resolved: false")
    ),
    (
        push(1, alert("test", lbl="v1"), alert("test", lbl="v2")),
        push(3, alert("test", (1, 4), lbl="v1"), alert("test", lbl="v3")),
        push(8, alert("test", (3,), lbl="v3")),
    ),
    (
        Collector(
            (
                want(2, 2.5, alert("test", (1,), lbl="v1"), alert("test", (1,), lbl="v2")),
                want(
                    7,
                    7.5,
                    alert("test", (1, 4), lbl="v1"),
                    alert("test", (1,), lbl="v2"),
                    alert("test", (3,), lbl="v3"),
                ),
                want(12, 12.5, alert("test", (1, 11), lbl="v2"), alert("test", (3,), lbl="v3")),
            )
        ),
        Collector(
            (
                want(2, 2.5, alert("test", (1,), lbl="v1"), alert("test", (1,), lbl="v2")),
                want(7, 7.5, alert("test", (1,), lbl="v2"), alert("test", (3,), lbl="v3")),
                want(12, 12.5),
            )
        ),
    ),
)

STARTING_COLD: Final = Timeline(
    "ColdStart",
    _config("1s", "6s", "10m"),
    (
        push(1, alert("test1", (-100,))),
        push(2, alert("test2")),
        Reload(5.1),
        push(6, alert("test3", (-100,))),
        push(7, alert("test4")),
    ),
    (
        Collector(
            (
                want(4, 5.05, alert("test1", (1,)), alert("test2", (2,))),
                want(
                    11,
                    11.5,
                    alert("test1", (1,)),
                    alert("test2", (2,)),
                    alert("test3", (6,)),
                    alert("test4", (7,)),
                ),
            )
        ),
    ),
    start_delay=5.0,
)
"""The reference begins to count a moment after its server started, and reloads at 5; here both begin at once."""

RELOADING: Final = Timeline(
    "Reload",
    _config("1s", "6s", "10m"),
    (push(1, alert("test1")), Reload(3), push(4, alert("test2"))),
    (Collector((want(2, 2.5, alert("test1", (1,))), want(9, 9.5, alert("test1", (1,)), alert("test2", (4,))))),),
)

TIMING_OUT: Final = Timeline(
    "WebhookTimeout",
    _config("1s", "1m", "1m", group_by="[alertname]", hooks=("timeout: 500ms",)),
    (push(1, alert("test1")),),
    (Collector((want(3, 4, alert("test1", (1,))),), hangs_until=3.0),),
)


def _down(name: str, zone: str, *active: float) -> TimedAlert:
    return alert(name, active, job="testjob", zone=zone)


INHIBITION: Final = Timeline(
    "Inhibiting",
    _plain(repeat="1s") + INHIBITING,
    (
        push(1, _down("test1", "aa")),
        push(1, _down("InstanceDown", "aa")),
        push(1, _down("InstanceDown", "ab")),
        push(2.2, _down("JobDown", "aa")),
        push(3.6, _down("JobDown", "aa", 2.2, 3.6)),
    ),
    (
        Collector(
            (
                want(2, 2.5, _down("test1", "aa", 1), _down("InstanceDown", "aa", 1), _down("InstanceDown", "ab", 1)),
                want(3, 3.5, _down("test1", "aa", 1), _down("InstanceDown", "ab", 1), _down("JobDown", "aa", 2.2)),
                want(
                    4,
                    4.5,
                    _down("test1", "aa", 1),
                    _down("InstanceDown", "aa", 1),
                    _down("InstanceDown", "ab", 1),
                    _down("JobDown", "aa", 2.2, 3.6),
                ),
            )
        ),
    ),
)

ALWAYS_INHIBITING: Final = Timeline(
    "AlwaysInhibiting",
    _plain(repeat="1s") + INHIBITING,
    (
        push(1, _down("InstanceDown", "aa")),
        push(1, _down("JobDown", "aa")),
        push(2.6, _down("JobDown", "aa", 1, 2.6)),
        push(2.6, _down("InstanceDown", "aa", 1, 2.6)),
    ),
    (
        Collector(
            (
                want(2, 2.5, _down("JobDown", "aa", 1)),
                want(3, 3.5, _down("InstanceDown", "aa", 1, 2.6), _down("JobDown", "aa", 1, 2.6)),
            )
        ),
    ),
)

EMPTY_RULE: Final = Timeline("EmptyInhibitionRule", _plain(repeat="1s") + "\ninhibit_rules:\n-\n", (), (Collector(),))

_BOTH: Final = (alert("test1", (1,)), alert("test2", (1,)))
SILENCING: Final = Timeline(
    "Silencing",
    _plain(),
    (push(1, _BOTH[0]), push(1, _BOTH[1]), SetSilence(2.3, "one", "alertname=test1", 2.5, 4.5)),
    (
        Collector(
            (
                want(2, 2.5, *_BOTH),
                want(3, 3.5, _BOTH[1]),
                want(4, 4.5, _BOTH[1]),
                want(5, 5.5, *_BOTH),
            )
        ),
    ),
)

UNSILENCING: Final = Timeline(
    "SilenceDelete",
    _plain(),
    (
        push(1, _BOTH[0]),
        push(1, _BOTH[1]),
        SetSilence(1.3, "all", "alertname=~.+", 1.5, 100),
        EndSilence(3.5, "all"),
    ),
    (Collector((want(3.5, 4.5, *_BOTH),)),),
)

UTF8_ROUTE: Final = Timeline(
    "SendAlertsToUTF8Route",
    """
route:
  receiver: default
  routes:
  - {{receiver: webhook, matchers: [foo🙂=bar], group_by: [foo🙂], group_wait: 1s}}
receivers:
- name: default
- {{name: webhook, webhook_configs: [{{url: '{0}'}}]}}
""",
    (push(1, TimedAlert({"foo🙂": "bar"}, 1)),),
    (Collector((want(2, 2.5, TimedAlert({"foo🙂": "bar"}, 1)),)),),
)

DEDUPLICATING: Final = Timeline(
    "ClusterDeduplication",
    _plain(repeat="1h"),
    (push(1, alert("test1")),),
    (Collector((want(2, 3, alert("test1", (1,))),)),),
    tolerance=1.0,
    servers=3,
)

COMPARING: Final = Timeline(
    "ClusterVSInstance",
    _plain(repeat="1h", group_by="[alertname]"),
    tuple(push(at, alert(f"test1-{at}")) for at in (0, 2, 4, 6, 8)),
    (Collector(tuple(want(at, at + 5, alert(f"test1-{at}", (at or 0.001,))) for at in (0, 2, 4, 6, 8))),),
    tolerance=2.0,
    servers=3,
    compare_with_one_server=True,
)

ADDING: Final = Timeline(
    "AddAlert (amtool)",
    _plain(group_by="[alertname]"),
    (push(0.1, alert("test1", (1, 2))),),
    (Collector((want(1, 2, alert("test1", (1,))),)),),
)
"""The suite stops to look at 2 s, before the end is told at 3; so does the timeline."""

TIMELINES: Final = (
    _merging("MergeAlerts", ends=False),
    _merging("MergeAlertsWithEndsAt", ends=True),
    *(REPEATING, RETRYING, BATCHING, RESOLVING, FILTERING, STARTING_COLD, RELOADING, TIMING_OUT),
    *(INHIBITION, ALWAYS_INHIBITING, EMPTY_RULE, SILENCING, UNSILENCING, UTF8_ROUTE, DEDUPLICATING, COMPARING, ADDING),
)
