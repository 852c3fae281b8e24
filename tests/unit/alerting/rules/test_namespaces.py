"""Rules set over HTTP are kept, replaced, deleted, and every change is remembered with who and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clocks import SetClock
from vedette.alerting.rules.file_format import BadRuleFile, RuleDialect
from vedette.alerting.rules.namespaces import RuleNamespaces
from vedette.model.errors import BadInput, NotFound
from vedette.ports.principal import ANONYMOUS, Principal

DIALECT = RuleDialect()
ANNA = Principal(ANONYMOUS, "anna")
GROUP = "name: g\nrules: [{alert: A, expr: up == 0, for: 1m}]\n"


def opened(folder: Path) -> RuleNamespaces:
    return RuleNamespaces.within(folder, SetClock(1_000))


def test_a_group_is_kept_and_read_again_by_another_process(tmp_path: Path) -> None:
    opened(tmp_path).put(ANNA, "team/a b", GROUP, DIALECT)
    (group,) = opened(tmp_path).files(DIALECT)["team/a b"].groups
    assert (group.name, group.rules[0].hold) == ("g", 60_000)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".new"]


def test_a_group_of_the_same_name_is_replaced_and_others_stay(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.put(ANNA, "n", GROUP, DIALECT)
    book.put(ANNA, "n", GROUP.replace("name: g", "name: h"), DIALECT)
    book.put(ANNA, "n", GROUP.replace("1m", "2m"), DIALECT)
    assert [(group.name, group.rules[0].hold) for group in book.groups("n", DIALECT)] == [("g", 120_000), ("h", 60_000)]


def test_every_change_is_a_version_with_who_and_when(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.put(ANNA, "n", GROUP, DIALECT)
    book.put(ANNA, "other", GROUP, DIALECT)
    book.delete(Principal(ANONYMOUS, "ben"), "n", "g", DIALECT)
    found = [(v.number, v.time_ms, v.user, v.group, v.text) for v in book.versions("n")]
    assert found == [(1, 1_000, "anna", "g", GROUP), (2, 1_000, "ben", "g", "")]
    assert [(v.namespace, v.number) for v in book.versions("")] == [("n", 1), ("other", 1), ("n", 2)]


def test_a_namespace_without_groups_is_gone(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.put(ANNA, "n", GROUP, DIALECT)
    book.put(ANNA, "n", GROUP.replace("name: g", "name: h"), DIALECT)
    book.delete(ANNA, "n", "", DIALECT)
    assert book.files(DIALECT) == {}
    for group in ("", "g"):
        with pytest.raises(NotFound):
            book.delete(ANNA, "n", group, DIALECT)


@pytest.mark.parametrize("text", ["name: g\nrules: [{alert: A, expr: 'up =='}]", "rules: []", "{", "name: g\nother: 1"])
def test_a_wrong_group_changes_nothing(tmp_path: Path, text: str) -> None:
    book = opened(tmp_path)
    book.put(ANNA, "n", GROUP, DIALECT)
    with pytest.raises(BadRuleFile):
        book.put(ANNA, "n", text, DIALECT)
    assert len(book.groups("n", DIALECT)) == len(book.versions("n")) == 1


def test_a_namespace_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        opened(tmp_path).put(ANNA, "", GROUP, DIALECT)


def test_a_version_that_a_kill_cut_short_spoils_no_other(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.put(ANNA, "n", GROUP, DIALECT)
    log = tmp_path / "versions.jsonl"
    log.write_bytes(log.read_bytes() + b'\n{"number":2,"time_ms":1')
    book.put(ANNA, "n", GROUP, DIALECT)
    assert [version.user for version in book.versions("n")] == ["anna", "anna"]
