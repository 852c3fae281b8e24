"""Feishu and Lark (飞书): a group's robot, signed with its secret. https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot

The signature is HMAC-SHA256 of nothing, keyed with `timestamp\\nsecret`, in seconds, and stands in the body; it holds for an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from vedette.alerting.config.chat_rooms import FeishuConfig
from vedette.alerting.receivers.http import Request, RobotIntegration, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_bytes

TEXT_BYTES_MAX: Final = 16_000
"""Feishu refuses bodies of more than 20 KB, in which quotes and line ends are escaped."""


class Feishu(RobotIntegration[FeishuConfig]):
    """9499 and 11232 say that too many messages came."""

    kind = "feishu"
    code: ClassVar[str] = "code"
    message: ClassVar[str] = "msg"
    busy: ClassVar[frozenset[int]] = frozenset({9499, 11232})

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        title, text = fill(section.title), truncate_bytes(fill(section.message), TEXT_BYTES_MAX)
        message: dict[str, Any] = self._signature(int(time.time()))
        if section.message_type == "text":
            message |= {"msg_type": "text", "content": {"text": f"{title}\n{text}"}}
        else:
            header = {"title": {"tag": "plain_text", "content": title}, "template": fill(section.color)}
            card = {"header": header, "elements": [{"tag": "markdown", "content": text}]}
            message |= {"msg_type": "interactive", "card": card}
        return [json_request(secret_text(section.webhook_url, section.webhook_url_file), message)]

    def _signature(self, now_s: int) -> dict[str, Any]:
        section = self.section
        if not (section.secret or section.secret_file):
            return {}
        key = f"{now_s}\n{secret_text(section.secret, section.secret_file)}"
        digest = hmac.new(key.encode(), b"", hashlib.sha256).digest()
        return {"timestamp": str(now_s), "sign": base64.b64encode(digest).decode()}
