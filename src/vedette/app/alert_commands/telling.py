"""Answers of the alerts' API as lines for people, in both languages, with times of their zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from vedette.app.language import Say, counted
from vedette.app.querying.tables import aligned
from vedette.model.labels import Labels

LINES_MAX: Final = 5
GROUPS_MAX: Final = 5
NO_NUMBERS: Final = 100
"""No column is set to the right."""


def tell_list(alerts: list[dict[str, Any]], say: Say) -> list[str]:
    if not alerts:
        return [say("nothing fires", "没有触发中的告警")]
    heading = (
        say("fingerprint", "指纹"),
        say("state", "状态"),
        say("since", "开始时间"),
        say("in hand", "负责人"),
        say("alert", "告警"),
    )
    rows = [
        (
            alert["fingerprint"],
            _state(alert["status"], say),
            local_time(datetime.fromisoformat(alert["startsAt"]).timestamp()),
            _in_hand(alert["notes"]),
            _labels(alert["labels"]),
        )
        for alert in alerts
    ]
    return [aligned([heading, *rows], right=NO_NUMBERS)]


def tell_notes(notes: Mapping[str, Any], say: Say) -> list[str]:
    given = notes["acknowledged"]
    if given is None:
        return [say("not acknowledged", "未确认")]
    until = local_time(given["until"]) if given["until"] else say("it resolves", "恢复")
    by = given["by"] or say("somebody", "某人")
    return [say(f"acknowledged by {by} until {until}", f"{by} 已确认，直到{until}")]


def tell_history(history: Mapping[str, Any], say: Say) -> list[str]:
    rows = [
        (
            local_time(event["time"]),
            event["fingerprint"],
            say(event["event"], EVENTS_ZH[event["event"]]),
            " ".join(filter(None, (event["by"], event["receiver"], event["integration"], event["text"]))),
            _labels(event["labels"]),
        )
        for event in reversed(history["events"])
    ]
    lines = [aligned(rows, right=NO_NUMBERS)] if rows else [say("nothing happened", "没有事件")]
    if history["truncated"]:
        lines.append(say("there are older events: raise --limit", "还有更早的事件：请增大 --limit"))
    return lines


def tell_dry_run(run: Mapping[str, Any], say: Say) -> list[str]:
    span = f"{local_time(run['start'])} .. {local_time(run['end'])}"
    alerts, sent, now = run["alerts"], run["notifications"], run["current"]["notifications"]
    english = f"{counted(alerts, 'alert')}, {counted(sent, 'notification')}"
    lines = [
        say(
            f"{span}: {english} (with the configuration in force: {now})",
            f"{span}：{alerts} 个告警，{sent} 次通知（当前配置：{now}）",
        )
    ]
    for receiver in run["receivers"]:
        count, alerts, groups = receiver["notifications"], receiver["alerts"], len(receiver["groups"])
        english = f"{counted(count, 'notification')} of {counted(alerts, 'alert')} in {counted(groups, 'group')}"
        lines.append(
            say(
                f"  {receiver['receiver']}: {english}",
                f"  {receiver['receiver']}：{count} 次通知，{alerts} 个告警，{groups} 个分组",
            )
        )
        lines += [f"    {group['notifications']:>5}  {group['groupKey']}" for group in receiver["groups"][:GROUPS_MAX]]
    lines += [
        say(f"  kept quiet by {stage}: {count}", f"  被 {stage} 屏蔽：{count}")
        for stage, count in run["suppressed"].items()
    ]
    return lines


def tell_why(why: Mapping[str, Any], say: Say) -> list[str]:
    return [*_tell_alert(why, say), *_tell_values(why, say), *_tell_past(why, say), *_tell_routes(why, say)]


def _tell_alert(why: Mapping[str, Any], say: Say) -> Iterator[str]:
    alert, rule = why["alert"], why["rule"]
    yield _labels(alert["labels"])
    state = say(alert["state"], STATES_ZH[alert["state"]])
    since = local_time(alert["startsAt"])
    yield say(f"{state} since {since}", f"{state}，始于 {since}")
    yield from tell_notes(alert["notes"], say)
    for name, text in alert["annotations"].items():
        yield f"  {name}: {text}"
    if rule is None:
        yield say("its rule is not evaluated here", "其规则不在此处评估")
    else:
        yield say(f"rule: {rule['query']}", f"规则：{rule['query']}")
        yield f"  {rule['file']}, {rule['group']}" + (f", for {rule['for']:g} s" if rule["for"] else "")


def _tell_values(why: Mapping[str, Any], say: Say) -> Iterator[str]:
    for comparison in (why["values"] or {}).get("comparisons", ()):
        left, right = comparison["left"], comparison["right"]
        threshold = "" if right is None else f" {comparison['op']} {_side(right)}"
        yield f"  {left['query']}{threshold}"
        for line in left["series"][:LINES_MAX]:
            yield f"    {_last(line)}  {_labels(line['labels'])}"


def _tell_past(why: Mapping[str, Any], say: Say) -> Iterator[str]:
    for beside in why["beside"][:LINES_MAX]:
        shared = ", ".join(beside["shared"])
        when = f"{beside['after']:+g} s"
        yield say(f"began beside it ({when}, same {shared}): ", f"同时发生（{when}，相同的 {shared}）：") + _labels(
            beside["labels"]
        )
    if why["count"] > 1:
        median = why["medianSeconds"]
        lasted = "" if median is None else say(f", usually for {median:g} s", f"，通常持续 {median:g} 秒")
        yield say(f"it fired {why['count']} times", f"共触发 {why['count']} 次") + lasted


def _tell_routes(why: Mapping[str, Any], say: Say) -> Iterator[str]:
    for route in why["routes"]:
        path = " > ".join("{" + ",".join(part["matchers"]) + "}" for part in route["path"])
        yield say(f"route {path}: receiver {route['receiver']}", f"路由 {path}：接收器 {route['receiver']}")
        for step in route["steps"]:
            mark, who = "+" if step["passes"] else "-", f" {step['integration']}" if step["integration"] else ""
            yield f"  {mark} {step['step']}{who}: {_words(step['parts'])}"
        if route["nextFlush"] is not None:
            yield say(
                f"  next flush: {local_time(route['nextFlush'])}", f"  下次发送检查：{local_time(route['nextFlush'])}"
            )
        yield say("  it will be sent", "  将会通知") if route["sent"] else say("  it will not be sent", "  不会通知")


def local_time(seconds: float) -> str:
    """In the zone of whoever reads it, which is named."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _words(parts: list[str | float]) -> str:
    return "".join(part if isinstance(part, str) else local_time(part) for part in parts)


def _state(status: Mapping[str, Any], say: Say) -> str:
    if status["silencedBy"]:
        return say("silenced", "已静默")
    return say("inhibited", "被抑制") if status["inhibitedBy"] else say("firing", "触发")


def _in_hand(notes: Mapping[str, Any] | None) -> str:
    if notes is None:
        return ""
    return str(notes["assignee"] or (notes["acknowledged"] or {}).get("by", ""))


def _side(side: Mapping[str, Any]) -> str:
    return side["query"] if side["constant"] is None else f"{side['constant']:g}"


def _last(line: Mapping[str, Any]) -> str:
    return str(line["points"][-1][1]) if line["points"] else ""


def _labels(labels: Mapping[str, str]) -> str:
    return str(Labels.of(labels))


STATES_ZH: Final = {"pending": "等待中", "firing": "触发", "resolved": "已恢复"}
EVENTS_ZH: Final = {
    "pending": "等待",
    "inactive": "未触发即结束",
    "firing": "触发",
    "resolved": "恢复",
    "silenced": "静默",
    "unsilenced": "静默结束",
    "inhibited": "被抑制",
    "uninhibited": "抑制结束",
    "acknowledged": "确认",
    "unacknowledged": "取消确认",
    "assigned": "指派",
    "commented": "备注",
    "notified": "已通知",
    "notify_failed": "通知失败",
}
