"""Signatures against the vendors' own published examples."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from vedette.alerting.receivers.aliyun_sms import authorize
from vedette.alerting.receivers.sigv4 import AwsKeys, signed_headers


def test_signature_version_4_is_that_of_amazons_test_suite() -> None:
    """Case post-x-www-form-urlencoded of aws-sig-v4-test-suite."""
    headers = signed_headers(
        AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        url="https://example.amazonaws.com/",
        body=b"Param1=value1",
        service="service",
        region="us-east-1",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
        content_type="application/x-www-form-urlencoded",
    )
    assert headers["Authorization"].endswith(
        "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    )


def test_aliyuns_signature_is_that_of_its_documentation() -> None:
    """The example with fixed parameters of the page on request structure and signature V3."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    assert authorize("YourAccessKeyId", "YourAccessKeySecret", query, headers).endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
