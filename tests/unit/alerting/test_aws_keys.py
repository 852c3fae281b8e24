"""Keys for Amazon: where they are looked for, how long they are used, and what is said when there are none."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.alerting.vendors import Answer, Vendor, integration, json_says, notification, send, vendor
from vedette.alerting.config.messages import SigV4Config
from vedette.alerting.receivers.aws_keys import KeySource, find_region
from vedette.alerting.receivers.http import Request
from vedette.alerting.receivers.sigv4 import AwsKeys
from vedette.intake.config.values import Secret
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

TO_PUBLISH = Answer(200, b"<PublishResponse/>")


async def nobody(request: Request) -> Response:
    raise AssertionError("STS was asked")


def found(config: SigV4Config, environment: Mapping[str, str]) -> AwsKeys:
    return asyncio.run(KeySource(config, nobody, environment).keys())


def in_an_hour(hours: float = 1.0) -> str:
    return datetime.fromtimestamp(time.time() + hours * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sts_says(access_key: str, expiration: str) -> Answer:
    text = f"<R><AccessKeyId>{access_key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken>"
    return Answer(200, f"{text}<Expiration>{expiration}</Expiration></R>".encode())


def machine_says(access_key: str, expiration: str) -> Answer:
    return json_says({"AccessKeyId": access_key, "SecretAccessKey": "s", "Token": "tok", "Expiration": expiration})


def published(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], *answers: Answer, sigv4: str) -> Vendor:
    """Two notifications; URL stands for the server's address."""

    async def run() -> Vendor:
        async with vendor(*answers, TO_PUBLISH) as server:
            for name, value in environment.items():
                monkeypatch.setenv(name, value.replace("URL", server.url))
            section = f"api_url: {server.url}/publish\nsigv4: {{region: r{sigv4}}}\ntopic_arn: t"
            built = integration("sns", section)
            await built.notify(notification())
            await send(built)
            return server

    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    return asyncio.run(run())


def signer(asked: Any) -> str:
    credential = re.search(r"Credential=(\w+)/", asked.headers["authorization"])
    assert credential
    return credential[1]


def test_keys_come_from_the_section_the_environment_or_a_profile(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = D\naws_secret_access_key = d\n[p]\naws_access_key_id = P\naws_secret_access_key = p%q\n"
    )
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    own = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t"}
    assert found(SigV4Config(access_key="A", secret_key=Secret("a")), own) == AwsKeys("A", "a")
    assert found(SigV4Config(), environment | own) == AwsKeys("E", "e", "t")
    assert found(SigV4Config(), environment) == AwsKeys("D", "d")
    assert found(SigV4Config(profile="p"), environment | own) == AwsKeys("P", "p%q")
    with pytest.raises(NotSent, match=r"no AWS keys: profile absent is not in .*credentials, or has no keys"):
        found(SigV4Config(profile="absent"), environment)


def test_a_region_comes_from_the_section_or_the_environment() -> None:
    assert find_region(SigV4Config(region="a"), {"AWS_REGION": "b"}) == "a"
    assert find_region(SigV4Config(), {"AWS_REGION": "b"}) == "b"
    with pytest.raises(NotSent, match="region not configured"):
        find_region(SigV4Config(), {})


def test_sts_is_asked_once_for_the_keys_of_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    sigv4 = ", access_key: AK, secret_key: SK, role_arn: arn, external_id: e"
    environment = {"AWS_ENDPOINT_URL_STS": "URL/sts"}
    asked = published(monkeypatch, environment, sts_says("ROLE", in_an_hour()), sigv4=sigv4).asked
    assert [each.form["Action"] for each in asked] == ["AssumeRole", "Publish", "Publish"]
    assert (asked[0].form["RoleArn"], asked[0].form["ExternalId"]) == ("arn", "e")
    assert re.search(r"Credential=AK/\d+/r/sts/", asked[0].headers["authorization"])
    assert re.search(r"Credential=ROLE/\d+/r/sns/", asked[1].headers["authorization"])
    assert asked[1].headers["x-amz-security-token"] == "tok"


def test_keys_that_soon_expire_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (sts_says("OLD", in_an_hour(0.05)), TO_PUBLISH, sts_says("NEW", in_an_hour()))
    sigv4 = ", access_key: AK, secret_key: SK, role_arn: arn"
    asked = published(monkeypatch, {"AWS_ENDPOINT_URL_STS": "URL"}, *answers, sigv4=sigv4).asked
    assert [signer(each) for each in asked] == ["AK", "OLD", "AK", "NEW"]


def test_a_service_account_of_a_cluster_shows_its_token_to_sts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("eyJ\n")
    environment = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": "arn:web",
        "AWS_ENDPOINT_URL_STS": "URL",
    }
    asked = published(monkeypatch, environment, sts_says("WEB", in_an_hour()), sigv4="").asked
    form = asked[0].form
    assert (form["Action"], form["RoleArn"]) == ("AssumeRoleWithWebIdentity", "arn:web")
    assert form["WebIdentityToken"] == "eyJ"
    assert "authorization" not in asked[0].headers
    assert [signer(each) for each in asked[1:]] == ["WEB", "WEB"]


def test_a_container_is_asked_with_its_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("pod-token")
    environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
    }
    asked = published(monkeypatch, environment, machine_says("POD", in_an_hour()), sigv4="").asked
    assert (asked[0].method, asked[0].path, asked[0].headers["authorization"]) == (
        "GET",
        "/v1/credentials",
        "pod-token",
    )
    assert [signer(each) for each in asked[1:]] == ["POD", "POD"]
    assert asked[1].headers["x-amz-security-token"] == "tok"


def test_a_machine_is_asked_for_a_token_then_its_role_then_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (Answer(200, b"IMDS"), Answer(200, b"node-role\n"), machine_says("NODE", in_an_hour()))
    asked = published(monkeypatch, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL"}, *answers, sigv4="").asked
    roles = "/latest/meta-data/iam/security-credentials/"
    assert [(each.method, each.path) for each in asked[:3]] == [
        ("PUT", "/latest/api/token"),
        ("GET", roles),
        ("GET", f"{roles}node-role"),
    ]
    assert asked[0].headers["x-aws-ec2-metadata-token-ttl-seconds"]
    assert {each.headers["x-aws-ec2-metadata-token"] for each in asked[1:3]} == {"IMDS"}
    assert [signer(each) for each in asked[3:]] == ["NODE", "NODE"]


@pytest.mark.parametrize(
    ("environment", "answer", "message"),
    [
        ({"AWS_EC2_METADATA_DISABLED": "true"}, Answer(), "the machine must not be asked"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL"}, Answer(403, b""), "/latest/api/token answers 403"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}, Answer(), "or a profile; http://127.0.0.1:1/latest/api/token: "),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL"}, Answer(200, b"<html>"), "not a JSON object"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL"}, Answer(200, b"[1]"), "not a JSON object"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL"}, json_says({"Code": "x"}), "none in the answer of the metadata service"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://keys.example.com/"}, Answer(), "neither https nor this machine: keys.example.com"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent"}, Answer(), "the token of /nonexistent cannot be read"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ENDPOINT_URL_STS": "URL"}, Answer(200, b"<R/>"), "none in the answer of STS"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null", "AWS_ENDPOINT_URL_STS": "URL"},
         Answer(403, b"<E><Error><Message>not authorized</Message></Error></E>"), "403: not authorized"),
    ],
)  # fmt: skip
def test_where_there_are_no_keys_the_error_says_what_was_tried(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], answer: Answer, message: str
) -> None:
    with pytest.raises(NotSent) as caught:
        published(monkeypatch, environment, answer, sigv4="")
    assert message in caught.value.message
