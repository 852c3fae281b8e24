"""The 18 scenarios of Alertmanager's acceptance suites without a timeline, as steps against real servers of ours.

Source: alertmanager test/with_api_v2/acceptance/{api,silence,utf8,web}_test.go, test/cli/acceptance/cli_test.go, 0.34.
Each function is one scenario; `Servers` are made once for all.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.alertmanager import ask, post_alerts, run_amtool, send
from tests.server import Vedette
from vedette.alerting.alerts import fingerprint, format_fingerprint
from vedette.model.labels import Labels

CONFIG: Final = """
route: {receiver: default, group_by: [], group_wait: 1s, group_interval: 10m, repeat_interval: 1h}
receivers: [{name: default}]
inhibit_rules:
- {source_match: {severity: critical}, target_match: {severity: warning}, equal: [alertname]}
"""
SMILE: Final = "🙂"


@dataclass(slots=True)
class Servers:
    """`fresh` is emptied between scenarios by starting it anew."""

    folder: Path
    stack: ExitStack
    made: int = 0

    def start(self, *arguments: str) -> Vedette:
        self.made += 1
        config = self.folder / "alertmanager.yml"
        config.write_text(CONFIG)
        jobs = self.folder / "prometheus.yml"
        jobs.write_text("global: {scrape_interval: 1h}\n")
        data = self.folder / f"data-{self.made}"
        own = ("--no-node-job", f"--config={jobs}", f"--alertmanager.config={config}")
        return self.stack.enter_context(Vedette(data, *own, *arguments))


@dataclass(frozen=True, slots=True)
class Cast:
    """The servers that the scenarios share: each scenario uses names of its own."""

    plain: Vedette
    classic: Vedette
    prefixed: Vedette


def new_cast(stack: ExitStack) -> Cast:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-steps-")))
    servers = Servers(folder, stack)
    return Cast(
        servers.start(), servers.start("--enable-feature=classic-mode"), servers.start("--web.route-prefix=/foo")
    )


def _now(seconds: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def _alert(labels: Mapping[str, str]) -> dict[str, Any]:
    return {"labels": labels, "startsAt": _now(), "endsAt": _now(300)}


def _silence(name: str, value: str, **fields: Any) -> dict[str, Any]:
    matcher = {"name": name, "value": value, "isRegex": False, "isEqual": True}
    times = {"startsAt": _now(), "endsAt": _now(86_400)}
    return {"matchers": [matcher], **times, "createdBy": "test", "comment": "test", **fields}


def _of(server: Vedette, *filters: str) -> dict[str, Any]:
    """Alerts by fingerprint."""
    return {one["fingerprint"]: one for one in ask(server, "/alerts", filter=filters)}


def _fingerprint(labels: Mapping[str, str]) -> str:
    return format_fingerprint(fingerprint(Labels.of(labels)))


def add_alerts(cast: Cast) -> None:
    post_alerts(cast.classic, [_alert({"a": "b", "b": "Σ", "c": SMILE, "d": "eΘ"})])


def an_alert_shows_its_current_status(cast: Cast) -> None:
    server = cast.plain
    target = {"alertname": "status", "severity": "warning"}
    source = {"alertname": "status", "severity": "critical"}
    name = "alertname=status"
    post_alerts(server, [_alert(target)])
    assert [one["status"]["state"] for one in _of(server, name).values()] == ["active"]
    time.sleep(2)  # past group_wait, so that no flush refreshes anything
    _, made = send(server, "POST", "/silences", _silence("alertname", "status"))
    silence_id = made["silenceID"]
    (shown,) = _of(server, name).values()
    assert (shown["status"]["state"], shown["fingerprint"]) == ("suppressed", _fingerprint(target))
    assert shown["status"]["silencedBy"] == [silence_id]
    post_alerts(server, [_alert(source)])
    both = _of(server, name)
    assert all(one["status"]["silencedBy"] == [silence_id] for one in both.values())
    assert both[_fingerprint(target)]["status"]["inhibitedBy"] == [_fingerprint(source)]
    assert send(server, "DELETE", f"/silence/{silence_id}")[0] == 200
    both = _of(server, name)
    assert all(one["status"]["silencedBy"] == [] for one in both.values())
    assert both[_fingerprint(source)]["status"]["state"] == "active"
    assert both[_fingerprint(target)]["status"]["state"] == "suppressed"


def alerts_are_filtered(cast: Cast) -> None:
    post_alerts(
        cast.plain,
        [_alert({"alertname": "filtered", "severity": "warning"}), _alert({"system": "foo", "severity": "critical"})],
    )
    found = _of(cast.plain, "alertname=filtered", "severity=warning")
    assert [one["status"]["state"] for one in found.values()] == ["active"]


def add_silence(cast: Cast) -> None:
    status, made = send(cast.classic, "POST", "/silences", _silence("foo", "bar"))
    assert status == 200 and made["silenceID"]


def add_utf8_alerts(cast: Cast) -> None:
    labels = {"a": "a", "00": "b", "Σ": "c", SMILE: "dΘ"}
    post_alerts(cast.plain, [_alert(labels)])
    filters = ("00=b", "Σ=c", '"\\xf0\\x9f\\x99\\x82"=dΘ')
    assert [one["labels"] for one in _of(cast.plain, *filters).values()] == [labels]
    (group,) = ask(cast.plain, "/alerts/groups", filter=filters)
    assert [one["labels"] for one in group["alerts"]] == [labels]


def utf8_alerts_are_refused_in_classic_mode(cast: Cast) -> None:
    status, answer = send(cast.classic, "POST", "/alerts", [_alert({"a": "a", "00": "b", "Σ": "c"})])
    assert status == 400 and "invalid label set" in answer


def add_utf8_silences(cast: Cast) -> None:
    silence = _silence("fooΣ", f"bar{SMILE}")
    assert send(cast.plain, "POST", "/silences", silence)[0] == 200
    (shown,) = ask(cast.plain, "/silences", filter=f"fooΣ=bar{SMILE}")
    assert shown["matchers"] == silence["matchers"]


def utf8_silences_are_refused_in_classic_mode(cast: Cast) -> None:
    status, answer = send(cast.classic, "POST", "/silences", _silence("fooΣ", "bar"))
    assert status == 400 and "invalid silence: invalid label matcher" in answer


def everything_is_under_the_prefix(cast: Cast) -> None:
    assert cast.prefixed.url.endswith("/foo")
    assert ask(cast.prefixed, "/status")["cluster"]["status"] == "disabled"
    outside = Vedette.__new__(Vedette)
    outside.url, outside.tls = cast.prefixed.url.removesuffix("/foo"), None
    assert outside.get("/api/v2/status")[0] == 404


def amtool_has_a_version(cast: Cast) -> None:
    done = run_amtool("--version")
    assert done.returncode == 0 and "amtool" in done.stdout + done.stderr


def amtool_queries_alerts(cast: Cast) -> None:
    names = ("query1", "alertname=query2", "{alertname=query3}")
    for name in names:
        done = run_amtool("alert", "add", f'alertname="{name}"', "kind=query", server=cast.plain)
        assert done.returncode == 0, done.stderr
    assert _amtool_alerts(cast, "kind=query") == sorted(names)
    assert _amtool_alerts(cast, "query1") == ["query1"]
    assert _amtool_alerts(cast, "alertname=query1") == ["query1"]
    assert _amtool_alerts(cast, 'alertname="{alertname=query3}"') == ["{alertname=query3}"]


def _amtool_alerts(cast: Cast, *matchers: str) -> list[str]:
    done = run_amtool("--output=json", "alert", "query", *matchers, server=cast.plain)
    assert done.returncode == 0, done.stderr
    return sorted(one["labels"]["alertname"] for one in json.loads(done.stdout))


def amtool_queries_silences(cast: Cast) -> None:
    for name in ("sils1", "alertname=sils2", "alertname={alertname=sils3}"):
        quoted = name if "{" not in name else 'alertname="{alertname=sils3}"'
        _amtool_silence(cast, quoted, "severity=warn")
    values = [_values(silence) for silence in _amtool_silences(cast, "severity=warn")]
    assert sorted(values) == [["sils1", "warn"], ["sils2", "warn"], ["{alertname=sils3}", "warn"]]
    assert [_values(silence) for silence in _amtool_silences(cast, "sils1")] == [["sils1", "warn"]]


def _amtool_silence(cast: Cast, *matchers: str) -> str:
    options = ("--duration=1h", "--author=test", "--comment=test")
    done = run_amtool("silence", "add", *options, *matchers, server=cast.plain)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _amtool_silences(cast: Cast, *arguments: str) -> list[dict[str, Any]]:
    done = run_amtool("--output=json", "silence", "query", *arguments, server=cast.plain)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def _values(silence: Mapping[str, Any]) -> list[str]:
    return [matcher["value"] for matcher in silence["matchers"]]


def amtool_shows_routes(cast: Cast) -> None:
    done = run_amtool("config", "routes", "show", server=cast.plain)
    assert done.returncode == 0 and "receiver: default" in done.stdout, done


def amtool_tests_routes(cast: Cast) -> None:
    done = run_amtool("config", "routes", "test", "alertname=a", server=cast.plain)
    assert (done.returncode, done.stdout.strip()) == (0, "default"), done
    bad = run_amtool("config", "routes", "test", "{foo=bar}", server=cast.plain)
    assert bad.returncode == 1
    assert "Failed to parse labels: unexpected open or close brace: {foo=bar}" in bad.stderr + bad.stdout


def amtool_imports_silences(cast: Cast) -> None:
    made = [_amtool_silence(cast, f"alertname=import{number}", "kind=import") for number in (1, 2)]
    exported = run_amtool("--output=json", "silence", "query", "kind=import", server=cast.plain).stdout
    for silence_id in made:
        assert run_amtool("silence", "expire", silence_id, server=cast.plain).returncode == 0
    expired = _amtool_silences(cast, "--expired", "kind=import")
    assert sorted(one["id"] for one in expired) == sorted(made)
    assert all(datetime.fromisoformat(one["endsAt"]) <= datetime.now(UTC) for one in expired)
    done = _import(cast, exported)
    assert done.returncode == 0, done.stderr
    assert len(_amtool_silences(cast, "kind=import")) >= 2


def _import(cast: Cast, text: str) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(text)
        file.flush()
        return run_amtool("silence", "import", file.name, server=cast.plain)


def amtool_imports_no_broken_json(cast: Cast) -> None:
    done = _import(cast, '[{"broken": "json"')
    assert done.returncode != 0 and "couldn't unmarshal" in done.stdout + done.stderr


def amtool_imports_no_wrong_silence(cast: Cast) -> None:
    zero = "0001-01-01T00:00:00.000Z"
    done = _import(cast, json.dumps([_silence("alertname", "test", startsAt=zero, endsAt=zero)]))
    assert done.returncode != 0
    assert "couldn't import 1 out of 1 silences" in done.stdout + done.stderr, done


def amtool_imports_the_silences_that_are_right(cast: Cast) -> None:
    right = [_silence("alertname", f"partial{number}") for number in (1, 3, 5)]
    wrong = [_silence("alertname", f"partial{number}", startsAt=_now(14_400), endsAt=_now()) for number in (2, 4)]
    mixed = [right[0], wrong[0], right[1], wrong[1], right[2]]
    done = _import(cast, json.dumps(mixed))
    assert done.returncode != 0
    assert "couldn't import 2 out of 5 silences" in done.stdout + done.stderr, done


SCENARIOS: Final[tuple[Callable[[Cast], None], ...]] = (
    *(add_alerts, an_alert_shows_its_current_status, alerts_are_filtered),
    add_silence,
    *(add_utf8_alerts, utf8_alerts_are_refused_in_classic_mode),
    *(add_utf8_silences, utf8_silences_are_refused_in_classic_mode),
    everything_is_under_the_prefix,
    *(amtool_has_a_version, amtool_queries_alerts, amtool_queries_silences),
    *(amtool_shows_routes, amtool_tests_routes),
    *(amtool_imports_silences, amtool_imports_no_broken_json),
    *(amtool_imports_no_wrong_silence, amtool_imports_the_silences_that_are_right),
)
