"""All SLOs in force: those of the file, and those set over HTTP, whose versions the journal keeps.

A name belongs to the file or to the API: one of the file cannot be changed over HTTP, and hides one of the API.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from vedette.alerting.pipeline.keeping import Runner
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.slo.compiling import define_slo_groups
from vedette.alerting.slo.sections import SLOS_MAX, SloSection, parse_slo, read_slo_file
from vedette.intake.config.codec import write_section
from vedette.model.errors import BadInput, ConfigError, Forbidden, NotFound
from vedette.ports.clock import Clock
from vedette.ports.journal import Journal, JournalEntry
from vedette.ports.principal import Principal
from vedette.query.promql.parser import ParserOptions

_LOG: Final = logging.getLogger(__name__)

KIND: Final = "slo"
OVER_HTTP: Final = "slos"
"""As the source of an SLO, and as the file of its groups."""


@dataclass(frozen=True, slots=True)
class Slo:
    """`source`: the file's name, or OVER_HTTP."""

    section: SloSection
    source: str

    @property
    def is_changeable(self) -> bool:
        return self.source == OVER_HTTP


@dataclass(slots=True)
class SloCatalog:
    """On the event loop; what blocks goes through `io`. `on_change` is told when other groups have to be evaluated."""

    journal: Journal
    io: Runner
    clock: Clock
    tenant: str
    parser: ParserOptions = field(default_factory=ParserOptions)
    on_change: Callable[[], None] = lambda: None
    _of_file: tuple[SloSection, ...] = ()
    _file_name: str = ""
    _set: dict[str, SloSection] = field(default_factory=dict)
    _revision: int = 0

    async def start(self) -> None:
        """Reads what was set over HTTP. Raises StoreUnavailable."""
        await self.follow()

    async def follow(self) -> bool:
        """Takes in what was written since, also by other servers; whether anything was."""
        part = await self.io(lambda: self.journal.since(self.tenant, KIND, self._revision))
        self._revision = part.revision
        for entry in part.entries:
            self._apply(entry)
        return bool(part.entries)

    def apply_file(self, file: Path | None, slos: tuple[SloSection, ...]) -> None:
        """What `read_slos` gave for it."""
        self._file_name, self._of_file = str(file or ""), slos

    def all(self) -> Sequence[Slo]:
        """By name."""
        found = {name: Slo(section, OVER_HTTP) for name, section in self._set.items()}
        found |= {section.name: Slo(section, self._file_name) for section in self._of_file}
        return [found[name] for name in sorted(found)]

    def get(self, name: str) -> Slo:
        """Raises NotFound."""
        for slo in self.all():
            if slo.section.name == name:
                return slo
        raise NotFound(f"no such slo: {name}")

    def groups(self) -> list[GroupDefinition]:
        """What the rules' manager evaluates for all of them."""
        return [group for slo in self.all() for group in define_slo_groups(slo.section, slo.source, self.parser)]

    async def put(self, principal: Principal, name: str, text: str) -> Slo:
        """In force when it returns. Raises ConfigError, BadInput, Forbidden, StoreUnavailable."""
        section = parse_slo(text, f"slo {name}")
        if section.name != name:
            raise BadInput(f"the slo's name is not that of its path: {section.name}")
        self._refuse_file(name)
        if name not in self._set and len(self._set) >= SLOS_MAX:
            raise BadInput(f"more than {SLOS_MAX} slos")
        await self._write(principal, name, msgspec.json.encode(write_section(section)).decode())
        return self.get(name)

    async def delete(self, principal: Principal, name: str) -> None:
        """Raises NotFound, Forbidden, StoreUnavailable."""
        self._refuse_file(name)
        self.get(name)
        await self._write(principal, name, "")

    async def versions(self, name: str) -> Sequence[JournalEntry]:
        """Oldest first; the content is the definition as JSON, empty where it was deleted. Raises NotFound."""
        found = await self.io(partial(self.journal.of, self.tenant, KIND, name))
        if not found:
            self.get(name)
        return found

    def _refuse_file(self, name: str) -> None:
        if any(section.name == name for section in self._of_file):
            raise Forbidden(f"the slo is declared in a file and cannot be changed here: {self._file_name}")

    async def _write(self, principal: Principal, name: str, content: str) -> None:
        if principal.tenant != self.tenant:
            raise Forbidden(f"slos are kept for tenant {self.tenant}, not for {principal.tenant}")
        entry = JournalEntry(name, 0, self.clock.now_ms(), principal.user, content)
        await self.io(lambda: self.journal.append(self.tenant, KIND, entry))
        await self.follow()
        self.on_change()

    def _apply(self, entry: JournalEntry) -> None:
        if not entry.content:
            self._set.pop(entry.subject, None)
            return
        try:
            self._set[entry.subject] = parse_slo(entry.content, f"slo {entry.subject}")
        except ConfigError as error:  # of a version of the program that knows more
            _LOG.error("a stored slo is not understood and is left out: %s", error)
            self._set.pop(entry.subject, None)


def read_slos(file: Path | None) -> tuple[SloSection, ...]:
    """Raises ConfigError."""
    return read_slo_file(file) if file is not None else ()
