"""Prometheus' web configuration file: what is read, what is refused and with which hint; TLS over a real socket."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.unit.api.outside import services
from tests.unit.api.test_server import serving
from vedette.api.app import build_app
from vedette.api.web_config import ClientAuth, WebConfig, load_web_config
from vedette.model.errors import ConfigError

HASH = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *files, *names], check=True, capture_output=True)
    return folder


def write(folder: Path, text: str) -> Path:
    path = folder / "web.yml"
    path.write_text(text)
    return path


def test_an_empty_file_configures_nothing(tmp_path: Path) -> None:
    config = load_web_config(write(tmp_path, ""))
    assert config == WebConfig()
    assert (config.has_tls, config.tls_context(), bool(config.passwords())) == (False, None, False)


def test_the_documented_keys_are_read(certificate: Path) -> None:
    path = write(
        certificate,
        f"""
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: cert.pem
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]
  curve_preferences: [CurveP384]
http_server_config:
  http2: false
  headers: {{Strict-Transport-Security: max-age=31536000}}
basic_auth_users:
  alice: {HASH}
""",
    )
    config = load_web_config(path)
    assert config.has_tls
    assert config.tls_server_config is not None
    assert config.tls_server_config.client_auth_type is ClientAuth.REQUIRED
    assert config.http_server_config.headers == {"Strict-Transport-Security": "max-age=31536000"}
    context = config.tls_context()
    assert context is not None
    assert (context.verify_mode, context.minimum_version) == (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_3)
    assert HASH not in repr(config)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("users: {}", 1, "field users not found in type web.Config"),
        ("basic_auth_users:\n  bob: plain", 1, 'password of user "bob" is no bcrypt hash'),
        ("tls_server_config:\n  cert_file: a", 2, "needs both cert_file and key_file"),
        (
            "tls_server_config:\n  client_auth_type: RequestClientCert",
            2,
            "client_auth_type is not supported: RequestClientCert",
        ),
        ("tls_server_config:\n  min_version: SSL3", 2, "unknown TLS version: SSL3"),
        (
            "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert",
            2,
            "client CAs have not been configured",
        ),
        ("http_server_config:\n  headers: {X-Custom: a}", 2, 'HTTP header "X-Custom" can not be configured'),
        ("tls: a: b", 1, "yaml: "),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_web_config(write(tmp_path, text))
    assert words in str(refused.value)
    assert refused.value.file.endswith("web.yml")
    assert refused.value.line == line


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_web_config(tmp_path / "absent.yml")
    with pytest.raises(ConfigError, match="tls_server_config cannot be used"):
        load_web_config(write(tmp_path, "tls_server_config: {cert_file: no.pem, key_file: no.pem}")).tls_context()


def test_the_server_speaks_tls_with_the_configured_certificate(certificate: Path) -> None:
    config = load_web_config(write(certificate, "tls_server_config: {cert_file: cert.pem, key_file: key.pem}"))
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    async def ask() -> bytes:
        async with serving(build_app(services()), tls=config.tls_context()) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            writer.write(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    assert b"Vedette is Healthy." in asyncio.run(ask())
