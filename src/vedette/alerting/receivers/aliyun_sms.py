"""Aliyun SMS (阿里云短信): SendSms with a template that Aliyun approved, signed with ACS3-HMAC-SHA256.

https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from vedette.alerting.config.messages import AliyunSmsConfig
from vedette.alerting.receivers.http import Request, RobotIntegration, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes
from vedette.alerting.templates.go_json import to_json

PARAMETER_RUNES_MAX: Final = 35
"""Of one variable of an approved template."""
NUMBERS_MAX: Final = 1000
"""Of one request."""
_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_NO_BODY: Final = hashlib.sha256(b"").hexdigest()


class AliyunSms(RobotIntegration[AliyunSmsConfig]):
    kind = "aliyun_sms"
    code: ClassVar[str] = "Code"
    message: ClassVar[str] = "Message"
    success: ClassVar[str] = "OK"
    busy: ClassVar[frozenset[str]] = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "Throttling.User", "isp.SYSTEM_ERROR"})

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        numbers = list(filter(None, map(fill, section.phone_numbers)))
        parameters = {
            name: truncate_runes(text, PARAMETER_RUNES_MAX)
            for name, text in texts.values(section.template_params).items()
        }
        fixed = {"SignName": fill(section.sign_name), "TemplateCode": fill(section.template_code)}
        if parameters:
            fixed["TemplateParam"] = to_json(parameters)
        return [
            self._request({**fixed, "PhoneNumbers": ",".join(numbers[start : start + NUMBERS_MAX])})
            for start in range(0, len(numbers), NUMBERS_MAX)
        ]

    def _request(self, query: Mapping[str, str]) -> Request:
        section = self.section
        canonical_query = "&".join(f"{_encode(name)}={_encode(query[name])}" for name in sorted(query))
        headers = {
            "host": urlsplit(section.api_url).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": _NO_BODY,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": "2017-05-25",
        }
        secret = secret_text(section.access_key_secret, section.access_key_secret_file)
        authorization = authorize(section.access_key_id, secret, canonical_query, headers)
        sent = {name: value for name, value in headers.items() if name != "host"}
        url = f"{section.api_url.rstrip('/')}/?{canonical_query}"
        return Request(url, headers={**sent, "Authorization": authorization})


def authorize(key_id: str, secret: str, canonical_query: str, headers: Mapping[str, str]) -> str:
    """The Authorization header of a POST to `/` without a body; all of `headers` are signed."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = "\n".join(("POST", "/", canonical_query, lines, signed, _NO_BODY))
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
