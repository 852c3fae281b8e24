"""Signatures against the vendors' own published examples."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vedette.alerting.config.messages import SigV4Config
from vedette.alerting.receivers.aliyun_sms import authorize
from vedette.alerting.receivers.sigv4 import AwsKeys, find_keys, find_region, signed_headers
from vedette.intake.config.values import Secret
from vedette.model.errors import NotSent


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


def test_keys_come_from_the_section_the_environment_or_a_profile(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = D\naws_secret_access_key = d\n[p]\naws_access_key_id = P\naws_secret_access_key = p%q\n"
    )
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    own = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t"}
    assert find_keys(SigV4Config(access_key="A", secret_key=Secret("a")), own) == AwsKeys("A", "a")
    assert find_keys(SigV4Config(), environment | own) == AwsKeys("E", "e", "t")
    assert find_keys(SigV4Config(), environment) == AwsKeys("D", "d")
    assert find_keys(SigV4Config(profile="p"), environment | own) == AwsKeys("P", "p%q")
    with pytest.raises(NotSent, match="no AWS keys"):
        find_keys(SigV4Config(profile="absent"), environment)


def test_a_region_comes_from_the_section_or_the_environment() -> None:
    assert find_region(SigV4Config(region="a"), {"AWS_REGION": "b"}) == "a"
    assert find_region(SigV4Config(), {"AWS_REGION": "b"}) == "b"
    with pytest.raises(NotSent, match="region not configured"):
        find_region(SigV4Config(), {})
