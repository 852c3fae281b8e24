"""Which alerts, groups and receivers a request asks for: matchers, switches, expressions over receivers' names and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vedette.alerting.matchers import AlertMatcher, MatcherMode
from vedette.alerting.matchers.matcher import compile_expression
from vedette.alerting.pipeline.muting import Status
from vedette.api.requests import Parameters
from vedette.model.errors import BadInput

_TRUE: Final = frozenset({"true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"})


def switch(given: Parameters, name: str) -> bool:
    """True unless it is given and says otherwise. Words are those of go-openapi's swag.ConvertBool."""
    text = given.get(name)
    return not text or text.lower() in _TRUE


def label_filter(given: Parameters, name: str, mode: MatcherMode) -> list[AlertMatcher]:
    """Raises BadInput."""
    return [mode.matcher(text, "api") for text in given.all(name)]


def passes(matchers: Sequence[AlertMatcher], labels: Mapping[str, str]) -> bool:
    """An empty value asks whether the label is there. Source: api/v2/api.go (matchFilterLabels)."""
    for matcher in matchers:
        value = labels.get(matcher.name)
        if not matcher.value and (value is not None) is matcher.is_negative:
            continue
        if not matcher.matches(value or ""):
            return False
    return True


@dataclass(frozen=True, slots=True)
class ReceiverFilter:
    expression: Any
    matchers: Sequence[AlertMatcher]
    labels: Mapping[str, Mapping[str, str]]

    def takes(self, receiver: str) -> bool:
        return self.takes_name(receiver) and self.takes_labels(receiver)

    def takes_name(self, receiver: str) -> bool:
        return self.expression is None or self.expression.fullmatch(receiver) is not None

    def takes_labels(self, receiver: str) -> bool:
        return not self.matchers or (receiver in self.labels and passes(self.matchers, self.labels[receiver]))


def receiver_filter(given: Parameters, labels: Mapping[str, Mapping[str, str]], mode: MatcherMode) -> ReceiverFilter:
    """`labels` are those of each receiver. Raises BadInput."""
    expression = None
    if given.get("receiver"):
        try:
            expression = compile_expression(given.get("receiver"))
        except BadInput as error:
            raise BadInput(f"failed to parse receiver param: {error.message}") from None
    return ReceiverFilter(expression, receiver_matchers(given, mode), labels)


def receiver_matchers(given: Parameters, mode: MatcherMode) -> list[AlertMatcher]:
    """Raises BadInput."""
    try:
        return label_filter(given, "receiver_matchers", mode)
    except BadInput as error:
        raise BadInput(f"failed to parse receiver_matchers param: {error.message}") from None


@dataclass(frozen=True, slots=True)
class StatusFilter:
    active: bool
    silenced: bool
    inhibited: bool

    def takes(self, status: Status) -> bool:
        if status.is_suppressed:
            silenced_ok = self.silenced or not status.silenced_by
            return silenced_ok and (self.inhibited or status.inhibited_by is None)
        return self.active


def status_filter(given: Parameters) -> StatusFilter:
    return StatusFilter(switch(given, "active"), switch(given, "silenced"), switch(given, "inhibited"))
