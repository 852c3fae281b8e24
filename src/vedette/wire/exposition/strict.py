"""The strict verdict: what OpenMetrics 1.0.0 demands of families beyond the grammar that the scanner already checked.

The page is read as families: a metadata line or a sample that does not belong to the family before it starts the next.
Each rule yields Problems and goes on, so that `check metrics` lists them all. It is slow (Labels for every sample) and
meant for people; scrapes never come here. Spec: OpenMetrics 1.0.0, "Metric Types" and "Text format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from vedette.kernels import exposition_series as series
from vedette.model.errors import MalformedPage
from vedette.model.labels import METRIC_NAME, Labels
from vedette.wire.exposition.histogram_rules import histogram_problems
from vedette.wire.exposition.page import Page
from vedette.wire.exposition.sample_rules import group_of, sample_problems
from vedette.wire.exposition.series_text import TextSeries

SUFFIXES: Final = {
    "counter": ("_total", "_created"),
    "summary": ("", "_count", "_sum", "_created"),
    "histogram": ("_count", "_sum", "_bucket", "_created"),
    "gaugehistogram": ("_gcount", "_gsum", "_bucket"),
    "info": ("_info",),
}
"""Sample names of each type of family; every other type has the bare name."""

_UNITLESS: Final = frozenset({"info", "stateset"})


@dataclass(frozen=True, slots=True)
class Problem:
    """`offset` in bytes into the page; `line` from 1, 0 where unknown; `hint` marks advice: the page is well formed."""

    offset: int
    text: str
    hint: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample as the rules see it; `suffix` is what its name adds to the family's."""

    offset: int
    name: str
    labels: Labels
    value: float
    time_ms: int
    suffix: str
    exemplar: Labels | None


@dataclass(slots=True)
class Family:
    name: str
    offset: int
    type: str = "unknown"
    unit: str = ""
    seen: set[int] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)

    def suffix_of(self, name: str) -> str | None:
        """What `name` adds to the family's; None where it is no sample of this family."""
        suffixes = SUFFIXES.get(self.type, ("",))
        return next((suffix for suffix in suffixes if name == self.name + suffix), None)


def strict_problems(page: Page) -> Iterator[Problem]:
    """All violations, in about the page's order; `page` is an OpenMetrics one that was scanned without error."""
    taken: set[str] = set()
    for item in _families(page):
        if isinstance(item, Problem):
            yield item
        else:
            yield from _name_problems(item, taken)
            yield from _grouping_problems(item)
            for sample in item.samples:
                yield from (Problem(sample.offset, text) for text in sample_problems(item.type, item.name, sample))
            yield from (
                Problem(offset, text) for offset, text in histogram_problems(item.type, item.name, item.samples)
            )


def _families(page: Page) -> Iterator[Family | Problem]:
    """Families in order, each once it is complete, and the problems of lines met on the way."""
    source = page.source
    assert isinstance(source, TextSeries)
    exemplars = {int(row): k for k, row in enumerate(page.exemplars.rows)}
    rows = iter([*source.rows.tolist(), None])
    row = next(rows)
    family: Family | None = None
    for i in range(page.n + 1):
        while row is not None and (i == page.n or row[5] <= i):
            name = source.name_at(row[1], row[2])
            if family is None or family.name != name:
                if family is not None:
                    yield family
                family = Family(name, row[1])
            yield from _take_metadata(family, row, source)
            row = next(rows)
        if i == page.n:
            break
        sample = _read_sample(page, source, i, exemplars.get(i))
        if isinstance(sample, Problem):
            yield sample
            continue
        suffix = family.suffix_of(sample.name) if family is not None else None
        if family is None or suffix is None:
            if family is not None:
                yield family
            family = Family(sample.name, sample.offset)
            suffix = ""
        family.samples.append(replace(sample, suffix=suffix))
    if family is not None:
        yield family


def _take_metadata(family: Family, row: list[int], source: TextSeries) -> Iterator[Problem]:
    kind, offset = row[0], row[1]
    if kind in family.seen:
        yield Problem(offset, f'repeated metadata of "{family.name}"')
    if family.samples:
        yield Problem(offset, f'metadata of "{family.name}" after its samples')
    family.seen.add(kind)
    text = source.metadata_text(kind, row[3], row[4])
    if kind == series.TYPE:
        family.type = text
    elif kind == series.UNIT:
        family.unit = text


def _read_sample(page: Page, source: TextSeries, i: int, exemplar: int | None) -> Sample | Problem:
    offset = int(page.spans[i, 0])
    try:
        labels = source.written_labels(i)
    except MalformedPage as error:
        return Problem(offset, error.message)
    if page.raw(i).endswith(b",}"):
        return Problem(offset, "comma behind the last label")
    return Sample(
        offset,
        labels.name,
        labels.without({METRIC_NAME}),
        float(page.values[i]),
        int(page.times_ms[i]),
        "",
        None if exemplar is None else page.exemplar_labels(exemplar),
    )


def _name_problems(family: Family, taken: set[str]) -> Iterator[Problem]:
    names = {family.name + suffix for suffix in ("", *SUFFIXES.get(family.type, ()))}
    for clash in sorted(names & taken):
        yield Problem(family.offset, f'clashing metric name "{clash}"')
    taken |= names
    if family.unit and family.type in _UNITLESS:
        yield Problem(family.offset, f'{family.type} "{family.name}" must not have a unit')


def _grouping_problems(family: Family) -> Iterator[Problem]:
    """Samples of one metric stand together; within it timestamps are all there or none, and do not go back."""
    closed: set[Labels] = set()
    group: Labels | None = None
    last_ms = series.NO_TIME
    for sample in family.samples:
        own = group_of(family.type, family.name, sample)
        if own != group:
            if own in closed:
                yield Problem(sample.offset, f'samples of "{family.name}" are not grouped by their labels')
        elif (sample.time_ms == series.NO_TIME) != (last_ms == series.NO_TIME):
            yield Problem(sample.offset, f'samples of "{family.name}" with and without timestamp in one group')
        elif sample.time_ms < last_ms and family.type != "info":
            yield Problem(sample.offset, f'timestamps of "{family.name}" go backwards')
        closed.add(own)
        group, last_ms = own, sample.time_ms
