"""What `real pages` looks at of the pages about alerts, over what page_alert_seed.py made."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from tests.real.page_views import View

_CANVAS: Final = ".chart canvas"
_FORM: Final = ("dialog .chip.entered", "dialog .silence-preview li", "dialog .button.primary")
_TESTED: Final = '/routing?labels={severity="critical",team="storage",alertname="MemoryInUse"}'
_TREE: Final = (".routing-answer li", ".route.taken", ".inhibition .chip", ".heartbeats .badge")
_WHY: Final = (_CANVAS, ".timeline", ".way-steps .passes", ".beside li", ".events .badge", ".acknowledge select")
_LIST: Final = (".alert-group .alert.bad", ".alert .badge.warn", ".chip.pressable")
_SLO: Final = (".slo-figure strong", ".burn-rates dd", ".burn-alerts .badge")


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
        View("slos", "/slos", _SLO),
        View("slos-dark", "/slos", _SLO, theme="dark", widths=(1280,)),
        View("slo-form", "/slos?form=queries-answered", ("dialog .slo-form .field",)),
    )
