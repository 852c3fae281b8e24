"""What a person does on the pages about alerts, act by act; an act that does not go as told raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.real.browser import PATIENCE_MS, Visitor
from tests.real.page_alert_views import OTHER_ALERTMANAGER, run_dry

Act = tuple[str, Callable[[Visitor], None]]


def _complete_a_filter(person: Visitor) -> None:
    page = person.page
    person.go("/alerts?lang=en")
    entry = page.get_by_role("combobox", name="Filter by matchers")
    expect(page.locator(".alert").first).to_be_visible(timeout=PATIENCE_MS)
    entry.click()
    page.keyboard.type("clus")
    expect(page.get_by_role("option", name="cluster=")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("as")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".alert")).to_have_count(1, timeout=PATIENCE_MS)
    assert "filter=" in page.url, page.url
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.locator(".chip-refused")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name='Remove cluster="asia"').click()
    assert "filter=" not in page.url, page.url


def _group_and_narrow_by_labels(person: Visitor) -> None:
    page = person.page
    person.go("/alerts?state=all")
    by = page.get_by_role("combobox", name="Group by labels")
    by.click()
    page.keyboard.type("cluster")
    page.keyboard.press("Enter")
    group = page.get_by_role("region", name='{cluster="us"}')
    group.locator(".alert-group-head .chip").click(timeout=PATIENCE_MS)
    expect(page.locator(".alert-group")).to_have_count(1, timeout=PATIENCE_MS)
    page.get_by_role("radio", name="silenced").click()
    expect(page.locator(".alert")).to_have_count(1)
    expect(page.locator(".alert-name")).to_have_text("CertificateExpires")


def _silence_in_two_clicks(person: Visitor) -> None:
    page = person.page
    person.go("/alerts")
    row = page.locator(".alert", has_text="db-7:9100")
    row.get_by_role("button", name="Silence").click(timeout=PATIENCE_MS)
    expect(page.locator("dialog .silence-preview", has_text="Would mute alerts now: 1")).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="Silence for 2h").click()
    expect(page.locator("dialog")).to_have_count(0, timeout=PATIENCE_MS)
    expect(row).to_have_count(0, timeout=PATIENCE_MS)


def _acknowledge_assign_and_comment(person: Visitor) -> None:
    page = person.page
    person.go("/alerts")
    page.get_by_role("link", name="MemoryInUse").click(timeout=PATIENCE_MS)
    page.get_by_label("Your name").fill("Li Na", timeout=PATIENCE_MS)
    page.get_by_label("Comment", exact=True).first.fill("It is the compactor.")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".comments", has_text="It is the compactor.")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Assigned to").fill("Wang")
    page.get_by_role("button", name="Assign").click()
    page.get_by_label("How long").select_option("at")
    page.get_by_label("Ends").fill("2001-01-01T00:00")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_disabled()
    page.get_by_label("How long").select_option(label="for 4h")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".badge", has_text="acknowledged by Li Na").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text(re.compile(r"· until 20\d\d-"))).to_be_visible()
    expect(page.locator(".events li", has_text="acknowledged").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="All alerts").click()
    row = page.locator(".alert", has_text="MemoryInUse")
    expect(row.locator(".badge", has_text="assigned to Wang")).to_be_visible(timeout=PATIENCE_MS)
    expect(row.locator(".badge", has_text="acknowledged by Li Na")).to_be_visible()


def _keep_a_silence(person: Visitor) -> None:
    page = person.page
    person.go("/silences")
    card = page.locator(".silence", has_text="The new one is ordered")
    card.get_by_role("button", name="+4h").click(timeout=PATIENCE_MS)
    expect(card.locator(".badge", has_text="ends in 4h")).to_be_visible(timeout=PATIENCE_MS)
    card.get_by_role("button", name="Change").click()
    page.get_by_label("Why?").fill("It has been ordered", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Save").click()
    card = page.locator(".silence", has_text="It has been ordered")
    card.get_by_role("button", name="Expire").click(timeout=PATIENCE_MS)
    page.locator("dialog").get_by_role("button", name="Expire").click()
    expect(card).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("radio", name="Expired").click()
    page.locator(".silence", has_text="It has been ordered").get_by_role("button", name="Make again").click()
    page.get_by_role("button", name="Silence for 2h").click(timeout=PATIENCE_MS)
    expect(page.locator("dialog")).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("radio", name="Active").click()
    expect(page.locator(".silence", has_text="It has been ordered")).to_be_visible(timeout=PATIENCE_MS)


def _keep_every_matcher_set(person: Visitor) -> None:
    page = person.page
    person.go("/silences?q=cart")
    expect(page.get_by_role("radio", name="Active 1")).to_be_visible(
        timeout=PATIENCE_MS
    )  # counts what the search leaves
    card = page.locator(".silence", has_text="Any of 2 sets")
    card.get_by_role("link", name="mutes alerts: 2").click(timeout=PATIENCE_MS)
    expect(page.locator(".alert-name")).to_have_text(["ProcessGrew", "Deployed"], timeout=PATIENCE_MS)
    page.get_by_role("link", name="Show the silence").click()
    card.get_by_role("button", name="Change").click(timeout=PATIENCE_MS)
    expect(page.locator("dialog .silence-preview", has_text="Would mute alerts now: 2")).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="Or other matchers").click()
    page.get_by_role("combobox", name="or all of these (3)").fill("alertname=BackupOld")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .silence-preview", has_text="Would mute alerts now: 4")).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.get_by_role("button", name="Remove matcher set 3").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dialog")).to_have_count(0, timeout=PATIENCE_MS)
    card.get_by_role("button", name="+1h").click(timeout=PATIENCE_MS)
    expect(card.locator(".badge", has_text="ends in 8h")).to_be_visible(timeout=PATIENCE_MS)
    expect(card.locator(".chip")).to_have_text(['service="cart"', 'alertname="ProcessGrew"', 'process="compactor"'])


def _read_the_history(person: Visitor) -> None:
    page = person.page
    person.go("/alerts")
    page.get_by_role("link", name="History").click(timeout=PATIENCE_MS)
    expect(page.locator(".events li", has_text="notified").first).to_be_visible(timeout=PATIENCE_MS)
    entry = page.get_by_role("combobox", name="Filter by matchers")
    entry.fill("alertname=QueueFull")
    entry.press("Enter")
    expect(page.locator(".events li", has_text="MemoryInUse")).to_have_count(0, timeout=PATIENCE_MS)
    page.locator(".events li", has_text="inhibited").get_by_role("link", name=re.compile("^[0-9a-f]{16}$")).click()
    expect(page.locator("h1")).to_have_text("ClusterDown", timeout=PATIENCE_MS)


def _unfold_a_rule(person: Visitor) -> None:
    page = person.page
    person.go("/rules")
    page.get_by_role("radio", name="failing").click(timeout=PATIENCE_MS)
    expect(page.locator(".rule-row")).to_have_count(1)
    expect(page.locator(".rule-error", has_text="many-to-many")).to_be_visible()
    person.go("/rules?q=node:memory")
    page.get_by_role("button", name="node:memory_available:ratio").click(timeout=PATIENCE_MS)
    expect(page.locator(".chart canvas")).to_be_visible(timeout=PATIENCE_MS)
    assert "rule=machine" in page.url, page.url
    page.get_by_role("link", name="Open in Query").click()
    expect(page.locator(".editor")).to_be_visible(timeout=PATIENCE_MS)


def _test_a_label_set(person: Visitor) -> None:
    page = person.page
    person.go("/routing")
    entry = page.get_by_role("combobox", name="Labels to test")
    entry.click(timeout=PATIENCE_MS)
    page.keyboard.type("team=web")
    page.keyboard.press("Enter")
    taken = page.locator(".route.taken > .route-box")
    expect(taken).to_have_count(1, timeout=PATIENCE_MS)
    expect(taken.locator(".route-receiver")).to_have_text("shop")
    page.keyboard.press("Backspace")
    expect(page.locator(".route.taken")).to_have_count(0)


def _try_a_configuration(person: Visitor) -> None:
    page = person.page
    person.go("/routing")
    page.get_by_role("radio", name="Dry run").click(timeout=PATIENCE_MS)
    assert "view=dry-run" in page.url, page.url
    page.get_by_role("button", name="Start from what is running").click(timeout=PATIENCE_MS)
    editor = page.get_by_role("textbox", name="alertmanager.yml to try")
    expect(editor).to_have_value(re.compile("receiver: storage-pager"), timeout=PATIENCE_MS)
    page.get_by_role("radio", name="24h").click()
    page.get_by_role("button", name="Run", exact=True).click()
    result = page.locator(".dry-run-result")
    expect(result.locator("h2")).to_contain_text("Would have sent", timeout=PATIENCE_MS)
    expect(result.locator(".badge.info, .badge.warn")).to_have_count(0)  # it is the configuration in force
    other = {"name": "other.yml", "mimeType": "application/yaml", "buffer": OTHER_ALERTMANAGER.encode()}
    page.get_by_label("Open a file").set_input_files(other)
    expect(result.get_by_text("was changed since")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    row = result.locator(".dry-run-receivers > li", has_text="everybody")
    row.get_by_role("button", name="groups:").click(timeout=PATIENCE_MS)
    expect(row.locator(".chip", has_text="webhook[1]")).to_be_visible()
    expect(row.locator(".dry-run-groups .chip", has_text="LatencyHigh")).to_be_visible()
    expect(result.locator(".dry-run-receivers > li", has_text="storage-pager")).to_contain_text("no longer told")


def _read_a_refusal(person: Visitor) -> None:
    page = person.page
    person.go("/routing?view=dry-run")
    run_dry(page, OTHER_ALERTMANAGER.replace("receiver: pager", "receiver: nobody"))
    expect(page.get_by_role("alert").locator("strong")).to_have_text("Line 7", timeout=PATIENCE_MS)
    expect(page.get_by_role("alert")).to_contain_text('undefined receiver "nobody"')
    expect(page.locator(".config-bad-line")).to_be_visible()
    person.complaints[:] = [one for one in person.complaints if "400" not in one]


def _stop_a_dry_run(person: Visitor) -> None:
    page = person.page
    person.go("/routing?view=dry-run")
    page.route("**/api/v1/alerts/dry-run*", lambda route: None)  # nobody answers
    run_dry(page)
    expect(page.locator(".dry-run-progress")).to_have_text(re.compile(r"^Runs: [1-9]"), timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.unroute_all()


def _read_versions_of_rules(person: Visitor) -> None:
    page = person.page
    person.go("/rules")
    page.locator(".rule-group", has_text="machine").get_by_role("button", name="History").click(timeout=PATIENCE_MS)
    assert "history=pages" in page.url, page.url
    dialog = page.get_by_role("dialog", name="History of machine")
    expect(dialog.locator(".diff-removed")).to_contain_text("< 0.05", timeout=PATIENCE_MS)
    expect(dialog.locator(".diff-added")).to_contain_text("< 0.999")
    expect(dialog.get_by_role("button", name="changed")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="created").click()
    expect(dialog.locator(".diff-removed")).to_have_count(0)
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.locator(".diff")).to_contain_text("< 0.05")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="pages/retired").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="deleted")).to_be_visible(timeout=PATIENCE_MS)


def _read_versions_of_an_objective(person: Visitor) -> None:
    page = person.page
    person.go("/slos")
    card = page.get_by_role("region", name="queries-answered")
    card.get_by_role("button", name="History").click(timeout=PATIENCE_MS)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".diff-removed")).to_contain_text('"objective": 99,', timeout=PATIENCE_MS)
    expect(dialog.locator(".diff-added")).to_contain_text('"objective": 99.5,')


def _read_when_it_was_told(person: Visitor) -> None:
    page = person.page
    person.go("/alerts")
    page.get_by_role("link", name="MemoryInUse").click(timeout=PATIENCE_MS)
    step = page.locator(".way-steps li", has_text="told as firing at").first
    written = r"told as firing at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d$"
    expect(step.locator("p")).to_have_text(re.compile(written), timeout=PATIENCE_MS)


def _return_from_nowhere(person: Visitor) -> None:
    page = person.page
    answer = page.goto(person.base + "/no/such/page")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="To the overview").click(timeout=PATIENCE_MS)
    expect(page.locator(".tile-figure").first).to_be_visible(timeout=PATIENCE_MS)
    person.complaints[:] = [one for one in person.complaints if "404" not in one]


def _declare_an_objective(person: Visitor) -> None:
    page = person.page
    person.go("/slos")
    page.get_by_role("button", name="New SLO").click(timeout=PATIENCE_MS)
    _fill(page, {"Name": "answers-fast", "Objective, percent": "99", "Description": "Answers come fast."})
    page.get_by_role("radio", name="Latency").click()
    histogram = 'prometheus_http_request_duration_seconds{handler="/api/v1/query"}'
    _fill(page, {"Histogram: selector": histogram, "Good up to (in its unit)": "0.4"})
    page.get_by_role("button", name="Show its rules").click()
    expect(page.locator("dialog .slo-rules", has_text="slo:error_ratio:rate5m")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Save").click()
    card: Locator = page.get_by_role("region", name="answers-fast")
    expect(card.locator(".badge", has_text="99% in 30d")).to_be_visible(timeout=PATIENCE_MS)
    card.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0, timeout=PATIENCE_MS)


def _fill(page: Page, texts: dict[str, str]) -> None:
    for label, text in texts.items():
        page.locator("dialog").get_by_label(label, exact=True).fill(text, timeout=PATIENCE_MS)


ALERT_USES: Final[tuple[Act, ...]] = (
    ("a filter is completed, refused and removed", _complete_a_filter),
    ("alerts are grouped and narrowed by labels", _group_and_narrow_by_labels),
    ("an alert is silenced in two clicks", _silence_in_two_clicks),
    ("an alert is commented, assigned and acknowledged", _acknowledge_assign_and_comment),
    ("a silence is extended, changed, expired and made again", _keep_a_silence),
    ("a silence of several matcher sets keeps them", _keep_every_matcher_set),
    ("the history is read and narrowed", _read_the_history),
    ("a rule unfolds with its graph", _unfold_a_rule),
    ("a label set shows its way through the routes", _test_a_label_set),
    ("a configuration is tried on the past", _try_a_configuration),
    ("a wrong configuration shows its line", _read_a_refusal),
    ("a dry run that takes long is stopped", _stop_a_dry_run),
    ("versions of rules are read", _read_versions_of_rules),
    ("versions of an objective are read", _read_versions_of_an_objective),
    ("times of notifications are the reader's", _read_when_it_was_told),
    ("an address that leads nowhere leads home", _return_from_nowhere),
    ("an objective is declared, read as rules and deleted", _declare_an_objective),
)
