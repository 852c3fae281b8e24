"""Users, TLS and tenants of a running server: closed by default, open to whom the files name, and telling no secrets."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import bcrypt

from tests.asking import wait_until
from tests.harness import Options, Outcome, Skipped, run_checks
from tests.server import Vedette, import_openmetrics

_PASSWORDS: Final = {"root": "open-sesame-0", "alice": "open-sesame-1", "bob": "open-sesame-2"}
_SCRAPE_SECRETS: Final = ("hunter-basic", "hunter-bearer", "hunter-header", "hunter-proxy", "hunter-oauth")
_BCRYPT_COST: Final = 4
_SCRAPED_WITHIN_S: Final = 20.0
_ENDPOINTS: Final = (
    'query?query={owner=~".+"}',
    'query?query=count({__name__=~".+"}) by (__name__)',
    "query?query=red_secret or blue_secret",
    'query_range?query={owner=~".+"}&start=START&end=END&step=15',
    *("labels", "labels?match[]={owner!=''}", "label/__name__/values", "label/owner/values"),
    *("series?match[]={owner!=''}", "metadata", "targets/metadata", "query_exemplars?query=red_secret"),
    *("targets", "scrape_pools", "rules", "alerts", "alertmanagers", "features"),
    *("status/config", "status/flags", "status/runtimeinfo", "status/buildinfo", "status/tsdb"),
)


def run(options: Options) -> Iterable[Outcome]:
    if shutil.which("openssl") is None:
        raise Skipped("there is no openssl here to make a certificate")
    with tempfile.TemporaryDirectory() as name, _closed_server(Path(name)) as server:
        yield run_checks("security", CHECKS, server, Path(name))


@contextmanager
def _closed_server(folder: Path) -> Iterator[Vedette]:
    """TLS and users; each of two tenants owns a series that the other must not see."""
    certificate = _make_certificate(folder)
    tls = {"cert_file": "cert.pem", "key_file": "key.pem"}
    users = {name: bcrypt.hashpw(word.encode(), bcrypt.gensalt(_BCRYPT_COST)) for name, word in _PASSWORDS.items()}
    named = {name: stored.decode() for name, stored in users.items()}
    (folder / "web.yml").write_text(json.dumps({"tls_server_config": tls, "basic_auth_users": named}))
    (folder / "tls-only.yml").write_text(json.dumps({"tls_server_config": tls}))
    (folder / "users-only.yml").write_text(json.dumps({"basic_auth_users": named}))
    (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": _jobs_with_secrets()}))
    tenants = {"alice": {"tenant": "red"}, "bob": {"tenant": "blue", "may_name": ["red"]}}
    (folder / "vedette.yml").write_text(json.dumps({"prometheus": "prometheus.yml", "tenants": tenants}))
    for tenant in ("red", "blue"):
        page = folder / f"{tenant}.om"
        page.write_text(f'{tenant}_secret{{owner="{tenant}_team"}} 1 {int(time.time())}\n# EOF\n')
        import_openmetrics(page, folder / "data", "--tenant", tenant)
    arguments = ("--config", str(folder / "vedette.yml"), "--web-config", str(folder / "web.yml"), "--no-node-job")
    with Vedette(
        folder / "data", *arguments, "--listen", "0.0.0.0:0", "--log-level", "debug", tls=certificate
    ) as server:
        assert server.url.startswith("https://0.0.0.0:"), server.url
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        server.wait_until_ready()
        yield server


def _make_certificate(folder: Path) -> ssl.SSLContext:
    """Self-signed, for 127.0.0.1; what is returned trusts it and nothing else."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(folder / "key.pem")]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command = ["openssl", "req", "-x509", *key, "-days", "2", *subject, "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def _jobs_with_secrets() -> list[dict[str, object]]:
    """All of them fail at once, so that their errors are seen too."""
    basic, bearer, header, proxy, oauth = _SCRAPE_SECRETS
    token_url = "http://127.0.0.1:1/token"
    own: tuple[dict[str, object], ...] = (
        {"basic_auth": {"username": "u", "password": basic}},
        {"authorization": {"credentials": bearer}},
        {"http_headers": {"X-Key": {"secrets": [header]}}},
        {"proxy_url": f"http://u:{proxy}@127.0.0.1:1"},
        {"oauth2": {"client_id": "c", "client_secret": oauth, "token_url": token_url}},
    )
    common = {"scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [{"targets": ["127.0.0.1:1"]}]}
    return [{"job_name": f"secret-{number}", **common, **each} for number, each in enumerate(own)]


def nobody_gets_in_without_a_password(server: Vedette, folder: Path) -> None:
    for path in ("/", "/metrics", "/federate?match[]=up", "/-/reload", *(f"/api/v1/{each}" for each in _asked())):
        status, body = server.get(path)
        assert status == 401, (path, status, body)
    for user, password in (("alice", "wrong"), ("alice", ""), ("nobody", "open-sesame-1"), ("", "")):
        status, body = server.get("/api/v1/labels", _authorization(user, password))
        assert status == 401, (user, status, body)


def users_get_in_with_theirs(server: Vedette, folder: Path) -> None:
    for user in _PASSWORDS:
        status, body = server.get("/api/v1/labels", _as(user))
        assert status == 200, (user, status, body)


def health_needs_no_password(server: Vedette, folder: Path) -> None:
    for path in ("/-/healthy", "/-/ready"):
        assert server.get(path)[0] == 200, path


def plain_http_and_other_certificates_are_not_served(server: Vedette, folder: Path) -> None:
    strangers = Vedette(folder / "unused", tls=ssl.create_default_context())
    for strangers.url in (server.url, server.url.replace("https", "http")):
        try:
            answer = strangers.get("/-/healthy", timeout_s=10)
        except (urllib.error.URLError, OSError):
            continue
        raise AssertionError(f"{strangers.url} answered {answer}")


def a_tenant_sees_only_its_own_at_every_endpoint(server: Vedette, folder: Path) -> None:
    for user, own, other in (("alice", "red", "blue"), ("bob", "blue", "red")):
        seen = 0
        for path in (*(f"/api/v1/{each}" for each in _asked()), "/federate?match[]={__name__=~'.%2B'}"):
            status, body = server.get(path, _as(user))
            assert status in (200, 403), (user, path, status, body)
            shown = body.decode().replace(urllib.parse.unquote(path), "")
            assert f'"{other}_secret"' not in shown and f"{other}_team" not in shown, (user, path, shown)
            seen += f"{own}_secret" in shown
        assert seen >= 8, (user, seen)


def a_tenant_is_named_only_by_those_who_may(server: Vedette, folder: Path) -> None:
    owners = {}
    for user, tenant in (("bob", "red"), ("root", "red"), ("root", "blue"), ("alice", "blue"), ("bob", "anonymous")):
        status, body = server.get("/api/v1/label/owner/values", {**_as(user), "X-Scope-OrgID": tenant})
        owners[user, tenant] = json.loads(body)["data"] if status == 200 else status
    assert owners == {
        ("bob", "red"): ["red_team"],
        ("root", "red"): ["red_team"],
        ("root", "blue"): ["blue_team"],
        ("alice", "blue"): 403,
        ("bob", "anonymous"): 403,
    }, owners


def secrets_are_shown_nowhere(server: Vedette, folder: Path) -> None:
    def all_failed() -> bool:
        targets = json.loads(server.get("/api/v1/targets", _as("root"))[1])["data"]["activeTargets"]
        return len(targets) == len(_SCRAPE_SECRETS) and all(target["lastError"] for target in targets)

    assert wait_until(all_failed, _SCRAPED_WITHIN_S), server.log_end()
    status, body = server.get("/api/v1/status/config", _as("root"))
    assert status == 200 and b"<secret>" in body, (status, body)
    hashes = json.loads((folder / "web.yml").read_text())["basic_auth_users"].values()
    for path in ("/metrics", *(f"/api/v1/{each}" for each in _asked())):
        shown = server.get(path, _as("root"))[1].decode()
        for secret in (*_SCRAPE_SECRETS, *_PASSWORDS.values(), *hashes):
            assert secret not in shown, (path, secret)
            assert secret not in server.log_end(), secret


def a_public_address_without_tls_and_users_is_refused(server: Vedette, folder: Path) -> None:
    for web, missing in (((), "TLS and users"), (("tls-only.yml",), "users"), (("users-only.yml",), "TLS")):
        arguments = [f"--web-config={folder / name}" for name in web]
        try:
            Vedette(folder / "refused", "--listen", "0.0.0.0:0", *arguments).start().stop()
        except RuntimeError as refusal:
            assert f"refusing to listen off loopback without {missing}: 0.0.0.0:0" in str(refusal), refusal
            assert "hint: give --web-config=FILE" in str(refusal), refusal
        else:
            raise AssertionError(f"it listens without {missing}")


def _asked() -> list[str]:
    now = int(time.time())
    paths = [path.replace("START", str(now - 60)).replace("END", str(now)) for path in _ENDPOINTS]
    return [urllib.parse.quote(path, safe="/?&=") for path in paths]


def _as(user: str) -> dict[str, str]:
    return _authorization(user, _PASSWORDS[user])


def _authorization(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


CHECKS: Final = (
    nobody_gets_in_without_a_password,
    users_get_in_with_theirs,
    health_needs_no_password,
    plain_http_and_other_certificates_are_not_served,
    a_tenant_sees_only_its_own_at_every_endpoint,
    a_tenant_is_named_only_by_those_who_may,
    secrets_are_shown_nowhere,
    a_public_address_without_tls_and_users_is_refused,
)
