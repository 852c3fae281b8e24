"""What the stages of the pipeline say, in English and Chinese, in parts: whoever shows them writes the times in the reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from string import Formatter
from typing import Final

from vedette.alerting.why.routes import Step

CHINESE: Final = "zh-CN"

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "not_inhibited": ("no firing alert inhibits it", "没有触发中的告警抑制它"),
    "inhibited": ("inhibited by {source} ({by}), rule {rule}", "被 {source}（{by}）抑制，规则 {rule}"),
    "always_active": ("the route is active at all times", "该路由任何时候都生效"),
    "active": ("within the active time {intervals}", "处于生效时段 {intervals} 内"),
    "not_active": ("outside of the active times {intervals}", "不在生效时段 {intervals} 内"),
    "not_muted": ("no mute time holds", "不在静音时段内"),
    "muted": ("within the mute time {intervals}", "处于静音时段 {intervals} 内"),
    "not_silenced": ("no silence matches", "没有匹配的静默"),
    "silenced": ("silenced by {silences}", "被静默 {silences} 屏蔽"),
    "no_integrations": (
        "receiver {receiver} has no integrations: nobody is told",
        "接收器 {receiver} 没有任何渠道，不会通知任何人",
    ),
    "ends_not_told": ("it has ended, and send_resolved is off", "告警已恢复，而 send_resolved 已关闭"),
    "due": ("due: {reason}", "应当通知：{reason}"),
    "nothing_audible": (
        "every alert of the group is silenced or inhibited: there is nothing to tell",
        "该组的告警均已静默或被抑制，没有可通知的内容",
    ),
    "nothing_to_tell": ("nothing of the group was ever told, and nothing fires", "该组从未通知过，也没有触发中的告警"),
    "already_told": (
        "told at {sent_at_ms}; unless the group changes, again after {repeat_at_ms}",
        "已于 {sent_at_ms} 通知；若该组没有变化，{repeat_at_ms} 之后再次通知",
    ),
    "repeats_held": (
        "every firing alert of the group is acknowledged: repeats are held",
        "该组所有触发中的告警均已确认：不再重复通知",
    ),
    "acknowledged_with_others": (
        "it is acknowledged; others of the group are not, or something new is told",
        "已确认；但同组仍有未确认的告警，或有新的变化需要通知",
    ),
    "not_acknowledged": ("nobody has acknowledged it", "无人确认"),
    "under_way": ("a notification of the group is being sent now", "该组的通知正在发送"),
    "not_under_way": ("no notification of the group is being sent now", "当前没有正在发送的通知"),
    "last_failed": ("the last try failed: {error}", "最近一次发送失败：{error}"),
    "told_firing": ("told as firing at {sent_at_ms}", "已于 {sent_at_ms} 通知触发"),
    "told_resolved": ("told as resolved at {sent_at_ms}", "已于 {sent_at_ms} 通知恢复"),
    "not_told": ("not told yet", "尚未通知"),
}
REASONS: Final = {
    "first notification": "首次通知",
    "new alerts added": "有新告警",
    "some alerts resolved": "部分告警恢复",
    "all alerts resolved": "全部告警恢复",
    "repeat interval elapsed": "到达重复间隔",
}


def tell(step: Step, language: str) -> list[str | int]:
    """Words, and between them the times, in Unix milliseconds."""
    english, chinese = TEXTS[step.code]
    facts = dict(step.facts)
    if language == CHINESE and "reason" in facts:
        facts["reason"] = REASONS[facts["reason"]]
    parts: list[str | int] = []
    words = ""
    for literal, name, _, _ in Formatter().parse(chinese if language == CHINESE else english):
        words += literal
        if name and name.endswith("_at_ms"):
            parts += [words, facts[name]]
            words = ""
        elif name:
            words += str(facts[name])
    return [*parts, words]


def say(parts: list[str | int]) -> str:
    """In one text, its times in UTC."""
    return "".join(part if isinstance(part, str) else _time(part) for part in parts)


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
