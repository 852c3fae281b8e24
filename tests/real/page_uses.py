"""What a person does with the pages, act by act; an act that does not go as told raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.asking import wait_until
from tests.real.browser import PATIENCE_MS, Visitor
from tests.real.page_views import BUCKETS, NATIVE, RATE, query_path
from tests.real.recorded import play


def _type_and_run(person: Visitor) -> None:
    page = person.page
    person.go("/query")
    page.locator(".cm-content").click()
    page.keyboard.type("node_mem", delay=30)
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("node_memory_MemFree_bytes ")
    page.keyboard.press("Enter")
    expect(page.locator(".chart canvas")).to_be_visible(timeout=PATIENCE_MS)
    assert "g0.expr=node_memory_MemFree_bytes" in page.url, page.url


def _underline_a_mistake(person: Visitor) -> None:
    person.go(query_path(expr="sum(rate(node_cpu_seconds_total))"))
    expect(person.page.locator(".cm-lintRange-error").first).to_be_visible(timeout=PATIENCE_MS)
    expect(person.page.locator(".notice.bad")).to_be_visible(timeout=PATIENCE_MS)
    person.complaints[:] = [one for one in person.complaints if "400" not in one]


def _tooltips(page: Page) -> Locator:
    return page.locator("body > .chart-tooltip:visible")


def _point_at(page: Page, x: float, y: float) -> None:
    """As a hand does, which never rests: a chart that is drawn anew has no tooltip until the mouse moves."""

    def is_told() -> bool:
        page.mouse.move(x - 1, y)
        page.mouse.move(x, y)
        return _tooltips(page).count() > 0

    wait_until(is_told, PATIENCE_MS / 1000, every_s=0.2)


def _zoom_and_return(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr="node_load1", range_input="1m") + "&g1.expr=node_load5")
    plot = page.locator(".chart .u-over").first
    expect(plot).to_be_visible(timeout=PATIENCE_MS)
    box = plot.bounding_box()
    assert box is not None
    _point_at(page, box["x"] + box["width"] * 0.95, box["y"] + 100)
    expect(_tooltips(page)).to_have_count(1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 120, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile(r"g0\.end_input="))
    assert "g1.end_input" not in page.url, page.url
    page.go_back()
    page.wait_for_url(lambda url: "end_input" not in url)


def _hide_a_series(person: Visitor) -> None:
    person.go(query_path(expr=RATE))
    first = person.page.locator(".legend-table button").first
    first.click(timeout=PATIENCE_MS)
    expect(first).to_have_attribute("aria-pressed", "false")


def _explore(person: Visitor) -> None:
    page = person.page
    person.go("/query")
    page.locator("h1").click()
    page.keyboard.press("m")
    page.locator("dialog input[type=search]").fill("load5")
    page.locator("dialog .explorer-name", has_text="node_load5").first.click(timeout=PATIENCE_MS)
    expect(page.locator(".cm-content")).to_have_text("node_load5")


def _add_and_remove_panels(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr="up"))
    page.get_by_role("button", name="Duplicate panel").click()
    expect(page.locator(".panel")).to_have_count(2)
    assert "g1.expr=up" in page.url, page.url
    page.get_by_role("button", name="Remove panel").first.click()
    expect(page.locator(".panel")).to_have_count(1)


def _open_a_link_of_prometheus(person: Visitor) -> None:
    person.go("/graph?g0.expr=up&g0.tab=1&g0.range_input=30m")
    expect(person.page.locator(".values tbody tr").first).to_be_visible(timeout=PATIENCE_MS)


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
    page.locator("h1").wait_for(timeout=PATIENCE_MS)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def _show_discovered_labels(person: Visitor) -> None:
    page = person.page
    person.go("/targets?lang=en")
    page.get_by_role("button", name="Discovered labels").first.click(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Show relabel steps").first.click()
    expect(page.locator(".steps, .discovery p").first).to_be_visible(timeout=PATIENCE_MS)


def _mend_an_empty_query(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr='sum(node_load11{job="node"})'))
    page.get_by_role("button", name="node_load1", exact=True).click(timeout=PATIENCE_MS)
    expect(page.locator(".chart canvas")).to_be_visible(timeout=PATIENCE_MS)
    assert "node_load1%7B" in page.url, page.url


def _take_the_answer_along(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr="node_load1"))
    for kind, begins in (("CSV", b"time,"), ("PNG", b"\x89PNG")):
        button = page.get_by_role("button", name=kind, exact=True)
        expect(button).to_be_visible(timeout=PATIENCE_MS)
        with page.expect_download() as taken:
            button.click()
        file = taken.value.path().read_bytes()
        assert file.startswith(begins), file[:80]
        assert taken.value.suggested_filename == f"node_load1.{kind.lower()}"
    page.get_by_role("button", name="curl", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


def _compare_with_before(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr="node_load1", range_input="1m"))
    page.get_by_label("Compare with an earlier time").select_option("3600")
    page.wait_for_url(re.compile(r"g0\.compare=1h"))
    person.go(query_path(expr="node_load1", range_input="1m", compare="15s"))
    expect(page.locator(".legend-table", has_text="15s earlier")).to_be_visible(timeout=PATIENCE_MS)


def _ask_for_statistics(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr="rate(node_cpu_seconds_total[1m])"))
    page.get_by_role("button", name="Statistics").click(timeout=PATIENCE_MS)
    expect(page.locator(".stats", has_text="samples looked at")).to_be_visible(timeout=PATIENCE_MS)


def _switch_the_view(person: Visitor) -> None:
    page = person.page
    person.go(query_path(expr=BUCKETS))
    page.get_by_role("radio", name="Graph").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".heat-scale")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("radio", name="Explain").click()
    expect(page.locator(".explain tbody tr").first).to_be_visible(timeout=PATIENCE_MS)
    assert "g0.tab=explain" in page.url, page.url


def _point_at_a_bucket(person: Visitor) -> None:
    page = person.page
    play(page, "query_range")
    person.go(NATIVE)
    plot = page.locator(".chart .u-over")
    expect(plot).to_be_visible(timeout=PATIENCE_MS)
    box = plot.bounding_box()
    assert box is not None
    _point_at(page, box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    expect(_tooltips(page).filter(has_text="all buckets")).to_be_visible()
    page.unroute_all()


def _weigh_a_label(person: Visitor) -> None:
    page = person.page
    person.go("/cardinality")
    page.get_by_role("button", name="drop? device").click(timeout=PATIENCE_MS)
    expect(page.locator(".drop strong")).to_be_visible(timeout=PATIENCE_MS)
    assert "drop=device" in page.url, page.url


def _delete_a_pushed_group(person: Visitor) -> None:
    page = person.page
    person.go("/push")
    group = page.locator(".pushed", has_text="report")
    group.get_by_role("button", name="Metrics of").click(timeout=PATIENCE_MS)
    expect(group.locator(".pushed-family", has_text="42.5")).to_be_visible()
    group.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".pushed", has_text="report")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator(".pushed", has_text="backup")).to_have_count(1)


USES: Final[tuple[tuple[str, Callable[[Visitor], None]], ...]] = (
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
