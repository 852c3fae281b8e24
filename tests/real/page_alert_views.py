"""What `real pages` looks at of the pages about alerts, over what page_alert_seed.py made."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from playwright.sync_api import Page

from tests.real.browser import PATIENCE_MS
from tests.real.page_views import View

_CANVAS: Final = ".chart canvas"
_FORM: Final = ("dialog .chip.entered", "dialog .silence-preview li", "dialog .button.primary")
_TESTED: Final = '/routing?labels={severity="critical",team="storage",alertname="MemoryInUse"}'
_TREE: Final = (".routing-answer li", ".route.taken", ".inhibition .chip", ".heartbeats .badge")
_WHY: Final = (_CANVAS, ".timeline", ".way-steps .passes", ".beside li", ".events .badge", ".acknowledge select")
_LIST: Final = (".alert-group .alert.bad", ".alert .badge.warn", ".chip.pressable")
_SLO: Final = (".slo-figure strong", ".burn-rates dd", ".burn-alerts .badge")


_HISTORY: Final = (".version-list .badge.info", ".version-list .badge.good", ".diff-removed", ".diff-added")
_DRY: Final = "/routing?view=dry-run&window=24h"
_RAN: Final = (".dry-run-result h2", ".dry-run-bar i", ".dry-run-result .badge", ".dry-run-groups .chip", _CANVAS)
OTHER_ALERTMANAGER: Final = """\
route:
  receiver: everybody
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5s
  routes:
  - {matchers: ['severity="critical"'], receiver: pager}
receivers:
- {name: everybody, webhook_configs: [{url: "http://127.0.0.1/everybody"}, {url: "http://127.0.0.1/again"}]}
- {name: pager, webhook_configs: [{url: "http://127.0.0.1/pager"}]}
"""


def run_dry(page: Page, config: str = OTHER_ALERTMANAGER) -> None:
    page.locator(".config-editor textarea").fill(config, timeout=PATIENCE_MS)
    page.locator(".dry-run-card .button.primary").click()


def _run_dry_and_unfold(page: Page) -> None:
    run_dry(page)
    page.locator(".dry-run-fold").first.click(timeout=PATIENCE_MS)


def _run_wrong(page: Page) -> None:
    run_dry(page, OTHER_ALERTMANAGER.replace("receiver: pager", "receiver: nobody"))


def alert_views(fingerprint: str) -> tuple[View, ...]:
    """`fingerprint`: of the alert that a rule on this server raised."""
    one = f"/alerts?alert={fingerprint}"
    form = "/silences?form=new&filter=" + quote('{alertname="BackupOld"}')
    rule = "/rules?rule=machine/MemoryInUse"
    return (
        View("alerts", "/alerts", _LIST),
        View("alerts-dark", "/alerts?state=all&by=severity", _LIST, theme="dark", widths=(1280,)),
        View("alerts-none", "/alerts?filter=" + quote('{team="none"}'), (".empty .button",), widths=(360,)),
        View("alert", one, _WHY),
        View("alert-dark", one, _WHY, theme="dark"),
        View("silences", "/silences", (".silence .badge.warn", ".silence .badge.good", ".notice.warn")),
        View("silence-form", form, _FORM),
        View("silence-sets", "/silences?q=cart", (".silence-sets .row + .row .chip",)),
        View(
            "alert-history", "/alerts?view=history", (".events a strong", ".events .badge.bad", ".events .badge.info")
        ),
        View("silences-nonsense", "/silences?state=zzz", (".silence .badge.warn",), widths=(390,)),
        View("silence-form-dark", form, _FORM, theme="dark", widths=(360,)),
        View("rules", rule, (".rule-error", _CANVAS, ".rule-alerts .badge.bad", ".annotations dd")),
        View("rules-dark", rule, (".rule-error", _CANVAS), theme="dark", widths=(1280,)),
        View("routing", _TESTED, _TREE),
        View("routing-dark", _TESTED, _TREE, theme="dark", widths=(1280,)),
        View("dry-run-empty", _DRY, (".config-editor textarea", ".empty"), widths=(360,)),
        View("dry-run", _DRY, _RAN, widths=(390, 1440), prepare=_run_dry_and_unfold),
        View("dry-run-dark", _DRY, _RAN, theme="dark", widths=(1440,), prepare=_run_dry_and_unfold),
        View("dry-run-refused", _DRY, (".config-bad-line", ".notice.bad code"), prepare=_run_wrong, refused="400"),
        View("rule-history", "/rules?history=pages/machine", _HISTORY),
        View("rule-history-dark", "/rules?history=pages/retired", (".diff-removed",), theme="dark", widths=(1280,)),
        View("slo-history", "/slos?history=queries-answered", _HISTORY, widths=(1280,)),
        View("not-found", "/no/such/page", (".empty a", ".empty code"), widths=(360,), refused="404"),
        View("slos", "/slos", _SLO),
        View("slos-dark", "/slos", _SLO, theme="dark", widths=(1280,)),
        View("slo-form", "/slos?form=queries-answered", ("dialog .slo-form .field",)),
    )
