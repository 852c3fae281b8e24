"""Every page in Chromium, in both languages, at the width of a phone and of a desk, over a server with data.

Each check is one case: what the page shows, that it complains of nothing, asks nobody else, fits its width, and that axe
finds nothing serious. Then a person uses it: types a query, zooms, switches. Screenshots stay in a folder that is printed.
"""

from __future__ import annotations

import re
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as BrowserError

from tests.asking import wait_until
from tests.harness import Options, Outcome
from tests.real.browser import Visitor, open_browser, visitor
from tests.real.recorded import play
from tests.server import Vedette
from tests.settings import ROOT

LANGUAGES = ("en", "zh-CN")
_DATA_SECONDS_MAX = 90.0
_PATIENCE_MS = 20_000


def _query(**panel: str) -> str:
    return "/query?" + urllib.parse.urlencode({f"g0.{name}": value for name, value in panel.items()})


@dataclass(frozen=True, slots=True)
class View:
    """`shown` are selectors that must all be visible once the data is there."""

    name: str
    path: str
    shown: tuple[str, ...]
    theme: str = "light"
    widths: tuple[int, ...] = (360, 1280)
    recorded: tuple[str, ...] = ()
    """Endpoints that answer from recorded.py."""


_BUCKETS = "sum by (le) (rate(vedette_query_phase_seconds_bucket[1m]))"
_EXPLAINED = (
    f"histogram_quantile(0.9, {_BUCKETS}) or max_over_time(sum(node_load1)[2m:15s]) / scalar(node_load5 @ end())"
)
_NATIVE = _query(expr="rate(request_seconds[5m])", display_mode="heatmap", range_input="15m")
_RATE = "sum by (mode) (rate(node_cpu_seconds_total[1m]))"
_CANVAS = ".chart canvas"
_EXPLAIN = (".explain tbody tr", ".explain-source.head", ".explain .badge")
VIEWS = (
    View("overview", "/", ("h1", ".tile-figure", ".chart canvas", "#disk .meter", "#network table")),
    View("overview-dark", "/", (".tile-figure", ".chart canvas"), theme="dark", widths=(1280,)),
    View("query-graph", _query(expr=_RATE, range_input="15m"), (".chart canvas", ".legend-table tbody tr", ".editor")),
    View("query-table", _query(expr="node_uname_info", tab="table"), (".values tbody tr",)),
    View("query-error", _query(expr="sum("), (".notice.bad",)),
    View("query-heatmap", _query(expr=_BUCKETS, display_mode="heatmap", range_input="5m"), (_CANVAS, ".heat-scale")),
    View("query-native", _NATIVE, (_CANVAS, ".heat-scale"), widths=(360,), recorded=("query_range",)),
    View("query-native-dark", _NATIVE, (_CANVAS,), theme="dark", widths=(1280,), recorded=("query_range",)),
    View(
        "query-exemplars",
        _query(expr="node_load1", range_input="5m", show_exemplars="1", compare="15s"),
        (_CANVAS, ".legend-table tbody tr"),
        widths=(1280,),
        recorded=("query_exemplars",),
    ),
    View("query-explain", _query(expr=_EXPLAINED, tab="explain", range_input="5m"), _EXPLAIN),
    View("query-explain-dark", _query(expr=_EXPLAINED, tab="explain"), _EXPLAIN, theme="dark", widths=(1280,)),
    View("query-empty", _query(expr='sum(node_cpu_second_total{mode="idel"})'), (".why-blamed", ".why .chip")),
    View("cardinality", "/cardinality?drop=mode", (".figure strong", ".ranking li", ".drop strong")),
    View("cardinality-dark", "/cardinality", (".ranking li",), theme="dark", widths=(1280,)),
    View("targets", "/targets", (".pool .target", ".badge.good")),
    View("targets-dropped", "/targets?tab=dropped", ("h1",)),
    View("push", "/push", (".pushed .chip", ".pushed .badge.good")),
    View("status", "/status", (".figure strong", ".ranking li", ".yaml-key")),
    View("status-dark", "/status", (".ranking li",), theme="dark", widths=(1280,)),
)


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
        Vedette(Path(folder) / "data") as server,
        open_browser() as browser,
    ):
        base = server.url
        _push(server, "backup")
        _push(server, "report")
        _wait_for_data(server)
        for view in VIEWS:
            for language in LANGUAGES:
                for width in view.widths:
                    _check_view(tally, browser, base, view, language, width, pictures)
        _check_use(tally, browser, base, pictures)
    print(f"screenshots: {pictures}")
    yield Outcome("pages", tally.passed, tally.total, failures=tally.failures)


def _check_catalogues(tally: Tally) -> None:
    def keys(name: str) -> list[str]:
        return re.findall(r'^  "?([\w.]+)"?:', (ROOT / "web/src/i18n" / name).read_text(), re.MULTILINE)

    english, chinese = keys("en.ts"), keys("zh-CN.ts")
    tally.check("catalogue keys are equal", english == chinese and len(english) > 100, set(english) ^ set(chinese))


def _wait_for_data(server: Vedette) -> None:
    """Until a rate of the machine's own CPU has a value: two scrapes."""

    def has_data() -> bool:
        return bool(server.api("query", query="rate(node_cpu_seconds_total[1m])")["result"])

    assert wait_until(has_data, _DATA_SECONDS_MAX, every_s=1.0), f"no data within {_DATA_SECONDS_MAX:.0f} s"


def _push(server: Vedette, job: str) -> None:
    body = b"# TYPE done_seconds gauge\ndone_seconds 42.5\n"
    status, answer = server.get(f"/metrics/job/{job}/shift/early%20one", method="PUT", body=body)
    assert status == 200, answer


def _check_view(
    tally: Tally, browser: Browser, base: str, view: View, language: str, width: int, pictures: Path
) -> None:
    name = f"{view.name} {language} {width}"
    with visitor(browser, base, language=language, width=width, theme=view.theme) as person:
        page = person.page
        play(page, *view.recorded)
        person.go(view.path)
        for selector in view.shown:
            tally.attempt(
                f"{name} shows {selector}",
                lambda selector=selector: expect(page.locator(selector).first).to_be_visible(timeout=_PATIENCE_MS),
            )
        page.wait_for_load_state("networkidle")
        tally.attempt(
            f"{name} has loaded", lambda: expect(page.locator(".skeleton")).to_have_count(0, timeout=_PATIENCE_MS)
        )
        tally.check(f"{name} speaks its language", page.evaluate("document.documentElement.lang") == language)
        taken, there = person.widths()
        tally.check(f"{name} fits its width", taken <= there, f"{taken} of {there} pixels")
        violations = person.violations()
        tally.check(f"{name} is accessible", not violations, violations)
        expected = 1 if view.name == "query-error" else 0  # the browser itself reports the refused query
        complaints = [one for one in person.complaints if not (expected and "400" in one)]
        tally.check(f"{name} complains of nothing", not complaints, complaints)
        tally.check(f"{name} asks nobody else", not person.strangers, person.strangers)
        page.screenshot(path=pictures / f"{view.name}-{language}-{width}.png", full_page=True)


def _check_use(tally: Tally, browser: Browser, base: str, pictures: Path) -> None:
    with visitor(browser, base, language="en", width=1280) as person:
        for name, act in USES:
            tally.attempt(name, lambda act=act: act(person))
        tally.check("use complains of nothing", not person.complaints, person.complaints)
        person.page.screenshot(path=pictures / "used-en-1280.png")


def _type_and_run(person: Visitor) -> None:
    page = person.page
    person.go("/query")
    page.locator(".cm-content").click()
    page.keyboard.type("node_mem", delay=30)
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_be_visible(timeout=_PATIENCE_MS)
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("node_memory_MemFree_bytes ")
    page.keyboard.press("Enter")
    expect(page.locator(".chart canvas")).to_be_visible(timeout=_PATIENCE_MS)
    assert "g0.expr=node_memory_MemFree_bytes" in page.url, page.url


def _underline_a_mistake(person: Visitor) -> None:
    person.go(_query(expr="sum(rate(node_cpu_seconds_total))"))
    expect(person.page.locator(".cm-lintRange-error").first).to_be_visible(timeout=_PATIENCE_MS)
    expect(person.page.locator(".notice.bad")).to_be_visible(timeout=_PATIENCE_MS)
    person.complaints[:] = [one for one in person.complaints if "400" not in one]


def _zoom_and_return(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr="node_load1", range_input="1m") + "&g1.expr=node_load5")
    plot = page.locator(".chart .u-over").first
    expect(plot).to_be_visible(timeout=_PATIENCE_MS)
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 100)
    expect(page.locator("body > .chart-tooltip:visible")).to_have_count(1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 120, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile(r"g0\.end_input="))
    assert "g1.end_input" not in page.url, page.url
    page.go_back()
    page.wait_for_url(lambda url: "end_input" not in url)


def _hide_a_series(person: Visitor) -> None:
    person.go(_query(expr=_RATE))
    first = person.page.locator(".legend-table button").first
    first.click(timeout=_PATIENCE_MS)
    expect(first).to_have_attribute("aria-pressed", "false")


def _explore(person: Visitor) -> None:
    page = person.page
    person.go("/query")
    page.locator("h1").click()
    page.keyboard.press("m")
    page.locator("dialog input[type=search]").fill("load5")
    page.locator("dialog .explorer-name", has_text="node_load5").first.click(timeout=_PATIENCE_MS)
    expect(page.locator(".cm-content")).to_have_text("node_load5")


def _add_and_remove_panels(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr="up"))
    page.get_by_role("button", name="Duplicate panel").click()
    expect(page.locator(".panel")).to_have_count(2)
    assert "g1.expr=up" in page.url, page.url
    page.get_by_role("button", name="Remove panel").first.click()
    expect(page.locator(".panel")).to_have_count(1)


def _open_a_link_of_prometheus(person: Visitor) -> None:
    person.go("/graph?g0.expr=up&g0.tab=1&g0.range_input=30m")
    expect(person.page.locator(".values tbody tr").first).to_be_visible(timeout=_PATIENCE_MS)


def _switch_language_and_theme(person: Visitor) -> None:
    page = person.page
    person.go("/targets")
    page.get_by_role("radio", name="中文").click()
    expect(page.locator("h1")).to_have_text("采集目标")
    page.get_by_role("radio", name="深色").click()
    page.reload()
    expect(page.locator("h1")).to_have_text("采集目标")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    person.go("/targets?lang=en")
    expect(page.locator("h1")).to_have_text("Targets")


def _reach_all_by_keyboard(person: Visitor) -> None:
    page = person.page
    person.go("/")
    page.locator("h1").wait_for(timeout=_PATIENCE_MS)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def _show_discovered_labels(person: Visitor) -> None:
    page = person.page
    person.go("/targets?lang=en")
    page.get_by_role("button", name="Discovered labels").first.click(timeout=_PATIENCE_MS)
    page.get_by_role("button", name="Show relabel steps").first.click()
    expect(page.locator(".steps, .discovery p").first).to_be_visible(timeout=_PATIENCE_MS)


def _mend_an_empty_query(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr='sum(node_load11{job="node"})'))
    page.get_by_role("button", name="node_load1", exact=True).click(timeout=_PATIENCE_MS)
    expect(page.locator(".chart canvas")).to_be_visible(timeout=_PATIENCE_MS)
    assert "node_load1%7B" in page.url, page.url


def _take_the_answer_along(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr="node_load1"))
    for kind, begins in (("CSV", b"time,"), ("PNG", b"\x89PNG")):
        button = page.get_by_role("button", name=kind, exact=True)
        expect(button).to_be_visible(timeout=_PATIENCE_MS)
        with page.expect_download() as taken:
            button.click()
        file = taken.value.path().read_bytes()
        assert file.startswith(begins), file[:80]
        assert taken.value.suggested_filename == f"node_load1.{kind.lower()}"
    page.get_by_role("button", name="curl", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


def _compare_with_before(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr="node_load1", range_input="1m"))
    page.get_by_label("Compare with an earlier time").select_option("3600")
    page.wait_for_url(re.compile(r"g0\.compare=1h"))
    person.go(_query(expr="node_load1", range_input="1m", compare="15s"))
    expect(page.locator(".legend-table", has_text="15s earlier")).to_be_visible(timeout=_PATIENCE_MS)


def _ask_for_statistics(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr="rate(node_cpu_seconds_total[1m])"))
    page.get_by_role("button", name="Statistics").click(timeout=_PATIENCE_MS)
    expect(page.locator(".stats", has_text="samples looked at")).to_be_visible(timeout=_PATIENCE_MS)


def _switch_the_view(person: Visitor) -> None:
    page = person.page
    person.go(_query(expr=_BUCKETS))
    page.get_by_role("radio", name="Graph").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".heat-scale")).to_be_visible(timeout=_PATIENCE_MS)
    page.get_by_role("radio", name="Explain").click()
    expect(page.locator(".explain tbody tr").first).to_be_visible(timeout=_PATIENCE_MS)
    assert "g0.tab=explain" in page.url, page.url


def _point_at_a_bucket(person: Visitor) -> None:
    page = person.page
    play(page, "query_range")
    person.go(_NATIVE)
    plot = page.locator(".chart .u-over")
    expect(plot).to_be_visible(timeout=_PATIENCE_MS)
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    expect(page.locator("body > .chart-tooltip:visible", has_text="all buckets")).to_be_visible()
    page.unroute_all()


def _weigh_a_label(person: Visitor) -> None:
    page = person.page
    person.go("/cardinality")
    page.get_by_role("button", name="drop? cpu").click(timeout=_PATIENCE_MS)
    expect(page.locator(".drop strong")).to_be_visible(timeout=_PATIENCE_MS)
    assert "drop=cpu" in page.url, page.url


def _delete_a_pushed_group(person: Visitor) -> None:
    page = person.page
    person.go("/push")
    group = page.locator(".pushed", has_text="report")
    group.get_by_role("button", name="Metrics of").click(timeout=_PATIENCE_MS)
    expect(group.locator(".pushed-family", has_text="42.5")).to_be_visible()
    group.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".pushed", has_text="report")).to_have_count(0, timeout=_PATIENCE_MS)
    expect(page.locator(".pushed", has_text="backup")).to_have_count(1)


USES: tuple[tuple[str, Callable[[Visitor], None]], ...] = (
    ("a query is typed, completed and run", _type_and_run),
    ("a mistake is underlined and explained", _underline_a_mistake),
    ("dragging zooms and back returns", _zoom_and_return),
    ("the legend hides a series", _hide_a_series),
    ("the explorer writes into the editor", _explore),
    ("panels come and go", _add_and_remove_panels),
    ("an empty query is mended by a press", _mend_an_empty_query),
    ("an answer is taken along", _take_the_answer_along),
    ("an earlier time is compared", _compare_with_before),
    ("statistics are shown on demand", _ask_for_statistics),
    ("the view is switched by keys and presses", _switch_the_view),
    ("a bucket says what is in it", _point_at_a_bucket),
    ("a label is weighed", _weigh_a_label),
    ("a pushed group is looked into and deleted", _delete_a_pushed_group),
    ("a link of Prometheus opens", _open_a_link_of_prometheus),
    ("language and theme are switched and kept", _switch_language_and_theme),
    ("the keyboard reaches the content", _reach_all_by_keyboard),
    ("a target shows how it was relabelled", _show_discovered_labels),
)
