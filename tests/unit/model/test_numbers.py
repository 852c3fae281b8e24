"""Numbers in texts that clients compare are written as Go writes them."""

from __future__ import annotations

import pytest

from vedette.model.numbers import format_fixed, format_general


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100_000.0, "100000"),
        (1_000_000.0, "1e+06"),
        (123_456_789.0, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2.5, "-2.5"),
        (float("inf"), "+Inf"),
    ],
)
def test_the_shortest_general_form_takes_an_exponent_below_1e_4_and_from_1e6_on(value: float, text: str) -> None:
    assert format_general(value) == text


def test_the_fixed_form_never_takes_an_exponent() -> None:
    assert [format_fixed(value) for value in (1e22, 1.5e-7, -0.0)] == [
        "10000000000000000000000",
        "0.00000015",
        "-0",
    ]
