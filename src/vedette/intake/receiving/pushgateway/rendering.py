"""The groups as a page in the text format, and as the JSON of the Pushgateway's `/api/v1/metrics`.

A metric without an `instance` gets an empty one on the page, so that whoever scrapes it with honor_labels does not put the
page's own instance there. Source: Pushgateway storage/diskmetricstore.go (sanitizeLabels), api/v1/api.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from vedette.intake.receiving.pushgateway.groups import Family, Group, PushedSample
from vedette.model.labels import Labels, escape_value, is_classic_metric_name, quote_label_name

_HELP_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n"})
_INSTANCE: Final = "instance"
_BOUND_LABELS: Final = frozenset({"le", "quantile"})


def render_page(groups: Iterable[Group]) -> bytes:
    """Families in the order of their names; of differing help texts the first stays."""
    families: dict[str, list[Family]] = {}
    for group in groups:
        for name, family in group.families.items():
            families.setdefault(name, []).append(family)
    lines: list[str] = []
    for name, members in sorted(families.items()):
        shown = name if is_classic_metric_name(name) else f'"{escape_value(name)}"'
        if members[0].help:
            lines.append(f"# HELP {shown} {members[0].help.translate(_HELP_ESCAPES)}\n")
        lines.append(f"# TYPE {shown} {members[0].type}\n")
        lines += [f"{_series(one)} {one.value}\n" for family in members for one in family.samples]
    return "".join(lines).encode(errors="replace")


def _series(sample: PushedSample) -> str:
    pairs = [f'{quote_label_name(name)}="{escape_value(value)}"' for name, value in with_instance(sample.labels)]
    if is_classic_metric_name(sample.name):
        return f"{sample.name}{{{','.join(pairs)}}}"
    quoted = f'"{escape_value(sample.name)}"'
    return f"{{{','.join([quoted, *pairs])}}}"


def with_instance(labels: Labels) -> Sequence[tuple[str, str]]:
    return labels.pairs if labels.get(_INSTANCE) else sorted([*labels.pairs, (_INSTANCE, "")])


def render_json(groups: Iterable[Group]) -> list[dict[str, Any]]:
    listed = []
    for group in groups:
        entry: dict[str, Any] = {"labels": dict(group.labels), "last_push_successful": group.last_push_succeeded}
        for name, family in group.families.items():
            entry[name] = _family_json(family)
        listed.append(entry)
    return listed


def _family_json(family: Family) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(family.pushed_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
    described: dict[str, Any] = {"time_stamp": stamp, "type": family.type.upper()}
    if family.help:
        described["help"] = family.help
    return {**described, "metrics": _metrics_json(family)}


def _metrics_json(family: Family) -> list[dict[str, Any]]:
    """One entry a metric: the parts of a histogram or summary are put together again."""
    metrics: dict[Labels, dict[str, Any]] = {}
    for sample in family.samples:
        entry = metrics.setdefault(sample.labels.without(_BOUND_LABELS), {})
        if sample.name.endswith("_bucket") and family.type == "histogram":
            entry.setdefault("buckets", {})[_plain(sample.labels.get("le"))] = sample.value
        elif sample.name == f"{family.name}_sum":
            entry["sum"] = sample.value
        elif sample.name == f"{family.name}_count":
            entry["count"] = sample.value
        elif family.type == "summary":
            entry.setdefault("quantiles", {})[_plain(sample.labels.get("quantile"))] = sample.value
        else:
            entry["value"] = sample.value
    return [{"labels": dict(with_instance(labels)), **entry} for labels, entry in metrics.items()]


def _plain(bound: str) -> str:
    """`1` for the `1.0` of a stored bound."""
    return bound.removesuffix(".0")
