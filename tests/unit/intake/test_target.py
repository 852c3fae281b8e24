"""From discovered labels to a target: defaults, relabelling, what is refused, its URL and its place in the interval."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.intake.scraping import config
from vedette.intake.target import (
    TARGETS_TOGETHER,
    Target,
    TargetId,
    build_target,
    discovered_labels,
    next_offset_ms,
    start_slots,
)
from vedette.model.errors import BadInput


def build(job_text: str = "", own: dict[str, str] | None = None, group: dict[str, str] | None = None) -> Target | None:
    job = config(job_text, "unused:1").jobs[0]
    return build_target(job, job.target_rules(), discovered_labels(job, own or {"__address__": "a"}, group))


def built(job_text: str = "", own: dict[str, str] | None = None, group: dict[str, str] | None = None) -> Target:
    target = build(job_text, own, group)
    assert target is not None
    return target


def test_instance_and_job_are_filled_in_and_no_port_is_added() -> None:
    target = built()
    assert dict(target.public_labels) == {"instance": "a", "job": "x"}
    assert target.url == "http://a/metrics"


def test_the_target_s_labels_win_over_the_group_s_and_both_over_the_job_s() -> None:
    own = {"__address__": "a", "job": "own", "instance": "named"}
    target = built(own=own, group={"job": "group", "dc": "eu", "__scheme__": "https"})
    assert dict(target.public_labels) == {"instance": "named", "job": "own", "dc": "eu"}
    assert target.url == "https://a/metrics"


def test_internal_labels_shape_the_request() -> None:
    own = {"__address__": "a:1", "__metrics_path__": "/x y", "__param_module": "http 2xx", "__scrape_interval__": "3s"}
    target = built("params: {module: [a, b], q: ['1']}\nscrape_timeout: 2s", own)
    assert target.url == "http://a:1/x%20y?module=http+2xx&module=b&q=1"
    assert (target.interval_ms, target.timeout_ms) == (3000, 2000)


def test_meta_labels_do_not_outlive_relabelling() -> None:
    rules = "relabel_configs: [{source_labels: [__meta_zone], target_label: zone}]"
    target = built(rules, {"__address__": "a", "__meta_zone": "z", "__tmp": "t"})
    assert target.public_labels.get("zone") == "z"
    assert target.labels.get("__meta_zone") == ""
    assert target.labels.get("__tmp") == "t"


def test_a_target_that_relabelling_drops_is_none() -> None:
    assert build("relabel_configs: [{source_labels: [__address__], regex: a, action: drop}]") is None


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"__address__": ""}, "no address"),
        ({"__address__": "http://a"}, '"http://a" is not a valid hostname'),
        ({"__address__": "a", "__scrape_interval__": "x"}, "error parsing scrape interval: not a valid duration"),
        ({"__address__": "a", "__scrape_interval__": "0s"}, "scrape interval cannot be 0"),
        ({"__address__": "a", "__scrape_timeout__": "0s"}, "scrape timeout cannot be 0"),
        (
            {"__address__": "a", "__scrape_interval__": "5s"},
            'scrape timeout cannot be greater than scrape interval ("10s" > "5s")',
        ),
        ({"__address__": "a", "__scrape_native_histograms__": "maybe"}, "error parsing scrape native histograms"),
        ({"__address__": "a", "x": "\udcff"}, 'invalid label value for "x": "\\xff"'),
    ],
)
def test_what_cannot_be_scraped_is_refused(own: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        build(own=own, job_text="relabel_configs: [{action: labeldrop, regex: nothing}]")
    assert caught.value.message.startswith(message)


def test_targets_are_told_apart_by_labels_and_url() -> None:
    same = {built().id, built().id}
    other = {built("metrics_path: /other").id, built(own={"__address__": "b"}).id, built("params: {a: [b]}").id}
    assert (len(same), len(same | other)) == (1, 4)
    assert built().identity == built("scrape_interval: 20s").identity


BIG = st.integers(0, (1 << 64) - 1)


@given(BIG, BIG, st.integers(1, 10**8), st.integers(0, 10**14), st.sampled_from([16, 64, 1024]))
def test_a_target_has_one_place_within_its_interval(
    target: int, seed: int, interval_ms: int, now_ms: int, slots: int
) -> None:
    wait = next_offset_ms(TargetId(target), seed, interval_ms, now_ms, slots)
    assert 0 <= wait < interval_ms
    later = now_ms + interval_ms // 3
    assert (
        now_ms + wait - later - next_offset_ms(TargetId(target), seed, interval_ms, later, slots)
    ) % interval_ms == 0


def test_targets_are_spread_over_the_slots_of_an_interval_and_a_few_share_one() -> None:
    generator = random.Random(1)
    for n_targets in (1, 100, 5_000):
        slots = start_slots(n_targets)
        places = Counter(
            next_offset_ms(TargetId(generator.getrandbits(64)), 0, 15_000, 0, slots) for _ in range(n_targets)
        )
        assert set(places) <= {slot * 15_000 // slots for slot in range(slots)}
        assert max(places.values()) <= 4 * TARGETS_TOGETHER
    assert [start_slots(n) for n in (0, 128, 136, 5_000)] == [16, 16, 32, 1024]
