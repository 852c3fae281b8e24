"""The texts of numbers in answers, held to `repr` (same shortest digits) and to Go's strconv rules for the form."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.kernels.json_numbers import FLOAT_BYTES_MAX, format_floats, format_general
from vedette.kernels.json_rows import Texts, times_as_rows, write_samples, write_steps


def go_text(value: float) -> str:
    """strconv.FormatFloat(value, 'f' or 'e', -1, 64) as MarshalFloat chooses, from the digits of `repr`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    stripped = text.rstrip("0") or "0"
    exponent += len(text) - len(stripped)
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        power = len(stripped) + exponent - 1
        fraction = f".{stripped[1:]}" if len(stripped) > 1 else ""
        body = f"{stripped[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    else:
        body = format(Decimal((0, tuple(map(int, stripped)), exponent)) if value else Decimal(0), "f")
    return ("-" if sign else "") + body


def time_text(time_ms: int) -> str:
    whole, rest = divmod(abs(time_ms), 1000)
    return ("-" if time_ms < 0 else "") + str(whole) + (f".{rest:03d}" if rest else "")


def assert_texts(values: np.ndarray) -> None:
    texts = format_floats(values)
    wrong = [
        (value, text, go_text(value))
        for value, text in zip(values.tolist(), texts, strict=True)
        if text != go_text(value)
    ]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (1e-6, "0.000001"),
        (9.999e-7, "9.999e-07"),
        (1e-7, "1e-07"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_a_value_is_printed_as_the_reference_prints_it(value: float, text: str) -> None:
    assert format_floats(np.array([value])) == [text]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (100.0, "100"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (1.5e-4, "0.00015"),
        (1e-5, "1e-05"),
        (12.25, "12.25"),
    ],
)
def test_a_text_page_has_the_general_form(value: float, text: str) -> None:
    assert format_general(np.array([value, -value])) == [text, f"-{text}"]


def test_every_power_of_two_and_its_neighbours() -> None:
    powers = np.ldexp(1.0, np.arange(-1074, 1024))
    assert_texts(np.concatenate([powers, np.nextafter(powers, np.inf), np.nextafter(powers, 0.0), -powers]))


def test_integers_around_the_edge_of_exactness() -> None:
    edge = np.arange(2**53 - 500, 2**53 + 1000).astype(np.float64)
    assert_texts(np.concatenate([edge, np.arange(-1000, 1000).astype(np.float64), edge * 1000, edge / 1000]))


def test_decimals_of_every_length_come_back_as_written() -> None:
    written = np.array(
        [
            float(f"{digits}e{power}")
            for digits in (1, 9, 12, 123, 98765, 99999999, 123456789012)
            for power in range(-30, 25)
        ]
    )
    assert_texts(written)


def test_two_hundred_thousand_random_bit_patterns() -> None:
    rng = np.random.default_rng(7)
    patterns = rng.integers(0, 2**64, 120_000, dtype=np.uint64).view(np.float64)
    subnormal = rng.integers(0, 2**52, 30_000, dtype=np.uint64).view(np.float64)
    common = rng.random(30_000) * 10.0 ** rng.integers(-12, 24, 30_000)
    rounded = np.round(rng.random(20_000) * 1e5, 3)
    assert_texts(np.concatenate([patterns, subnormal, common, rounded]))


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=300, deadline=None)
def test_the_text_reads_back_as_the_same_float_and_fits(value: float) -> None:
    (text,) = format_floats(np.array([value]))
    assert float(text) == value and math.copysign(1, float(text)) == math.copysign(1, value)
    assert len(text) <= FLOAT_BYTES_MAX


@given(st.integers(-(2**60), 2**60))
@settings(max_examples=200, deadline=None)
def test_a_time_is_seconds_with_three_decimals_only_where_needed(time_ms: int) -> None:
    assert times_as_rows(np.array([time_ms])).data.tobytes() == f'[{time_text(time_ms)},"'.encode()


def series_twin(heads: list[bytes], rows: list[list[tuple[int, float]]], tail: bytes) -> bytes:
    """The plain Python twin of both writers."""
    written = b""
    for head, points in zip(heads, rows, strict=True):
        if points:
            texts = [f'[{time_text(time_ms)},"{go_text(value)}"]' for time_ms, value in points]
            written += head + ",".join(texts).encode() + tail
    return written


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_steps_are_written_as_the_twin_writes_them(data: st.DataObject) -> None:
    n, steps = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6))
    values = np.array(data.draw(st.lists(st.floats(), min_size=n * steps, max_size=n * steps))).reshape(n, steps)
    present = np.array(data.draw(st.lists(st.booleans(), min_size=n * steps, max_size=n * steps))).reshape(n, steps)
    times_ms = np.array(data.draw(st.lists(st.integers(-(10**13), 10**13), min_size=steps, max_size=steps)))
    heads = [b"<%d>[" % series for series in range(n)]
    rows = [[(int(times_ms[j]), float(values[i, j])) for j in range(steps) if present[i, j]] for i in range(n)]
    written = bytes(write_steps(Texts.of(heads), times_as_rows(times_ms), values, present, b"]},"))
    assert written == series_twin(heads, rows, b"]},")


@given(st.lists(st.lists(st.tuples(st.integers(0, 2**41), st.floats()), max_size=5), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_samples_with_their_own_times_are_written_as_the_twin_writes_them(rows: list[list[tuple[int, float]]]) -> None:
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    times_ms = np.array([time_ms for points in rows for time_ms, _ in points], np.int64)
    values = np.array([value for points in rows for _, value in points], np.float64)
    heads = [b"<%d>[" % series for series in range(len(rows))]
    written = bytes(write_samples(Texts.of(heads), offsets, times_ms, values, b"]},"))
    assert written == series_twin(heads, rows, b"]},")


def test_an_answer_of_many_series_is_json() -> None:
    n, steps = 50, 40
    heads = Texts.of([b'{"metric":{"i":"%d"},"values":[' % i for i in range(n)])
    values = np.random.default_rng(1).random((n, steps))
    written = write_steps(heads, times_as_rows(np.arange(steps) * 15_000), values, values > 0.5, b"]},")
    series = json.loads(b"[" + bytes(written[:-1]) + b"]")
    assert len(series) == n
    assert float(series[3]["values"][0][1]) in values[3]
