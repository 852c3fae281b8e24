"""Rules that are set over HTTP: namespaces of groups, each a rule file in the data directory, and a log of who changed what.

    DATA/rules/NAMESPACE.yml     the groups in force, a rule file like any other (the name is URL-quoted)
    DATA/rules/versions.jsonl    a line a change: when, who, what, and the group's text as it was sent

A change is written to the log, then to a new file that takes the old one's place, each with fsync: a kill leaves either
the old groups or the new ones, and at most a version that never came into force.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote as quote_url
from urllib.parse import unquote as unquote_url

import msgspec
import yaml

from vedette.alerting.rules.file_format import GroupSection, RuleDialect, RuleFile, parse_rule_group, read_rule_file
from vedette.intake.config.codec import write_section
from vedette.model.errors import BadInput, NotFound
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal

SUFFIX: Final = ".yml"
NAMESPACES_MAX: Final = 1_000
GROUPS_MAX: Final = 1_000
"""Of one namespace."""


class RuleVersion(msgspec.Struct, frozen=True):
    """`text` is empty when the group was deleted. Numbers rise by one from 1 in each namespace."""

    number: int
    time_ms: int
    user: str
    namespace: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleNamespaces:
    """Calls block; thread-safe."""

    folder: Path
    clock: Clock
    _lock: threading.Lock

    @classmethod
    def within(cls, folder: Path, clock: Clock) -> RuleNamespaces:
        return cls(folder, clock, threading.Lock())

    def all_groups(self, dialect: RuleDialect) -> Mapping[str, Sequence[GroupSection]]:
        return {name: file.groups for name, file in self.files(dialect).items()}

    def files(self, dialect: RuleDialect) -> Mapping[str, RuleFile]:
        """By namespace, in their order. Raises BadRuleFile for a file that somebody else broke."""
        return {name: read_rule_file(self._path(name), dialect) for name in self._names()}

    def groups(self, namespace: str, dialect: RuleDialect) -> Sequence[GroupSection]:
        """Empty for a namespace that is not known."""
        path = self._path(namespace)
        return read_rule_file(path, dialect).groups if path.exists() else ()

    def put(self, principal: Principal, namespace: str, text: str, dialect: RuleDialect) -> None:
        """Creates the group of the YAML text, or takes the place of the one of its name. Raises BadRuleFile, BadInput."""
        if not namespace:
            raise BadInput("the namespace is empty")
        group = parse_rule_group(text, f"{namespace}: rule group", dialect)
        with self._lock:
            groups = list(self.groups(namespace, dialect))
            known = [each.name for each in groups]
            if group.name in known:
                groups[known.index(group.name)] = group
            else:
                groups.append(group)
            if len(groups) > GROUPS_MAX or len({*self._names(), namespace}) > NAMESPACES_MAX:
                raise BadInput(f"too many rule groups or namespaces: at most {GROUPS_MAX} and {NAMESPACES_MAX}")
            self._log(principal, namespace, group.name, text)
            self._write(namespace, groups)

    def delete(self, principal: Principal, namespace: str, group: str, dialect: RuleDialect) -> None:
        """One group, or with an empty name all of the namespace. Raises NotFound."""
        with self._lock:
            groups = self.groups(namespace, dialect)
            kept = [each for each in groups if group and each.name != group]
            if len(kept) == len(groups):
                raise NotFound("no rule groups found" if not group else "group does not exist")
            for each in groups:
                if each not in kept:
                    self._log(principal, namespace, each.name, "")
            self._write(namespace, kept)

    def versions(self, namespace: str) -> list[RuleVersion]:
        """Of a namespace (empty: of all), oldest first."""
        path = self._log_path
        lines = path.read_bytes().splitlines() if path.exists() else []
        found = (_read_version(line) for line in lines)
        return [version for version in found if version is not None and namespace in ("", version.namespace)]

    @property
    def _log_path(self) -> Path:
        return self.folder / "versions.jsonl"

    def _path(self, namespace: str) -> Path:
        return self.folder / (quote_url(namespace, safe="") + SUFFIX)

    def _names(self) -> list[str]:
        return sorted(unquote_url(path.name.removesuffix(SUFFIX)) for path in self.folder.glob(f"*{SUFFIX}"))

    def _log(self, principal: Principal, namespace: str, group: str, text: str) -> None:
        number = len(self.versions(namespace)) + 1
        version = RuleVersion(number, self.clock.now_ms(), principal.user, namespace, group, text)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            log.write(b"\n" + msgspec.json.encode(version))
            log.flush()
            os.fsync(log.fileno())

    def _write(self, namespace: str, groups: Sequence[GroupSection]) -> None:
        path = self._path(namespace)
        if not groups:
            path.unlink(missing_ok=True)
        else:
            written = path.with_suffix(".new")
            with written.open("w", encoding="utf-8") as file:
                file.write(render_groups(groups))
                file.flush()
                os.fsync(file.fileno())
            written.replace(path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read_version(line: bytes) -> RuleVersion | None:
    """None for what a kill cut short. Each entry begins a line, so that it spoils no other."""
    try:
        return msgspec.json.decode(line, type=RuleVersion)
    except msgspec.DecodeError:
        return None


def render_groups(groups: Sequence[GroupSection]) -> str:
    """As a rule file."""
    return to_yaml({"groups": [write_section(group) for group in groups]})


def to_yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1 << 16))
