"""The labels that a scraped series is stored with: the target's are added, metric relabelling runs, limits are checked.

Only for series never seen before: the warm path finds a known series by the hash of its bytes. Source: Prometheus
scrape.go mutateSampleLabels, mutateReportSampleLabels, verifyLabelLimits, messages included.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.intake.config.sections import ScrapeConfig
from vedette.model.errors import BadInput
from vedette.model.labels import METRIC_NAME, Labels, quote_label_name
from vedette.model.names import ValidationScheme
from vedette.model.quoting import quote
from vedette.signals.relabel import Rule, relabel

_SHOWN_MAX = 50


class LabelLimitExceeded(BadInput):
    """One of label_limit, label_name_length_limit, label_value_length_limit; the whole scrape fails."""

    code = "label_limit"


@dataclass(frozen=True, slots=True)
class LabelLimits:
    """0: no limit. Lengths are in bytes."""

    labels: int = 0
    name_bytes: int = 0
    value_bytes: int = 0

    def check(self, labels: Labels) -> None:
        """Raises LabelLimitExceeded."""
        if not (self.labels or self.name_bytes or self.value_bytes):
            return
        metric = labels.name[:_SHOWN_MAX]
        if self.labels and len(labels) > self.labels:
            raise LabelLimitExceeded(
                f"label_limit exceeded (metric: {metric}, number of labels: {len(labels)}, limit: {self.labels})"
            )
        for name, value in labels:
            self._check_lengths(metric, name, value)

    def _check_lengths(self, metric: str, name: str, value: str) -> None:
        length = len(name.encode())
        if self.name_bytes and length > self.name_bytes:
            raise LabelLimitExceeded(
                f"label_name_length_limit exceeded (metric: {metric}, label name: {name[:_SHOWN_MAX]}, "
                f"length: {length}, limit: {self.name_bytes})"
            )
        length = len(value.encode())
        if self.value_bytes and length > self.value_bytes:
            raise LabelLimitExceeded(
                f"label_value_length_limit exceeded (metric: {metric}, label name: {name[:_SHOWN_MAX]}, "
                f"value: {quote(value)[:_SHOWN_MAX]}, length: {length}, limit: {self.value_bytes})"
            )


@dataclass(frozen=True, slots=True)
class SeriesLabeller:
    """What one target does to the labels that it exposes."""

    target_labels: Labels
    honor_labels: bool
    rules: tuple[Rule, ...]
    limits: LabelLimits
    scheme: ValidationScheme

    @classmethod
    def of(cls, job: ScrapeConfig, target_labels: Labels) -> SeriesLabeller:
        limits = LabelLimits(job.label_limit, job.label_name_length_limit, job.label_value_length_limit)
        return cls(target_labels, job.honor_labels, job.metric_rules(), limits, job.name_scheme)

    def stored(self, exposed: Labels) -> Labels | None:
        """None when relabelling drops the series. Raises BadInput when the result is no series or breaks a limit."""
        labels = relabel(self._with_target(exposed), self.rules)
        if labels is None or not labels:
            return None
        if not labels.name:
            raise BadInput("missing metric name (__name__ label)")
        if not self._is_valid(labels):
            shown = ", ".join(f"{quote_label_name(name)}={quote(value)}" for name, value in labels)
            raise BadInput(f"invalid metric name or label names: {{{shown}}}")
        self.limits.check(labels)
        return labels

    def reported(self, metric: str) -> Labels:
        """The labels of a series about the scrape itself, such as `up`."""
        return Labels([*self.target_labels, (METRIC_NAME, metric)])

    def _with_target(self, exposed: Labels) -> Labels:
        """A label that target and page both have: the page's stays with honor_labels, else it becomes `exported_*`."""
        pairs = dict(exposed)
        clashes = []
        for name, value in self.target_labels:
            if self.honor_labels:
                pairs.setdefault(name, value)
                continue
            if name in pairs:
                clashes.append((name, pairs[name]))
            pairs[name] = value
        for name, value in sorted(clashes, key=lambda pair: len(pair[0])):
            free = f"exported_{name}"
            while free in pairs:
                free = f"exported_{free}"
            pairs[free] = value
        return Labels(pairs.items())

    def _is_valid(self, labels: Labels) -> bool:
        allowed = self.scheme.allows_label_name
        return self.scheme.allows_metric_name(labels.name) and all(allowed(name) for name, _ in labels)
