"""The server's interpreter settings."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys

import pytest

from vedette.app import interpreter


def test_columns_are_converted_without_pandas() -> None:
    code = (
        "from vedette.app.interpreter import settle_interpreter; settle_interpreter(); import pyarrow as pa, sys;"
        "assert pa.chunked_array([[1], [2]]).combine_chunks().to_numpy().sum() == 3; assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_settings_take_effect() -> None:
    before, pandas = (sys.getswitchinterval(), gc.get_threshold()), sys.modules.pop("pandas", None)
    try:
        interpreter.settle_interpreter()
        assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_INTERVAL_S)
        assert gc.get_threshold() == interpreter.COLLECT_AFTER
        with pytest.raises(ImportError):
            importlib.import_module("pandas")
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, interpreter.NoPandas)]
        if pandas is not None:
            sys.modules["pandas"] = pandas
