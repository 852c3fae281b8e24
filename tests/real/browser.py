"""Chromium on the page, as a person with some language, width and theme; what it complained about is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness import Skipped
from tests.settings import ROOT, chromium

_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HEIGHT = 900
PATIENCE_MS = 20_000
"""How long something may take to show."""
_SERIOUS = ("serious", "critical")


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Visitor:
    """One person's tab and everything in it that should not have been."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"console {kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.base + "/", "data:", "blob:")):
            self.strangers.append(url)

    def widths(self) -> tuple[int, int]:
        """What the page takes, and what there is."""
        taken, there = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return int(taken), int(there)

    def violations(self) -> list[str]:
        """Serious and critical findings of axe, one line each. Evaluated by the debugger: no policy lets the page load it."""
        self.page.evaluate(_axe())
        found: list[dict[str, Any]] = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary', '')[:200]}"
            for one in found
            if one["impact"] in _SERIOUS
        ]


@contextmanager
def visitor(browser: Browser, base: str, *, language: str, width: int, theme: str = "light") -> Iterator[Visitor]:
    context = browser.new_context(
        viewport={"width": width, "height": _HEIGHT},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
    )
    try:
        person = Visitor(context.new_page(), base)
        person.watch()
        yield person
    finally:
        context.close()


@cache
def _axe() -> str:
    source = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        raise Skipped(f"axe-core is not installed: {source} (npm --prefix web ci)")
    return source.read_text()
