"""The text of a rule's label or annotation, as the template that it is: its name, and what stands before it.

Both are seen in error messages, with columns. Source: Prometheus model/rulefmt/rulefmt.go (testTemplateParsing).
"""

from __future__ import annotations

from typing import Final

from vedette.signals.template import TemplateError, TemplateSet
from vedette.signals.template.alert_functions import alert_functions

PREAMBLE: Final = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)


def template_name(alert: str) -> str:
    return f"__alert_{alert}"


def template_problem(alert: str, text: str) -> str:
    """Why the text cannot be parsed; empty when it can."""
    if "{{" not in text:
        return ""
    try:
        TemplateSet(alert_functions(lambda _: [], 0.0, "")).add(template_name(alert), PREAMBLE + text)
    except TemplateError as error:
        return error.message
    return ""
