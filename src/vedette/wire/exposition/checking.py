"""`check_page`: everything that is wrong or unwise on a page, for people (`vedette check metrics`).

Problems come first, advice (`hint`) after them. A page that the scanner refuses has exactly one problem: where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vedette.model.errors import MalformedPage
from vedette.model.labels import Labels
from vedette.wire.exposition.lint import LintedFamily, lint_family
from vedette.wire.exposition.page import NO_TIME, Page
from vedette.wire.exposition.scanning import scan
from vedette.wire.exposition.strict import Problem, strict_problems
from vedette.wire.negotiation import Format


def check_page(body: bytes, page_format: Format) -> list[Problem]:
    """OpenMetrics is judged strictly, the other formats as a scrape would; every format gets advice."""
    try:
        page = scan(body, page_format)
        if page_format is Format.OPENMETRICS and not body:
            scan(body, page_format, strict=True)
    except MalformedPage as error:
        return [Problem(error.offset, error.message, line=error.line)]
    problems = list(strict_problems(page)) if page_format is Format.OPENMETRICS else list(_invalid_series(page))
    problems += _duplicates(page)
    if page_format is not Format.PROTOBUF:
        problems = [replace(problem, line=_line_of(body, problem.offset)) for problem in problems]
    return [*sorted(problems, key=lambda problem: problem.offset), *_advice(page, page_format)]


def _line_of(body: bytes, offset: int) -> int:
    return body.count(b"\n", 0, offset) + 1


def _invalid_series(page: Page) -> Iterator[Problem]:
    for i in range(page.n):
        try:
            page.labels(i)
        except MalformedPage as error:
            yield Problem(int(page.spans[i, 0]), error.message)


def _duplicates(page: Page) -> Iterator[Problem]:
    """A series twice without timestamps: a scrape keeps the first and drops the rest."""
    seen: set[tuple[Labels, int]] = set()
    for i in range(page.n):
        time_ms = int(page.times_ms[i])
        try:
            labels = page.labels(i)
        except MalformedPage:
            continue
        if time_ms == NO_TIME and (labels, time_ms) in seen:
            yield Problem(int(page.spans[i, 0]), f"series appears twice: {labels}")
        seen.add((labels, time_ms))


def _advice(page: Page, page_format: Format) -> Iterator[Problem]:
    for entry in page.metadata():
        family = LintedFamily(entry.metric, entry.type, entry.help, suffixed=page_format is Format.OPENMETRICS)
        for text in lint_family(family):
            yield Problem(0, text, hint=True)
