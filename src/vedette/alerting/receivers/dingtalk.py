"""DingTalk (钉钉): a group's robot, signed with its secret (加签). https://open.dingtalk.com/document/orgapp/custom-robot-access

The signature is HMAC-SHA256 over `timestamp\\nsecret`, in milliseconds, and stands in the URL with the timestamp; it holds for an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from vedette.alerting.config.chat_rooms import DingtalkConfig
from vedette.alerting.receivers.http import Request, RobotIntegration, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_bytes

TEXT_BYTES_MAX: Final = 18_000
"""DingTalk refuses bodies of more than 20,000 bytes."""


class Dingtalk(RobotIntegration[DingtalkConfig]):
    """130101 says that more than 20 messages came within a minute; -1 that DingTalk is busy."""

    kind = "dingtalk"
    busy: ClassVar[frozenset[int]] = frozenset({-1, 130101, 410100})

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        mobiles = [fill(mobile) for mobile in section.at_mobiles]
        users = [fill(user) for user in section.at_user_ids]
        text = truncate_bytes(fill(section.message), TEXT_BYTES_MAX)
        if mobiles or users:  # DingTalk highlights those only whom the text names
            text += "\n" + " ".join(f"@{name}" for name in (*mobiles, *users))
        message: dict[str, Any] = {
            "msgtype": section.message_type,
            "at": {"atMobiles": mobiles, "atUserIds": users, "isAtAll": section.at_all},
        }
        if section.message_type == "markdown":
            message["markdown"] = {"title": fill(section.title), "text": text}
        else:
            message["text"] = {"content": text}
        return [json_request(self._signed_url(int(time.time() * 1000)), message)]

    def _signed_url(self, now_ms: int) -> str:
        section = self.section
        url = secret_text(section.webhook_url, section.webhook_url_file)
        if not (section.secret or section.secret_file):
            return url
        secret = secret_text(section.secret, section.secret_file)
        digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
        query = urlencode({"timestamp": now_ms, "sign": base64.b64encode(digest).decode()})
        return f"{url}{'&' if '?' in url else '?'}{query}"
