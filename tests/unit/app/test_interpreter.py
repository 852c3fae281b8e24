"""The server's interpreter settings."""

from __future__ import annotations

import gc
import sys

import pytest

from vedette.app import interpreter


def test_settings_take_effect() -> None:
    before = sys.getswitchinterval(), gc.get_threshold()
    try:
        interpreter.settle_interpreter()
        assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_INTERVAL_S)
        assert gc.get_threshold() == interpreter.COLLECT_AFTER
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
