from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.time import format_duration, parse_duration_ms


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("25h", "1d1h"),
        ("36h", "1d12h"),
        ("24h1ms", "1d1ms"),
        ("1y1s", "365d1s"),
        ("1w1d", "8d"),
        ("7d1s", "7d1s"),
        ("52w", "52w"),
        ("1y2w", "379d"),
        ("365d", "1y"),
        ("59m60s", "1h"),
        ("0", "0s"),
    ],
)
def test_years_and_weeks_are_written_only_where_they_fit_exactly(text: str, written: str) -> None:
    assert format_duration(parse_duration_ms(text)) == written


@given(st.integers(0, 1 << 40))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    assert parse_duration_ms(format_duration(milliseconds)) == milliseconds
