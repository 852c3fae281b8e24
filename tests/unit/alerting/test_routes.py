"""The routing tree: which routes an alert takes, what they inherit, how they are named."""

from __future__ import annotations

import pytest

from vedette.alerting.matchers import MatcherMode
from vedette.alerting.routing.routes import RouteSpec, build_routes, group_key
from vedette.model.labels import Labels


def spec(receiver=None, *matchers, **fields):
    parsed = tuple(MatcherMode.FALLBACK.matcher(text, "test") for text in matchers)
    return RouteSpec(receiver=receiver, matchers=parsed, **fields)


# dispatch/route_test.go: TestRouteMatch
TREE = build_routes(
    spec(
        "notify-def",
        routes=(
            spec(
                "notify-A",
                'owner="team-A"',
                routes=(
                    spec("notify-testing", 'env="testing"', group_by=("...",)),
                    spec("notify-productionA", 'env="production"', group_wait_ms=60_000, continues=True),
                    spec("notify-productionB", 'env=~"produ.*"', group_wait_ms=30_000, group_interval_ms=300_000),
                ),
            ),
            spec("notify-BC", 'owner=~"team-(B|C)"', group_by=("foo", "bar"), group_wait_ms=60_000),
            spec(None, 'group_by="role"', group_by=("role",), routes=(spec(None, 'env="testing"', group_by=()),)),
        ),
    )
)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"owner": "team-A"}, ["notify-A"]),
        ({"owner": "team-A", "env": "unset"}, ["notify-A"]),
        ({"owner": "team-C"}, ["notify-BC"]),
        ({"owner": "team-A", "env": "testing"}, ["notify-testing"]),
        ({"owner": "team-A", "env": "production"}, ["notify-productionA", "notify-productionB"]),
        ({"group_by": "role"}, ["notify-def"]),
        ({"other": "x"}, ["notify-def"]),
    ],
)
def test_the_deepest_matching_routes_take_the_alert(labels, receivers):
    assert [route.options.receiver for route in TREE.match(labels)] == receivers


def test_a_route_inherits_what_it_does_not_say():
    (route,) = TREE.match({"group_by": "role", "env": "testing"})
    assert route.options.group_by == frozenset()
    (role,) = TREE.match({"group_by": "role", "env": "other"})
    assert role.options.group_by == {"role"}
    assert role.options.repeat_interval_ms == 4 * 3600_000
    first, second = TREE.match({"owner": "team-A", "env": "production"})
    assert (first.options.group_wait_ms, second.options.group_wait_ms) == (60_000, 30_000)


def test_grouping_by_everything_is_inherited_until_a_route_says_labels():
    tree = build_routes(
        spec("r", group_by=("...",), routes=(spec(None, "a=b", routes=(spec(None, "c=d", group_by=("c",)),)),))
    )
    labels = Labels.of(a="b", x="y")
    (route,) = tree.match(dict(labels))
    assert route.group_labels(labels) == labels
    (deeper,) = tree.match({"a": "b", "c": "d"})
    assert deeper.group_labels(Labels.of(a="b", c="d")) == Labels.of(c="d")


def test_time_intervals_are_not_inherited_and_labels_are_merged():
    tree = build_routes(
        spec(
            "r", mute_intervals=("night",), labels={"a": "1", "b": "2"}, routes=(spec(None, "x=y", labels={"b": "3"}),)
        )
    )
    (route,) = tree.match({"x": "y"})
    assert route.options.mute_intervals == ()
    assert route.options.labels == {"a": "1", "b": "3"}


def test_keys_hold_the_path_with_sorted_matchers():
    tree = build_routes(
        spec("r", routes=(spec(None, "b=2", 'a=~"1|0"', routes=(spec(None, '"x y"!=z'),)), spec(None, "b=2", "a=1")))
    )
    keys = [route.key for route in tree.walk()]
    assert keys == ["{}", '{}/{a=~"1|0",b="2"}', '{}/{a=~"1|0",b="2"}/{"x y"!="z"}', '{}/{a="1",b="2"}']
    assert [route.id for route in tree.walk()] == [
        "{}",
        '{}/{a=~"1|0",b="2"}/0',
        '{}/{a=~"1|0",b="2"}/0/{"x y"!="z"}/0',
        '{}/{a="1",b="2"}/1',
    ]
    assert [route.index for route in tree.walk()] == [3, 1, 0, 2]


def test_a_group_key_is_the_routes_and_the_groups_labels():
    (route,) = TREE.match({"owner": "team-C"})
    assert group_key(route, Labels.of(foo='x"y', bar="1")) == '{}/{owner=~"team-(B|C)"}:{bar="1", foo="x\\"y"}'
    assert group_key(TREE, Labels()) == "{}:{}"
