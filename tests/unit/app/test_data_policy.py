"""retention, rollups and limits of vedette.yml: what they mean, and what a mistake is told."""

from __future__ import annotations

import pytest

from vedette.app.data_policy import DEFAULT_ROLLUPS, DataPolicy, read_policy
from vedette.model.errors import ConfigError
from vedette.model.limits import SeriesLimits

DAY = 86_400_000


def policy_of(tmp_path, text):
    file = tmp_path / "vedette.yml"
    file.write_text(text)
    return read_policy(file)


def test_without_the_sections_the_defaults_hold(tmp_path):
    assert read_policy(None) == policy_of(tmp_path, "data: here\n") == DataPolicy()
    assert DataPolicy().rollups == DEFAULT_ROLLUPS == {"5m": 90 * DAY, "1h": 730 * DAY}
    assert policy_of(tmp_path, "rollups: {}\n").rollups == {}


def test_rules_keep_their_order_and_have_rollups_of_their_own(tmp_path):
    policy = policy_of(
        tmp_path,
        """
retention:
  - match: '{__name__=~"kubelet_.*"}'
    keep: 7d
  - match: [up, '{__name__=~"slo:.*", job!="x"}']
    keep: 2y
    rollups: {1h: 10y}
rollups: {5m: 30d}
""",
    )
    assert [rule.text for rule in policy.rules] == [
        '{__name__=~"kubelet_.*"}',
        '{__name__="up"}',
        '{__name__=~"slo:.*",job!="x"}',
    ]
    assert [rule.keep_ms for rule in policy.rules] == [7 * DAY, 730 * DAY, 730 * DAY]
    assert [rule.rollups for rule in policy.rules] == [{}, {"1h": 3650 * DAY}, {"1h": 3650 * DAY}]
    assert policy.rollups == {"5m": 30 * DAY}


def test_limits_may_differ_for_some(tmp_path):
    policy = policy_of(tmp_path, "limits: {series_per_tenant: 10, tenants: {a: 5}, jobs: {noisy: 2}}\n")
    assert policy.limits == SeriesLimits(10, 0, {"a": 5}, {"noisy": 2})


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("retention:\n- match: up\n", 2, "retention[0]", "a retention rule needs `keep`"),
        ("retention:\n- keep: 1d\n", 2, "retention[0]", "a retention rule needs `match`"),
        ("retention:\n- {match: up, keep: soon}\n", 2, "retention[0].keep", 'not a valid duration string: "soon"'),
        ("retention:\n- {match: up, keep: 0}\n", 2, "retention[0].keep", "must be longer than 0: 0"),
        ("retention:\n- {match: 'slo:.*', keep: 1d}\n", 2, "retention[0].match", "parse error"),
        ("retention:\n- {match: [], keep: 1d}\n", 2, "retention[0].match", "no selector is given"),
        ("retention:\n- {match: up, keeep: 1d}\n", 2, "retention[0]", "unknown key `keeep`"),
        ("retention: 7d\n", 1, "retention", "cannot unmarshal"),
        ("retention:\n- {match: up, keep: 1d}\n- {match: up, keep: 2d}\n", 3, "retention[1]", "a rule above matches"),
        ("rollups: {7m: 1d}\n", 1, "rollups", "unknown key `7m`"),
        ("limits: {series_per_job: many}\n", 1, "limits.series_per_job", "not a whole number: many"),
        ("limits: {jobs: {a: -1}}\n", 1, "limits.jobs.a", "not a whole number: -1"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, line, key, message):
    with pytest.raises(ConfigError) as refused:
        policy_of(tmp_path, text)
    assert (refused.value.line, refused.value.key) == (line, key)
    assert message in refused.value.message
