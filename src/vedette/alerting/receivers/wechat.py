"""WeChat Work (企业微信): an application's message, with an access token that lasts two hours.

https://developer.work.weixin.qq.com/document/path/90236
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from urllib.parse import urlencode

from vedette.alerting.config.chat_rooms import WechatConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.composing import composed
from vedette.alerting.receivers.http import Request, RobotIntegration, json_answer, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_bytes, without_empty
from vedette.alerting.templates import Templates
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

CONTENT_BYTES_MAX: Final = 2048
"""Of a text and of markdown; WeChat cuts longer ones itself, inside a character."""
_TOKEN_S: Final = 7200.0
_TOKEN_EXPIRED: Final = frozenset({40014, 42001})


class Wechat(RobotIntegration[WechatConfig]):
    kind = "wechat"
    busy: ClassVar[frozenset[int]] = frozenset({45009, 45033})

    def __init__(self, section: WechatConfig, index: int, templates: Templates) -> None:
        super().__init__(section, index, templates)
        self._token = ""
        self._token_until_s = 0.0

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        now_s = asyncio.get_running_loop().time()
        if not self._token or now_s >= self._token_until_s:
            token = await composed(lambda: self._token_request(Texts(notification, self._templates)))
            answer = json_answer(await self.ask(token))
            if not answer.get("access_token"):
                raise NotSent(
                    f"no access token for this CorpID: {answer.get('errmsg', '')}", retry=False, reason="authError"
                )
            self._token = str(answer["access_token"])
            self._token_until_s = now_s + min(float(answer.get("expires_in") or _TOKEN_S), _TOKEN_S)
        return await super().notify(notification)

    def _token_request(self, texts: Texts) -> Request:
        section = self.section
        secret = texts.text(secret_text(section.api_secret, section.api_secret_file))
        query = urlencode({"corpid": texts.text(section.corp_id), "corpsecret": secret})
        return Request(f"{section.api_url}gettoken?{query}", method="GET")

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        recipients = {"touser": section.to_user, "toparty": section.to_party, "totag": section.to_tag}
        message = {
            **without_empty(texts.values({**recipients, "agentid": section.agent_id})),
            "msgtype": section.message_type,
            section.message_type: {"content": truncate_bytes(fill(section.message), CONTENT_BYTES_MAX)},
            "safe": "0",
        }
        query = urlencode({"access_token": self._token})
        return [json_request(f"{section.api_url}message/send?{query}", message)]

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        """A token that has expired is asked for again at the next try."""
        answer = json_answer(response)
        if answer.get("errcode") in _TOKEN_EXPIRED:
            self._token = ""
            raise NotSent(f"access token expired: {answer.get('errmsg', '')}", retry=True, reason="authError")
        return super().accepted(response, notification)
