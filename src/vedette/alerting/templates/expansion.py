"""The templates of one configuration: our defaults, then the user's files, whose definitions replace ours of the same name.

One set serves texts and HTML: values are escaped while a page is written (signals/template/html), so nothing is parsed twice.
Expanding is pure and bounded; it runs in the loop for a text and belongs to a worker thread for large groups.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from vedette.alerting.notification import Notification
from vedette.alerting.templates.data import Data, notification_data
from vedette.alerting.templates.functions import FUNCTIONS, functions_at
from vedette.intake.config.load import read_config_file
from vedette.model.errors import ConfigError
from vedette.signals.template import FunctionError, Limits, TemplateError, TemplateSet
from vedette.signals.template.html import HtmlEscaper

Language = Literal["zh-CN", "en"]

OUTPUT_CHARS_MAX: Final = 64 << 20
"""The 50 alerts that a default text tells still fit when each brings many annotations of 64 KB."""
STEPS_MAX: Final = 10_000_000
"""A user's template may go through a group of 20,000 alerts."""
_LIMITS: Final = Limits(steps_max=STEPS_MAX, output_chars_max=OUTPUT_CHARS_MAX)


class Templates:
    """`external_url`: where people reach us; without a slash at its end."""

    def __init__(self, external_url: str = "", language: Language = "zh-CN") -> None:
        self.external_url = external_url.rstrip("/")
        self._set = TemplateSet(FUNCTIONS, missing_key="zero", limits=_LIMITS)
        for name in ("default.tmpl", "email.tmpl", f"words.{language}.tmpl"):
            text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
            self._set.add(name, text)

    def add_files(self, patterns: Iterable[str]) -> None:
        """The files that match; a pattern that none matches is no error. Raises ConfigError."""
        for pattern in patterns:
            for file in sorted(glob.glob(pattern)):
                self._add_file(Path(file))

    def _add_file(self, path: Path) -> None:
        try:
            self._set.add(path.name, read_config_file(path))
            self._set.check("")
        except TemplateError as error:
            raise ConfigError(error.message, file=str(path), line=error.line, hint=error.hint) from None

    def check(self, text: str) -> None:
        """Raises TemplateError where a text does not parse, or can only run in a circle."""
        self._set.check(text)

    def undefined(self, text: str) -> list[str]:
        """Names that it, or a file, calls and nothing defines. Raises TemplateError."""
        return self._set.undefined(text)

    def names(self) -> list[str]:
        return self._set.names()

    def data(self, notification: Notification) -> Data:
        return notification_data(notification, self.external_url)

    def text(self, text: str, data: Data) -> str:
        """Raises TemplateError."""
        return self._expand(text, data, html=False) if "{{" in text else text

    def html(self, text: str, data: Data) -> str:
        """Raises TemplateError."""
        return self._expand(text, data, html=True)

    def _expand(self, text: str, data: Data, *, html: bool, labels: Callable[[str], str] | None = None) -> str:
        own: dict[str, Callable[..., Any]] = functions_at(data.now_ms)
        own["routeLabels"] = labels or (lambda name: data.route_labels.get(name, ""))
        return self._set.expand(text, data, functions=own, escaper=HtmlEscaper() if html else None)

    def route_labels(self, raw: Mapping[str, str], data: Data) -> dict[str, str]:
        """A route's labels, their templates filled in; one may name another. Raises TemplateError, also where they go round."""
        return _RouteLabels(raw, lambda text, labels: self._expand(text, data, html=False, labels=labels)).all()


class _RouteLabels:
    """Each is expanded once, at its first use."""

    def __init__(self, raw: Mapping[str, str], expand: Callable[[str, Callable[[str], str]], str]) -> None:
        self._raw = raw
        self._expand = expand
        self._done: dict[str, str] = {}
        self._under_way: list[str] = []

    def all(self) -> dict[str, str]:
        return {name: self._resolve(name) for name in self._raw}

    def _resolve(self, name: str) -> str:
        if name not in self._raw:
            return ""
        if name in self._under_way:
            raise FunctionError(f"route label cycle detected: {' -> '.join((*self._under_way, name))}")
        if name not in self._done:
            self._under_way.append(name)
            self._done[name] = self._expand(self._raw[name], self._resolve)
            self._under_way.pop()
        return self._done[name]
