from __future__ import annotations

import base64
import gzip
from pathlib import Path

import cramjam
import pytest

from tests.unit.api.outside import NOW_MS, Caller, Reply, StoppedClock, principal_of, services
from tests.unit.wire import protobuf_pages as pb
from vedette.api.app import build_app
from vedette.api.receiving import pushgateway
from vedette.api.security import Access
from vedette.intake.receiving.pushgateway.gateway import PushFeeder, PushGateway
from vedette.intake.receiving.pushgateway.grouping import group_labels
from vedette.model.errors import BadInput
from vedette.model.limits import ReceiveLimits
from vedette.store.memory import MemoryStore

PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


class Outside:
    def __init__(self, folder: Path, limits: ReceiveLimits = ReceiveLimits(), *, admin: bool = False) -> None:
        self.clock = StoppedClock()
        self.store = MemoryStore(clock=self.clock)
        self.gateway = PushGateway(folder, self.clock, limits)
        self.feeder = PushFeeder(self.gateway, self.store, self.clock)
        everything = services(store=self.store, receive_limits=limits, access=Access(admin_enabled=admin))
        self.caller = Caller(build_app(everything, doors=pushgateway.routes(self.gateway)))

    def send(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Reply:
        data = body.encode() if isinstance(body, str) else body
        return self.caller.send(method, path, "", data, {name.replace("_", "-"): v for name, v in headers.items()})

    def page(self) -> list[str]:
        lines = self.caller.get("/metrics/push").text.splitlines()
        return [line for line in lines if "_time_seconds" not in line]

    def value_of(self, query: str) -> list[tuple[str, str]]:
        found = self.caller.get("/api/v1/query", {"query": query, "time": str(self.clock.now / 1000)}).json["data"][
            "result"
        ]
        return [(one["metric"].get("instance", ""), one["value"][1]) for one in found]


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path / "pushed")


def test_a_pushed_group_stands_on_the_page_with_its_labels(outside: Outside) -> None:
    reply = outside.send(
        "PUT", "/metrics/job/backup/instance/one", '# TYPE done gauge\n# HELP done Well.\ndone{a="b"} 3\n'
    )
    assert (reply.status, reply.text) == (200, "")
    assert outside.page() == ["# HELP done Well.", "# TYPE done gauge", 'done{a="b",instance="one",job="backup"} 3']
    times = [line for line in outside.caller.get("/metrics/push").text.splitlines() if line.startswith("push_")]
    assert times == [
        'push_failure_time_seconds{instance="one",job="backup"} 0',
        f'push_time_seconds{{instance="one",job="backup"}} {NOW_MS / 1000!r}',
    ]


def test_the_groups_labels_win_over_the_pushed_ones(outside: Outside) -> None:
    outside.send("POST", "/metrics/job/a/x/1", 'm{job="b",x="2",y="3"} 1\n')
    assert outside.page()[1:] == ['m{instance="",job="a",x="1",y="3"} 1']


def test_put_replaces_the_group_and_post_the_families_of_the_same_name(outside: Outside) -> None:
    outside.send("PUT", "/metrics/job/a", "one 1\ntwo 2\n")
    outside.send("POST", "/metrics/job/a", "two 3\nthree 4\n")
    assert [line.split()[-1] for line in outside.page() if line[0] != "#"] == ["1", "4", "3"]
    outside.send("PUT", "/metrics/job/a", "three 5\n")
    assert outside.page() == ["# TYPE three untyped", 'three{instance="",job="a"} 5']
    assert outside.send("DELETE", "/metrics/job/a").status == 202
    assert outside.page() == []
    assert outside.send("DELETE", "/metrics/job/a").status == 202


def test_an_empty_push_leaves_the_time_only(outside: Outside) -> None:
    assert outside.send("PUT", "/metrics/job/a", "").status == 200
    assert outside.page() == []
    assert len(outside.gateway.groups("anonymous")) == 1


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("rest", "job_is_base64", "labels"),
    [
        ("a", False, {"job": "a"}),
        ("a/", False, {"job": "a"}),
        ("a/x/1/y/2", False, {"job": "a", "x": "1", "y": "2"}),
        ("a/x/", False, {"job": "a", "x": ""}),
        (encoded("a/b"), True, {"job": "a/b"}),
        (encoded("a/b").rstrip("=") + "/path@base64/" + encoded("/var/tmp"), True, {"job": "a/b", "path": "/var/tmp"}),
        ("a/x@base64/=", False, {"job": "a", "x": ""}),
    ],
)
def test_the_path_names_the_group(rest: str, job_is_base64: bool, labels: dict[str, str]) -> None:
    assert group_labels(rest, job_is_base64=job_is_base64) == labels


@pytest.mark.parametrize(
    ("rest", "job_is_base64", "words"),
    [
        ("", False, "job name is required"),
        ("a/x", False, 'odd number of components in label string "/x"'),
        ("a/0x/1", False, 'improper label name "0x"'),
        ("a/__x/1", False, 'improper label name "__x"'),
        ("$", True, 'invalid base64 encoding in job name "$": illegal base64 data at input byte 0'),
        ("a/x@base64/b$", False, 'invalid base64 encoding for label x="b$": illegal base64 data at input byte 1'),
    ],
)
def test_a_path_that_names_no_group_is_refused(rest: str, job_is_base64: bool, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        group_labels(rest, job_is_base64=job_is_base64)
    assert refused.value.message == words


def test_slashes_come_through_base64(outside: Outside) -> None:
    outside.send("PUT", f"/metrics/job@base64/{encoded('a/b')}/path@base64/{encoded('/tmp')}", "m 1\n")
    assert outside.page()[1:] == ['m{instance="",job="a/b",path="/tmp"} 1']


@pytest.mark.parametrize("encoding", ["gzip", "snappy", ""])
def test_bodies_may_be_compressed(outside: Outside, encoding: str) -> None:
    body = b"m 1\n" * 1
    packed = {"gzip": gzip.compress(body), "snappy": bytes(cramjam.snappy.compress(body)), "": body}[encoding]
    assert outside.send("PUT", "/metrics/job/a", packed, content_encoding=encoding).status == 200
    assert outside.page()[1:] == ['m{instance="",job="a"} 1']


def test_delimited_protobuf_is_taken(outside: Outside) -> None:
    body = pb.family("c_total", pb.COUNTER, [pb.metric(pb.counter(3), {"a": "b"})])
    body += pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {0.5: 1}))])
    assert outside.send("PUT", "/metrics/job/a", body, content_type=PROTOBUF).status == 200
    assert outside.page() == [
        "# TYPE c_total counter",
        'c_total{a="b",instance="",job="a"} 3',
        "# TYPE h histogram",
        'h_count{instance="",job="a"} 5',
        'h_sum{instance="",job="a"} 2.5',
        'h_bucket{instance="",job="a",le="0.5"} 1',
        'h_bucket{instance="",job="a",le="+Inf"} 5',
    ]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", "m 1 1234\n", "pushed metrics must not have timestamps"),
        ("# TYPE m counter\nm 1\n", "# TYPE m gauge\nm 1\n", "collected metric m of type gauge is not a COUNTER"),
        ("", "m 1\nm 2\n", 'collected metric "m" {job="b"} was collected before with the same name and label values'),
        (
            "h_sum 1\n",
            '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
            'collected metric named "h_sum" collides with previously collected histogram named "h"',
        ),
    ],
)
def test_contradictions_are_refused_and_noted(outside: Outside, first: str, second: str, words: str) -> None:
    outside.send("PUT", "/metrics/job/a", first)
    before = outside.page()
    reply = outside.send("PUT", "/metrics/job/b", second)
    assert reply.status == 400
    assert reply.text == f"pushed metrics are invalid or inconsistent with existing metrics: {words}\n"
    assert outside.page() == before
    (group,) = (one for one in outside.gateway.groups("anonymous") if one.labels.get("job") == "b")
    assert group.seconds_of("push_failure_time_seconds") == NOW_MS / 1000
    assert not group.last_push_succeeded


@pytest.mark.parametrize("body", [b"m{ 1\n", b"m x\n", b"\xff\xff 1\n", b'm{a="\xff"} 1\n', b"# TYPE m nonsense\n"])
def test_what_is_no_page_is_refused(outside: Outside, body: bytes) -> None:
    reply = outside.send("POST", "/metrics/job/a", body)
    assert reply.status == 400 and reply.text.startswith("text format parsing error"), reply.text
    assert outside.gateway.groups("anonymous") == []


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"x", "gzip"), (b"xyz", "snappy"), (b"\xff\x06\x00\x00sNaPpX", "snappy")]
)
def test_what_cannot_be_inflated_is_refused(outside: Outside, body: bytes, encoding: str) -> None:
    assert outside.send("PUT", "/metrics/job/a", body, content_encoding=encoding).status == 400


def test_protobuf_is_refused_or_taken_whatever_its_bytes_are(outside: Outside) -> None:
    body = pb.family("c_total", pb.COUNTER, [pb.metric(pb.counter(3), {"a": "b"})])
    statuses = {
        outside.send("PUT", "/metrics/job/a", body[:n] + tail, content_type=PROTOBUF).status
        for n in range(len(body))
        for tail in (b"", b"\xff", b"\x00\x80")
    }
    assert statuses == {200, 400}


def test_groups_survive_a_restart(tmp_path: Path) -> None:
    Outside(tmp_path).send("PUT", "/metrics/job/a", '# HELP m \\\\ x\nm{a="\\"\\n"} 1.5\n')
    first = Outside(tmp_path)
    assert first.page() == ["# HELP m \\\\ x", "# TYPE m untyped", 'm{a="\\"\\n",instance="",job="a"} 1.5']
    first.send("DELETE", "/metrics/job/a")
    assert Outside(tmp_path).page() == []


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    Outside(tmp_path).send("PUT", "/metrics/job/a", "m 1\n")
    (tmp_path / "00.json").write_text("{")
    assert len(Outside(tmp_path).page()) == 2
    assert [path.name for path in tmp_path.glob("*.broken")] == ["00.broken"]


def test_groups_enter_the_store_and_leave_it_with_a_stale_marker(outside: Outside) -> None:
    outside.send("PUT", "/metrics/job/a/instance/one", "m 1\n")
    outside.send("PUT", "/metrics/job/b", "m 2\n", x_scope_orgid="other")
    outside.feeder.feed()
    assert outside.value_of("m") == [("one", "1")]
    outside.clock.now += 15_000
    outside.feeder.feed()
    assert outside.value_of("count_over_time(m[1m])") == [("one", "2")]
    outside.send("DELETE", "/metrics/job/a/instance/one")
    outside.clock.now += 15_000
    outside.feeder.feed()
    assert outside.value_of("m") == []
    assert len(outside.store.series(principal_of("other"), [()], 0, NOW_MS * 2)) > 0


def test_the_json_answers_are_the_pushgateways(outside: Outside) -> None:
    outside.send(
        "PUT", "/metrics/job/a", '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'
    )
    (group,) = outside.caller.get("/api/v1/metrics").json["data"]
    assert group["labels"] == {"job": "a"} and group["last_push_successful"] is True
    assert group["h"]["type"] == "HISTOGRAM"
    assert group["h"]["metrics"] == [
        {"labels": {"instance": "", "job": "a"}, "buckets": {"1": "1", "+Inf": "2"}, "sum": "3", "count": "2"}
    ]
    status = outside.caller.get("/api/v1/status").json["data"]
    assert set(status) == {"flags", "start_time", "build_information"}


def test_wiping_needs_the_admin_api(tmp_path: Path) -> None:
    closed, opened = Outside(tmp_path), Outside(tmp_path, admin=True)
    assert closed.send("PUT", "/api/v1/admin/wipe").status == 500
    opened.send("PUT", "/metrics/job/a", "m 1\n")
    assert opened.send("PUT", "/api/v1/admin/wipe").status == 202
    assert opened.page() == [] and Outside(tmp_path).page() == []


def test_pushed_samples_are_bounded(tmp_path: Path) -> None:
    outside = Outside(tmp_path, ReceiveLimits(pushed_samples_max=5))
    assert outside.send("PUT", "/metrics/job/a", "m 1\n").status == 200
    assert outside.send("PUT", "/metrics/job/b", "m 1\nn 1\n").status == 413
    assert len(outside.gateway.groups("anonymous")) == 1
