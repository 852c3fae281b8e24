"""A unit test file, read. Source: Prometheus cmd/promtool/unittest.go."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final, Self

from vedette.intake.config.codec import read_section
from vedette.intake.config.values import NO_DURATION, DurationMs, FilePath
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput, ConfigError

DEFAULT_INTERVAL: Final = DurationMs(60_000)
TEST_FILE_BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class InputSeries:
    TYPE: ClassVar[str] = "main.series"
    series: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    TYPE: ClassVar[str] = "main.alert"
    exp_labels: Mapping[str, str] = field(default_factory=dict)
    exp_annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertTest:
    TYPE: ClassVar[str] = "main.alertTestCase"
    eval_time: DurationMs = NO_DURATION
    alertname: str = ""
    exp_alerts: tuple[ExpectedAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedSample:
    """`histogram`, where it is not empty, counts instead of the value."""

    TYPE: ClassVar[str] = "main.sample"
    labels: str = ""
    value: float = 0.0
    histogram: str = ""


@dataclass(frozen=True, slots=True)
class ExprTest:
    TYPE: ClassVar[str] = "main.promqlTestCase"
    expr: str = ""
    eval_time: DurationMs = NO_DURATION
    exp_samples: tuple[ExpectedSample, ...] = ()


@dataclass(frozen=True, slots=True)
class TestGroup:
    TYPE: ClassVar[str] = "main.testGroup"
    __test__: ClassVar[bool] = False
    interval: DurationMs = NO_DURATION
    input_series: tuple[InputSeries, ...] = ()
    alert_rule_test: tuple[AlertTest, ...] = ()
    promql_expr_test: tuple[ExprTest, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    name: str = ""
    start_timestamp: str = ""

    def check(self) -> Self:
        start_of(self.start_timestamp)
        return self

    @property
    def start_ms(self) -> int:
        return start_of(self.start_timestamp)

    @property
    def last_ms(self) -> int:
        """Of all times that are asked about, after the start."""
        alert_times = (test.eval_time for test in self.alert_rule_test)
        return max((*alert_times, *(test.eval_time for test in self.promql_expr_test)), default=0)


@dataclass(frozen=True, slots=True)
class UnitTestFile:
    TYPE: ClassVar[str] = "main.unitTestFile"
    rule_files: tuple[FilePath, ...] = ()
    evaluation_interval: DurationMs = DEFAULT_INTERVAL
    group_eval_order: tuple[str, ...] = ()
    tests: tuple[TestGroup, ...] = ()
    fuzzy_compare: bool = False

    def check(self) -> Self:
        repeated = [name for name, n in Counter(self.group_eval_order).items() if n > 1]
        if repeated:
            raise BadInput(f"group name repeated in evaluation order: {repeated[0]}")
        return self

    @property
    def interval_ms(self) -> int:
        return self.evaluation_interval or DEFAULT_INTERVAL

    def matching_files(self) -> tuple[list[str], list[str]]:
        """(the rule files, the patterns that match none)"""
        found = {pattern: sorted(glob.glob(pattern)) for pattern in self.rule_files}
        return [name for names in found.values() for name in names], [
            each for each, names in found.items() if not names
        ]


def read_unit_test_file(path: Path) -> UnitTestFile:
    """Raises ConfigError."""
    try:
        if path.stat().st_size > TEST_FILE_BYTES_MAX:
            raise ConfigError(f"larger than {TEST_FILE_BYTES_MAX} bytes", file=str(path))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read: {error.strerror or error}", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"yaml: invalid UTF-8 at byte {error.start}", file=str(path)) from None
    root = parse_yaml(text, Document(str(path), Path(os.path.abspath(path.parent))), first_document=True)
    return UnitTestFile() if root is None or root.is_null else read_section(UnitTestFile, root)


_UNIX_SECONDS: Final = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\Z")


def start_of(text: str) -> int:
    """ms since the epoch of seconds or of an RFC 3339 time; 0 for the empty text. Raises BadInput."""
    try:
        if _UNIX_SECONDS.match(text):
            return round(float(text) * 1000)
        return round(datetime.fromisoformat(text).timestamp() * 1000) if text else 0
    except (ValueError, OverflowError):
        raise BadInput(f'cannot parse "{text}" to a valid timestamp') from None
