"""Rule files of a configuration, all or nothing: patterns to files to groups. Source: Prometheus rules/manager.go (LoadGroups)."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.file_format import RuleDialect, RuleFile, read_rule_file


def load_groups(patterns: Iterable[str], interval_ms: int, dialect: RuleDialect) -> list[GroupDefinition]:
    """`interval_ms`: of groups that name none. Raises BadRuleFile."""
    groups: dict[str, GroupDefinition] = {}
    for name in matching_files(patterns):
        for group in define_file(read_rule_file(Path(name), dialect), name, interval_ms, dialect):
            groups[group.key] = group
    return list(groups.values())


def define_file(file: RuleFile, name: str, interval_ms: int, dialect: RuleDialect) -> list[GroupDefinition]:
    return [define_group(section, name, interval_ms, dialect.parser) for section in file.groups]


def matching_files(patterns: Iterable[str]) -> list[str]:
    """Each file once, in the order of the patterns; a pattern that matches nothing is no error."""
    return list(dict.fromkeys(name for pattern in patterns for name in sorted(glob.glob(pattern))))


def file_stamps(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """What changes when a file is written: for those who look whether they have to be read again."""
    stamps = {}
    for name in names:
        try:
            status = Path(name).stat()
        except OSError:
            continue
        stamps[name] = status.st_mtime_ns, status.st_size
    return stamps
