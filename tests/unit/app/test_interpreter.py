"""The server's interpreter settings."""

from __future__ import annotations

import gc
import importlib
import sys

import pytest

from vedette.app import interpreter


def test_settings_take_effect() -> None:
    before, finders = (sys.getswitchinterval(), gc.get_threshold()), sys.meta_path.copy()
    pandas = sys.modules.pop("pandas", None)
    try:
        interpreter.settle_interpreter()
        assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_INTERVAL_S)
        assert gc.get_threshold() == interpreter.COLLECT_AFTER
        with pytest.raises(ImportError):
            importlib.import_module("pandas")
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
        sys.meta_path[:] = finders
        if pandas is not None:
            sys.modules["pandas"] = pandas
