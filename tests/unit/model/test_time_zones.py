"""Time zones are found as Go finds them."""

from __future__ import annotations

from datetime import datetime

import pytest

from vedette.model import time_zones
from vedette.model.errors import BadInput
from vedette.model.time_zones import load_zone

NOON = datetime(2026, 7, 1, 12)


@pytest.fixture(autouse=True)
def forget_the_local_zone():
    yield
    time_zones._local_zone.cache_clear()


@pytest.mark.parametrize(("named", "hours"), [("Asia/Shanghai", 8), (":Asia/Shanghai", 8), ("", 0), ("Nowhere", 0)])
def test_local_is_the_zone_of_the_machine(named: str, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", named)
    time_zones._local_zone.cache_clear()
    assert NOON.replace(tzinfo=load_zone("Local")).utcoffset().total_seconds() == hours * 3600  # type: ignore[union-attr]


def test_local_is_written_as_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time_zones._local_zone.cache_clear()
    assert (str(load_zone("Local")), str(load_zone("")), str(load_zone("Asia/Tokyo"))) == ("Local", "UTC", "Asia/Tokyo")


@pytest.mark.parametrize("name", ["local", "utc", "Asia", "../UTC", "Europe/Nowhere", "/etc/localtime"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="unknown time zone"):
        load_zone(name)
