"""Every page in Chromium, in both languages, at the width of a phone and of a desk, over a server with data.

Each check is one case: what the page shows, that it complains of nothing, asks nobody else, fits its width, and that axe
finds nothing serious. Then a person uses it: types a query, zooms, switches. Screenshots stay in a folder that is printed.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as BrowserError

from tests.asking import wait_until
from tests.harness import Options, Outcome
from tests.real.browser import PATIENCE_MS, open_browser, visitor
from tests.real.page_alert_seed import ALERTMANAGER, fingerprint_of, seed_alerts, wait_for_objective
from tests.real.page_alert_uses import ALERT_USES
from tests.real.page_alert_views import alert_views
from tests.real.page_uses import USES
from tests.real.page_views import VIEWS, View
from tests.real.recorded import play
from tests.server import Vedette
from tests.settings import ROOT
from tests.webhook_sink import WebhookSink

LANGUAGES = ("en", "zh-CN")
_DATA_SECONDS_MAX = 90.0


@dataclass(slots=True)
class Tally:
    passed: int = 0
    total: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self, name: str, holds: bool, detail: object = "") -> None:
        self.total += 1
        self.passed += holds
        if not holds:
            self.failures.append(f"{name}: {detail}"[:600])

    def attempt(self, name: str, act: Callable[[], object]) -> None:
        """An act that raises on failure, as expectations of the browser do."""
        try:
            act()
        except (AssertionError, BrowserError) as error:
            self.check(name, False, str(error).strip())
        else:
            self.check(name, True)


def run(options: Options) -> Iterable[Outcome]:
    tally = Tally()
    pictures = Path(tempfile.mkdtemp(prefix="vedette-pictures-"))
    _check_catalogues(tally)
    with (
        tempfile.TemporaryDirectory() as folder,
        WebhookSink() as sink,
        Vedette(Path(folder) / "data", *_write_configs(Path(folder), sink)) as server,
        open_browser() as browser,
    ):
        base = server.url
        _push(server, "backup")
        _push(server, "report")
        _wait_for_data(server)
        seed_alerts(server)
        _check_views(tally, browser, base, VIEWS, pictures)
        wait_for_objective(server)
        _check_views(tally, browser, base, alert_views(fingerprint_of(server, "MemoryInUse")), pictures)
        _check_use(tally, browser, base, pictures)
        _check_death(tally, browser, server, pictures)
    print(f"screenshots: {pictures}")
    yield Outcome("pages", tally.passed, tally.total, failures=tally.failures)


def _check_catalogues(tally: Tally) -> None:
    def keys(*names: str) -> list[str]:
        texts = [(ROOT / "web/src/i18n" / name).read_text() for name in names]
        return [key for text in texts for key in re.findall(r'^  "?([\w.]+)"?:', text, re.MULTILINE)]

    english, chinese = keys("en.ts", "alerting.en.ts"), keys("zh-CN.ts", "alerting.zh-CN.ts")
    tally.check("catalogue keys are equal", english == chinese and len(english) > 100, set(english) ^ set(chinese))


def _write_configs(folder: Path, sink: WebhookSink) -> tuple[str, ...]:
    """The flags that name them."""
    own, alertmanager = folder / "vedette.yml", folder / "alertmanager.yml"
    own.write_text("heartbeats: [{name: backup, every: 25h}]")
    alertmanager.write_text(ALERTMANAGER.replace("SINK", sink.url))
    return "--config", str(own), "--alertmanager.config", str(alertmanager)


def _wait_for_data(server: Vedette) -> None:
    """Until a rate of the machine's own CPU has a value: two scrapes."""

    def has_data() -> bool:
        return bool(server.api("query", query="rate(node_cpu_seconds_total[1m])")["result"])

    assert wait_until(has_data, _DATA_SECONDS_MAX, every_s=1.0), f"no data within {_DATA_SECONDS_MAX:.0f} s"


def _push(server: Vedette, job: str) -> None:
    body = b"# TYPE done_seconds gauge\ndone_seconds 42.5\n"
    status, answer = server.get(f"/metrics/job/{job}/shift/early%20one", method="PUT", body=body)
    assert status == 200, answer


def _check_views(tally: Tally, browser: Browser, base: str, views: Iterable[View], pictures: Path) -> None:
    for view in views:
        for language in LANGUAGES:
            for width in view.widths:
                _check_view(tally, browser, base, view, language, width, pictures)


def _check_view(
    tally: Tally, browser: Browser, base: str, view: View, language: str, width: int, pictures: Path
) -> None:
    name = f"{view.name} {language} {width}"
    with visitor(browser, base, language=language, width=width, theme=view.theme) as person:
        page = person.page
        play(page, *view.recorded)
        person.go(view.path)
        if view.prepare is not None:
            view.prepare(page)
        for selector in view.shown:
            tally.attempt(
                f"{name} shows {selector}",
                lambda selector=selector: expect(page.locator(selector).first).to_be_visible(timeout=PATIENCE_MS),
            )
        page.wait_for_load_state("networkidle")
        coming = page.locator('.skeleton, [aria-busy="true"]')
        tally.attempt(f"{name} has loaded", lambda: expect(coming).to_have_count(0, timeout=PATIENCE_MS))
        tally.check(f"{name} speaks its language", page.evaluate("document.documentElement.lang") == language)
        taken, there = person.widths()
        tally.check(f"{name} fits its width", taken <= there, f"{taken} of {there} pixels")
        violations = person.violations()
        tally.check(f"{name} is accessible", not violations, violations)
        complaints = [one for one in person.complaints if not (view.refused and view.refused in one)]
        tally.check(f"{name} complains of nothing", not complaints, complaints)
        tally.check(f"{name} asks nobody else", not person.strangers, person.strangers)
        page.screenshot(path=pictures / f"{view.name}-{language}-{width}.png", full_page=True)


def _check_use(tally: Tally, browser: Browser, base: str, pictures: Path) -> None:
    with visitor(browser, base, language="en", width=1280) as person:
        for name, act in (*USES, *ALERT_USES):
            tally.attempt(name, lambda act=act: act(person))
        tally.check("use complains of nothing", not person.complaints, person.complaints)
        person.page.screenshot(path=pictures / "used-en-1280.png")


def _check_death(tally: Tally, browser: Browser, server: Vedette, pictures: Path) -> None:
    """The page that is open says so, keeps what it has, and does not take silence for peace."""
    with visitor(browser, server.url, language="zh-CN", width=390) as person:
        page = person.page
        person.go("/alerts?state=muted")
        expect(page.locator(".empty")).to_be_visible(timeout=PATIENCE_MS)
        server.kill()
        tally.attempt(
            "a dead server is noticed",
            lambda: expect(page.locator(".notice.bad", has_text="服务器没有应答")).to_be_visible(timeout=PATIENCE_MS),
        )
        tally.attempt("a dead server is no peace", lambda: expect(page.locator(".empty")).to_have_count(0))
        page.get_by_role("radio", name="全部").click()
        tally.attempt("a dead server's alerts stay", lambda: expect(page.locator(".alert").first).to_be_visible())
        page.screenshot(path=pictures / "dead-zh-CN-390.png")
