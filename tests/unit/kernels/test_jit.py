"""Machine code is kept by module, and is another's as soon as a source that went into it changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vedette.kernels import jit


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the decorator's file, and three kernels: `outer` imports `middle`, which imports `inner`."""
    shutil.copy(jit.__file__, tmp_path / "jit.py")
    (tmp_path / "inner.py").write_text("X = 1\n")
    (tmp_path / "middle.py").write_text("from vedette.kernels.inner import X\n")
    (tmp_path / "outer.py").write_text("from vedette.kernels import (\n    middle,\n)\n")
    (tmp_path / "apart.py").write_text("Y = 1\n")
    monkeypatch.setattr(jit, "_ROOM", tmp_path)
    forget()
    return tmp_path


def forget() -> None:
    for cached in (jit.cache_folder, jit._imports, jit._source):
        cached.cache_clear()


def test_a_change_moves_the_code_of_all_that_import_it_and_of_nothing_else(room: Path) -> None:
    before = {name: jit.cache_folder(name) for name in ("inner", "middle", "outer", "apart")}
    (room / "inner.py").write_text("X = 2\n")
    forget()
    after = {name: jit.cache_folder(name) for name in before}
    forget()
    assert [name for name in before if before[name] != after[name]] == ["inner", "middle", "outer"]
