"""The timelines of the reference's acceptance suites, in virtual time."""

from __future__ import annotations

import pytest

from tests.alert_timelines_virtual import run_timeline
from tests.conformance.alertmanager_timelines import TIMELINES


@pytest.mark.parametrize("timeline", TIMELINES, ids=lambda timeline: timeline.name)
def test_notifications_come_when_the_references_suite_expects_them(timeline):
    assert run_timeline(timeline) == []
