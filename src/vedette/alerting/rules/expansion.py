"""Labels and annotations of an alert: templates over the series that raised it.

A text is parsed once. What it gives is remembered for a series while its value stays, unless the text may look at the clock
or ask a query. A template that fails becomes its own error text, so that the alert is raised all the same.
Source: Prometheus rules/alerting.go (Eval), template/template.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from vedette.alerting.alerts import ALERT_NAME
from vedette.alerting.rules.template_text import PREAMBLE, template_name
from vedette.alerting.rules.vectors import Vector, template_value
from vedette.model.errors import VedetteError
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.telemetry import counter
from vedette.signals.template import FunctionError, StringMap, TemplateError, TemplateSet
from vedette.signals.template.alert_functions import TemplateSample, alert_functions

AskAt = Callable[[str, int], Vector]
"""The answer of an instant query at a time in ms. Raises VedetteError."""

_ASKS: Final = re.compile(r"\b(query|now)\b")
"""Words in whose presence a text is expanded anew each time: what it gives may depend on more than the series and its value."""

_EXPANSIONS: Final = counter("prometheus_template_text_expansions", "Texts of templates that were expanded.")
_FAILURES: Final = counter("prometheus_template_text_expansion_failures", "Texts of templates that failed.")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a template sees beside the series. `external_url` without a slash at its end."""

    ask: AskAt
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""


@dataclass(frozen=True, slots=True)
class AlertData:
    """The dot of a template."""

    labels: StringMap
    external_labels: StringMap
    external_url: str
    value: Any

    go_type = (
        "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
    )

    def member(self, name: str) -> Any:
        return {
            "Labels": self.labels,
            "ExternalLabels": self.external_labels,
            "ExternalURL": self.external_url,
            "Value": self.value,
        }[name]

    def __str__(self) -> str:
        labels, external = (
            "map[" + " ".join(f"{name}:{value}" for name, value in sorted(each.items())) + "]"
            for each in (self.labels, self.external_labels)
        )
        return f"{{{labels} {external} {self.external_url} {self.value}}}"


class RuleTexts:
    """The labels and annotations of one alerting rule. Not thread-safe: a rule is evaluated by one thread at a time."""

    def __init__(self, alert: str, labels: Labels, annotations: Labels) -> None:
        self._alert = alert
        self._name = template_name(alert)
        self._now_ms = 0
        self._surroundings: Surroundings | None = None
        self._external_labels = StringMap()
        self._functions = alert_functions(self._query, 0.0, "") | {
            "now": lambda: self._now_ms / 1000,
            "externalURL": lambda: self._known.external_url,
            "pathPrefix": lambda: urlsplit(self._known.external_url).path,
        }
        self._labels = [(name, self._prepare(text)) for name, text in labels]
        self._annotations = [(name, self._prepare(text)) for name, text in annotations]
        texts = [text for _, text in (*labels, *annotations)]
        self._constant = not any("{{" in text for text in texts)
        self._steady = not any(_ASKS.search(text) for text in texts)
        self._remembered: dict[Labels, tuple[Any, Labels, Labels]] = {}

    def at(self, now_ms: int, surroundings: Surroundings) -> None:
        """The time and the place of the expansions that follow."""
        if surroundings is not self._surroundings:
            self._external_labels = StringMap(surroundings.external_labels)
            self._remembered.clear()
        self._now_ms, self._surroundings = now_ms, surroundings

    def expand(self, series: Labels, value: Any) -> tuple[Labels, Labels]:
        """(labels, annotations) of the alert that one series of the answer raises; `value` a float or a histogram."""
        if self._steady and (known := self._remembered.get(series)) is not None and known[0] == value:
            return known[1], known[2]
        data = None
        if not self._constant:
            data = AlertData(StringMap(series), self._external_labels, self._known.external_url, template_value(value))
        own = {name: self._expand_one(text, data) for name, text in self._labels}
        labels = Labels.of(dict(series) | own | {METRIC_NAME: "", ALERT_NAME: self._alert})
        annotations = Labels((name, self._expand_one(text, data)) for name, text in self._annotations)
        if self._steady:
            self._remembered[series] = value, labels, annotations
        return labels, annotations

    def forget_all_but(self, series: Sequence[Labels]) -> None:
        """What is remembered stays bounded by what the last answer had."""
        if len(self._remembered) > len(series):
            kept = {each: self._remembered[each] for each in series if each in self._remembered}
            self._remembered = kept

    @property
    def _known(self) -> Surroundings:
        assert self._surroundings is not None
        return self._surroundings

    def _prepare(self, text: str) -> str | TemplateSet | TemplateError:
        if "{{" not in text:
            return text
        prepared = TemplateSet(self._functions)
        try:
            prepared.add(self._name, PREAMBLE + text)
        except TemplateError as error:
            return error
        return prepared

    def _expand_one(self, text: str | TemplateSet | TemplateError, data: AlertData | None) -> str:
        if isinstance(text, str):
            return text
        _EXPANSIONS.inc()
        try:
            if isinstance(text, TemplateError):
                raise text
            return text.run(self._name, data)
        except TemplateError as error:
            _FAILURES.inc()
            stage = "parsing" if error is text else "executing"
            return f"<error expanding template: error {stage} template {self._name}: {error.message}>"

    def _query(self, text: str) -> list[TemplateSample]:
        try:
            vector = self._known.ask(text, self._now_ms)
        except VedetteError as error:
            raise FunctionError(error.message) from None
        return [TemplateSample(StringMap(labels), template_value(value)) for labels, value in vector.pairs()]
