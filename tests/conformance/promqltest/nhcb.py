"""load_with_nhcb: the classic histograms of a load, again as native ones with custom buckets."""

from __future__ import annotations

from collections.abc import Iterable

from tests.conformance.promqltest.script import LoadedSeries
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.numbers import parse_float
from vedette.query.promql.histogram_notation import HistogramLiteral
from vedette.query.promql.series_notation import Point
from vedette.signals.nhcb import BUCKET_LABEL, BUCKET_SUFFIX, COUNT_SUFFIX, ClassicHistogram, native_labels, native_name


def native_series(series: Iterable[LoadedSeries]) -> list[LoadedSeries]:
    collected: dict[Labels, dict[int, ClassicHistogram]] = {}
    for each in series:
        suffix = native_name(each.labels.name)[1]
        bound = parse_float(each.labels.get(BUCKET_LABEL))
        if not suffix or (suffix == BUCKET_SUFFIX and (bound is None or bound != bound)):
            continue
        by_index = collected.setdefault(native_labels(each.labels), {})
        for index, point in enumerate(each.points):
            if isinstance(point, int | float):
                _set(by_index.setdefault(index, ClassicHistogram()), suffix, bound, float(point))
    return [LoadedSeries(labels, _points(by_index)) for labels, by_index in collected.items()]


def _set(histogram: ClassicHistogram, suffix: str, bound: float | None, value: float) -> None:
    if suffix == BUCKET_SUFFIX:
        assert bound is not None
        histogram.set_bucket(bound, value)
    elif suffix == COUNT_SUFFIX:
        histogram.count = value
    else:
        histogram.sum = value


def _points(by_index: dict[int, ClassicHistogram]) -> list[Point]:
    points: list[Point] = [None] * (max(by_index) + 1)
    for index, histogram in by_index.items():
        try:
            native = histogram.convert()
        except BadInput as error:
            raise AssertionError(f"the script's classic histogram cannot be converted: {error.message}") from error
        points[index] = HistogramLiteral(
            native.schema, native.sum, native.count, positive=native.positive, custom_values=native.bounds
        )
    return points
