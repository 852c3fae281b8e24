"""Amazon SNS: Publish of the query API, to a topic, a phone number or an endpoint. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

With `role_arn` the keys are those of the role, asked of STS and used until they expire.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import urlencode

from vedette.alerting.config.messages import SnsConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.composing import composed
from vedette.alerting.receivers.http import HttpIntegration, Request, shown
from vedette.alerting.receivers.sigv4 import AwsKeys, find_keys, find_region, signed_headers
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.templates import Templates
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

MESSAGE_BYTES_MAX: Final = 256 << 10
SMS_BYTES_MAX: Final = 1600
STS_URL: Final = "https://sts{fips}.{region}.amazonaws.com/"
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"
_ROLE_S: Final = 900
_ROLE_REUSE_S: Final = 600
"""A role's keys are asked for again well before they expire."""


class Sns(HttpIntegration[SnsConfig]):
    kind = "sns"
    needs_answer: ClassVar[bool] = True

    def __init__(self, section: SnsConfig, index: int, templates: Templates) -> None:
        super().__init__(section, index, templates)
        self._role_keys: AwsKeys | None = None
        self._role_until_s = 0.0

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        now_s = asyncio.get_running_loop().time()
        if self.section.sigv4.role_arn and now_s >= self._role_until_s:
            answer = await self.ask(await composed(self._role_request))
            self._role_keys = _keys_of(answer)
            self._role_until_s = now_s + _ROLE_REUSE_S
        return await super().notify(notification)

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        region = find_region(section.sigv4)
        url = texts.text(section.api_url) or f"https://sns.{region}.amazonaws.com/"
        form = {"Action": "Publish", "Version": "2010-03-31", **self._publish(texts)}
        return [self._signed(url, form, "sns", region, self._role_keys or find_keys(section.sigv4))]

    def _publish(self, texts: Texts) -> dict[str, str]:
        section, fill = self.section, texts.text
        form = {"Subject": fill(section.subject)} if section.subject else {}
        if section.topic_arn:
            form["TopicArn"] = topic = fill(section.topic_arn)
            if topic.endswith(".fifo"):
                form |= {"MessageDeduplicationId": texts.group_hash, "MessageGroupId": texts.group_hash}
        if section.phone_number:
            form["PhoneNumber"] = fill(section.phone_number)
        if section.target_arn:
            form["TargetArn"] = fill(section.target_arn)
        attributes = {fill(name): fill(value) for name, value in section.attributes.items()}
        message = fill(section.message).encode(errors="replace")
        limit = SMS_BYTES_MAX if section.phone_number else MESSAGE_BYTES_MAX
        if len(message) > limit:
            attributes["truncated"] = "true"
        form["Message"] = message[:limit].decode(errors="ignore")
        for place, (name, value) in enumerate(attributes.items(), 1):
            entry = f"MessageAttributes.entry.{place}"
            form |= {f"{entry}.Name": name, f"{entry}.Value.DataType": "String", f"{entry}.Value.StringValue": value}
        return form

    def _role_request(self) -> Request:
        config = self.section.sigv4
        region = find_region(config)
        form = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": config.role_arn,
            "RoleSessionName": "vedette",
            "DurationSeconds": str(_ROLE_S),
        }
        if config.external_id:
            form["ExternalId"] = config.external_id
        fips = "-fips" if config.use_fips_sts_endpoint else ""
        url = STS_URL.format(fips=fips, region=region)
        return self._signed(url, form, "sts", region, find_keys(config))

    def _signed(self, url: str, form: Mapping[str, str], service: str, region: str, keys: AwsKeys) -> Request:
        body = urlencode(form).encode()
        headers = signed_headers(
            keys, url=url, body=body, service=service, region=region, now=datetime.now(UTC), content_type=_FORM
        )
        return Request(url, body, headers)

    def explain(self, response: Response) -> str:
        """The message of Amazon's XML."""
        return _element(response, "Message") or shown(response.body)


def _element(response: Response, name: str) -> str:
    """The text of the first such element: these answers are flat, and no XML parser need see what a stranger sent."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", response.body.decode(errors="replace"))
    return found[1].strip() if found else ""


def _keys_of(response: Response) -> AwsKeys:
    keys = AwsKeys(*(_element(response, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))
    if not keys.access_key or not keys.secret_key:
        raise NotSent("no keys for the role in the answer of STS", retry=True, reason="authError")
    return keys
