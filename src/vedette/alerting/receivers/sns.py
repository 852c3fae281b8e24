"""Amazon SNS: Publish of the query API, to a topic, a phone number or an endpoint. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import urlencode

from vedette.alerting.config.messages import SnsConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.aws_keys import KeySource, find_region, xml_text
from vedette.alerting.receivers.http import HttpIntegration, Request, shown
from vedette.alerting.receivers.sigv4 import FORM, AwsKeys, signed_headers
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.templates import Templates
from vedette.intake.http1 import Response

MESSAGE_BYTES_MAX: Final = 256 << 10
SMS_BYTES_MAX: Final = 1600


class Sns(HttpIntegration[SnsConfig]):
    kind = "sns"
    needs_answer: ClassVar[bool] = True

    def __init__(self, section: SnsConfig, index: int, templates: Templates) -> None:
        super().__init__(section, index, templates)
        self._key_source = KeySource(section.sigv4, self.ask)
        self._keys = AwsKeys("", "")

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        self._keys = await self._key_source.keys()
        return await super().notify(notification)

    async def close(self) -> None:
        await self._key_source.close()
        await super().close()

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        region = find_region(section.sigv4)
        url = texts.text(section.api_url) or f"https://sns.{region}.amazonaws.com/"
        form = {"Action": "Publish", "Version": "2010-03-31", **self._publish(texts)}
        body = urlencode(form).encode()
        headers = signed_headers(
            self._keys, url=url, body=body, service="sns", region=region, now=datetime.now(UTC), content_type=FORM
        )
        return [Request(url, body, headers)]

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

    def explain(self, response: Response) -> str:
        """The message of Amazon's XML."""
        return xml_text(response, "Message") or shown(response.body)
