"""Random PromQL over a fixed set of metrics: well typed, mostly answerable, now and then wrong on purpose.

The grammar is walked from a type down: `vector`, `matrix`, `scalar`, `duration`. Each rule is a method, and the tables at the
top say how often it is taken. Sizes are bounded by `depth`, which every nesting rule spends.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Metric:
    """`labels`: the values that each label takes."""

    name: str
    labels: dict[str, tuple[str, ...]]
    is_counter: bool = False
    is_native: bool = False


_RANGE_FUNCTIONS: Final = (
    *("rate", "increase", "delta", "idelta", "irate", "deriv", "changes", "resets", "absent_over_time"),
    *("avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time"),
    *("first_over_time", "present_over_time", "stddev_over_time", "stdvar_over_time"),
    *("mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"),
)
_EXTENDED_FUNCTIONS: Final = ("rate", "increase", "delta", "changes", "resets")
_COUNTER_FUNCTIONS: Final = frozenset({"rate", "increase", "irate", "resets"})
_INSTANT_FUNCTIONS: Final = (
    *("abs", "ceil", "floor", "ln", "log2", "log10", "sqrt", "sgn", "timestamp", "absent"),
    *("asin", "acos", "atan", "tanh", "asinh", "acosh", "atanh", "deg", "rad"),
    *("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"),
)
_SENSITIVE_FUNCTIONS: Final = ("exp", "sin", "cos", "tan", "sinh", "cosh")
"""Of large numbers they amplify a difference in the last digit beyond any tolerance; they get small ones."""
_AGGREGATORS: Final = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
_ARITHMETIC: Final = ("+", "-", "*", "/", "%", "^", "atan2")
_COMPARISONS: Final = ("==", "!=", ">", "<", ">=", "<=")
_SET_OPERATORS: Final = ("and", "or", "unless")
_DURATIONS: Final = ("30s", "1m", "2m", "5m", "7m30s", "10m", "15m", "1h")
_NATIVE_RANGE_FUNCTIONS: Final = (
    *("rate", "rate", "increase", "delta", "irate", "idelta", "sum_over_time", "avg_over_time", "last_over_time"),
    *("first_over_time", "count_over_time", "present_over_time", "resets", "changes"),
)
_NATIVE_FUNCTIONS: Final = (
    *("histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"),
    *("sum", "avg", "count", "group", "min", "abs", "timestamp", "absent", "scalar"),
)
_NUMBERS: Final = ("0", "1", "2", "-1", "0.5", "3.75", "100", "1e3", "-0.25", "Inf", "NaN", "5m", "0x1F", "1_000")


class QueryGenerator:
    def __init__(self, rng: random.Random, metrics: tuple[Metric, ...], start_s: int, end_s: int) -> None:
        """`start_s` and `end_s`: where the data is, for `@`."""
        self._rng = rng
        self._metrics = metrics
        self._span = (start_s, end_s)

    def query(self, depth: int = 3) -> str:
        """A vector most of the time; else a scalar, raw samples, or something that must be refused."""
        rules: tuple[tuple[int, Callable[[int], str]], ...] = (
            (40, self.vector),
            (4, self.scalar),
            (2, lambda _: self._matrix_selector(self._metric())),
            (2, self._subquery),
            (2, self._wrong),
        )
        return self._choose(rules)(depth)

    def vector(self, depth: int) -> str:
        if depth <= 0:
            return self._selector(self._metric())
        rules: tuple[tuple[int, Callable[[int], str]], ...] = (
            (3, lambda _: self._selector(self._metric())),
            (6, self._range_call),
            (4, self._instant_call),
            (6, self._aggregation),
            (5, self._arithmetic),
            (3, self._comparison),
            (3, self._set_operation),
            (3, self._with_scalar),
            (2, self._grouped_join),
            (3, self._histogram_quantile),
            *(((4, self._native_histogram_call),) if any(metric.is_native for metric in self._metrics) else ()),
            (2, self._label_call),
            (2, self._shaped_call),
            (1, lambda left: f"vector({self.scalar(left)})"),
            (1, lambda left: f"-{self.vector(left)}"),
            (1, lambda left: f"({self.vector(left)})"),
            (1, self._sorted),
        )
        return self._choose(rules)(depth - 1)

    def scalar(self, depth: int) -> str:
        if depth <= 0 or self._rng.random() < 0.6:
            return self._pick((*_NUMBERS, "time()", "pi()", "start()", "end()", "step()", "range()"))
        rules: tuple[tuple[int, Callable[[int], str]], ...] = (
            (3, lambda left: f"scalar({self.vector(left)})"),
            (2, lambda left: f"({self.scalar(left)} {self._pick(_ARITHMETIC)} {self.scalar(left)})"),
            (1, lambda left: f"({self.scalar(left)} {self._pick(_COMPARISONS)} bool {self.scalar(left)})"),
            (1, lambda left: f"{self._pick(('max_of', 'min_of'))}({self.scalar(left)}, {self.scalar(left)})"),
        )
        return self._choose(rules)(depth - 1)

    def _metric(self, *, counter: bool | None = None) -> Metric:
        return self._pick([metric for metric in self._metrics if counter in (None, metric.is_counter)])

    def _selector(self, metric: Metric) -> str:
        return f"{self._bare_selector(metric)}{self._placement()}"

    def _bare_selector(self, metric: Metric) -> str:
        matchers = [self._matcher(name, values) for name, values in metric.labels.items() if self._rng.random() < 0.3]
        if self._rng.random() < 0.05:
            return f'{{__name__="{metric.name}"{"".join("," + matcher for matcher in matchers)}}}'
        return metric.name + (f"{{{','.join(matchers)}}}" if matchers else "")

    def _matcher(self, name: str, values: tuple[str, ...]) -> str:
        value = self._pick((*values, *values, "", "nowhere"))
        other = self._pick(values)
        patterns = (f"{value}|{other}", f"{value[:2]}.*", ".+", ".*", f"[^{other[:1]}].*")
        return self._pick(
            (
                f'{name}="{value}"',
                f'{name}!="{value}"',
                f'{name}=~"{self._pick(patterns)}"',
                f'{name}!~"{self._pick(patterns)}"',
            )
        )

    def _placement(self) -> str:
        """An offset, an @, both, or mostly nothing."""
        text = ""
        if self._rng.random() < 0.12:
            text += f" offset {self._pick(('', '-'))}{self._pick((self._duration(), f'({self._computed_duration()})'))}"
        if self._rng.random() < 0.08:
            text += f" @ {self._pick(('start()', 'end()', str(self._rng.randint(*self._span))))}"
        return text

    def _duration(self) -> str:
        return self._pick(_DURATIONS)

    def _computed_duration(self) -> str:
        duration = self._duration()
        return self._pick(
            (
                f"{duration} * 2",
                f"{duration} + step()",
                f"max_of({duration}, step())",
                f"min_of({duration}, range() + 1m)",
                f"-{duration} + 2 ^ 3 * 1m",
                f"{duration} / 3 % 1m",
            )
        )

    def _range(self) -> str:
        return self._computed_duration() if self._rng.random() < 0.08 else self._duration()

    def _matrix_selector(self, metric: Metric) -> str:
        return f"{self._bare_selector(metric)}[{self._range()}]{self._placement()}"

    def _subquery(self, depth: int) -> str:
        step = self._pick(("", "15s", "30s", "1m", "77s"))
        return f"({self.vector(depth - 1)})[{self._pick(('2m', '5m', '10m'))}:{step}]{self._placement()}"

    def _matrix(self, depth: int, function: str) -> str:
        if depth > 1 and self._rng.random() < 0.2:
            return self._subquery(depth - 1)
        counter = True if function in _COUNTER_FUNCTIONS and self._rng.random() < 0.8 else None
        return self._matrix_selector(self._metric(counter=counter))

    def _range_call(self, depth: int) -> str:
        draw = self._rng.random()
        if draw < 0.1:
            return f"quantile_over_time({self._quantile()}, {self._matrix(depth, '')})"
        if draw < 0.15:
            # of a subquery with @ the reference answers nothing at all
            return f"predict_linear({self._matrix_selector(self._metric())}, {self._pick(('60', '3600', '-600'))})"
        if draw < 0.2:
            return f"double_exponential_smoothing({self._matrix(depth, '')}, 0.5, {self._pick(('0.1', '0.9'))})"
        if draw < 0.3:
            metric, extension = self._metric(), self._pick(("anchored", "smoothed"))
            selector = f"{self._bare_selector(metric)}[{self._range()}] {extension}{self._placement()}"
            return f"{self._pick(_EXTENDED_FUNCTIONS)}({selector})"
        function = self._pick(_RANGE_FUNCTIONS)
        return f"{function}({self._matrix(depth, function)})"

    def _quantile(self) -> str:
        return self._pick(("0", "0.25", "0.5", "0.9", "0.99", "1", "-1", "2", "NaN"))

    def _quantile_of_natives(self) -> str:
        """Not 0: whether a zero bucket reaches below zero depends on the empty buckets that the reference's chunk happens to list."""
        return self._pick(("0.25", "0.5", "0.01", "0.27", "0.53", "0.9", "0.99", "1", "-1", "2", "NaN"))

    def _instant_call(self, depth: int) -> str:
        if self._rng.random() < 0.15:
            return f"{self._pick(_SENSITIVE_FUNCTIONS)}(clamp({self.vector(depth)}, -10, 10))"
        return f"{self._pick(_INSTANT_FUNCTIONS)}({self.vector(depth)})"

    def _shaped_call(self, depth: int) -> str:
        vector = self.vector(depth)
        return self._pick(
            (
                f"clamp({vector}, {self.scalar(0)}, {self.scalar(0)})",
                f"clamp_min({vector}, {self.scalar(depth)})",
                f"clamp_max({vector}, {self.scalar(depth)})",
                f"round({vector})",
                f"round({vector}, {self._pick(('0.1', '5', '0.3', '-2'))})",
            )
        )

    def _labels(self) -> str:
        names = sorted({name for metric in self._metrics for name in metric.labels} | {"nope"})
        return ", ".join(self._rng.sample(names, self._rng.randint(0, 2)))

    def _aggregation(self, depth: int) -> str:
        clause = self._pick(("", f" by ({self._labels()})", f" without ({self._labels()})"))
        vector = self.vector(depth)
        draw = self._rng.random()
        if draw < 0.15:
            count = self._pick(("1", "2", "5", "0", "-1"))
            return f"{self._pick(('topk', 'bottomk', 'limitk'))}{clause} ({count}, {self._steady_vector()})"
        if draw < 0.25:
            return f"quantile{clause} ({self._quantile()}, {vector})"
        if draw < 0.3:
            return f'count_values{clause} ("value", clamp(round({vector}), -99, 99))'
        return f"{self._pick(_AGGREGATORS)}{clause} ({vector})"

    def _steady_vector(self) -> str:
        """One whose series come in the same order each time: the reference shuffles those of most other expressions."""
        metric = self._metric()
        if self._rng.random() < 0.5:
            return self._selector(metric)
        return f"{self._pick(_RANGE_FUNCTIONS)}({self._matrix_selector(metric)})"

    def _matching(self) -> str:
        return self._pick(("", "", f" on ({self._labels()})", f" ignoring ({self._labels()})"))

    def _fill(self) -> str:
        if self._rng.random() < 0.85:
            return ""
        return self._pick((" fill (0)", " fill_left (-1.5)", " fill_right (23)", " fill_left (1) fill_right (2)"))

    def _arithmetic(self, depth: int) -> str:
        operator = self._pick(_ARITHMETIC)
        if self._rng.random() < 0.6:
            metric = self._metric()
            return f"{self._selector(metric)} {operator}{self._fill()} {self._selector(metric)}"
        return f"({self.vector(depth)}) {operator}{self._matching()}{self._fill()} ({self.vector(depth)})"

    def _comparison(self, depth: int) -> str:
        operator = f"{self._pick(_COMPARISONS)}{self._pick(('', ' bool'))}"
        if self._rng.random() < 0.6:
            return f"({self.vector(depth)}) {operator} {self.scalar(0)}"
        metric = self._metric()
        return f"{self._selector(metric)} {operator} {self._selector(metric)}"

    def _set_operation(self, depth: int) -> str:
        return f"({self.vector(depth)}) {self._pick(_SET_OPERATORS)}{self._matching()} ({self.vector(depth)})"

    def _with_scalar(self, depth: int) -> str:
        sides = [f"({self.vector(depth)})", self.scalar(depth)]
        self._rng.shuffle(sides)
        return f" {self._pick(_ARITHMETIC)} ".join(sides)

    def _grouped_join(self, depth: int) -> str:
        """Many series against one per value of a label."""
        metric = self._metric()
        label = self._pick(sorted(metric.labels))
        one = f"{self._pick(_AGGREGATORS)} by ({label}) ({self._selector(metric)})"
        many = self._selector(metric)
        if self._rng.random() < 0.5:
            return f"{many} {self._pick(_ARITHMETIC)} on ({label}) group_left () {one}"
        return f"{one} {self._pick(_ARITHMETIC)} on ({label}) group_right () {many}"

    def _histogram_quantile(self, depth: int) -> str:
        buckets = [metric for metric in self._metrics if "le" in metric.labels]
        metric = self._pick(buckets)
        inner = self._pick(
            (
                self._selector(metric),
                f"rate({self._matrix_selector(metric)})",
                f"sum by (le) (rate({self._matrix_selector(metric)}))",
            )
        )
        if self._rng.random() < 0.2:
            return f"histogram_fraction(0, {self._pick(('0.1', '0.5', '1', 'Inf'))}, {inner})"
        return f"histogram_quantile({self._quantile()}, {inner})"

    def _native_vector(self, depth: int) -> str:
        """Native histograms, as they are or computed with; now and then with bounds of another kind or floats among them.

        Not negated: no bucket of negative counts reaches a quantile's rank, and the reference then takes the end of the last
        bucket that its chunk lists, empty or not (HistogramQuantile).
        """
        metric = self._pick([metric for metric in self._metrics if metric.is_native])
        selector = self._selector(metric)
        ranged = f"{self._pick(_NATIVE_RANGE_FUNCTIONS)}({self._matrix_selector(metric)})"
        vector = self._pick((selector, selector, ranged, ranged))
        if depth <= 0 or self._rng.random() < 0.4:
            return vector
        other = self._native_vector(depth - 1)
        return self._pick(
            (
                f"{self._pick(('sum', 'avg'))}{self._pick(('', ' by (job)', ' without (instance)'))} ({other})",
                f"({other}) {self._pick(('+', '-'))}{self._matching()} ({vector})",
                f"({other}) {self._pick(('*', '/'))} {self._pick(('2', '0.5', '0'))}",
                f"2 * ({other})",
                f"({other}) {self._pick(('</', '>/'))} {self._pick(('0.5', '1', '-0.3', '3.7', 'Inf'))}",
                f"({other}) > ({vector})",  # not `==`: of samples the reference compares the empty buckets too that its chunk lists
                f"{self._pick(('last_over_time', 'avg_over_time', 'sum_over_time'))}(({other})[5m:1m])",
            )
        )

    def _native_histogram_call(self, depth: int) -> str:
        vector = self._native_vector(min(depth, 2))
        draw = self._rng.random()
        if draw < 0.25:
            return vector
        if draw < 0.5:
            return f"histogram_quantile({self._quantile_of_natives()}, {vector})"
        if draw < 0.6:
            low, high = self._pick(("-Inf", "0", "0.05")), self._pick(("0.1", "1", "Inf"))
            return f"histogram_fraction({low}, {high}, {vector})"
        if draw < 0.65:
            return f'histogram_quantiles({vector}, "q", 0.53, {self._quantile_of_natives()})'
        return f"{self._pick(_NATIVE_FUNCTIONS)}({vector})"

    def _label_call(self, depth: int) -> str:
        vector = self.vector(depth)
        source = self._pick(sorted({name for metric in self._metrics for name in metric.labels}))
        return self._pick(
            (
                f'label_replace({vector}, "made", "$1-x", "{source}", "(.).*")',
                f'label_replace({vector}, "{source}", "same", "{source}", ".*")',
                f'label_join({vector}, "made", "/", "{source}", "nope")',
            )
        )

    def _sorted(self, _: int) -> str:
        """Of a few series: the reference's sort is not stable from 13 on, nor is its order of numbers in labels one."""
        metric = self._pick([metric for metric in self._metrics if "le" not in metric.labels])
        vector = self._selector(metric)
        if self._rng.random() < 0.5:
            vector = f"{self._pick(_RANGE_FUNCTIONS)}({self._matrix_selector(metric)})"
        order = self._pick(("", "_desc"))
        if self._rng.random() < 0.3:
            return f'sort_by_label{order}({vector}, "{self._pick(("instance", "job"))}")'
        return f"sort{order}({vector})"

    def _wrong(self, depth: int) -> str:
        """Refused by the parser, the type checker or the engine."""
        vector = self.vector(depth)
        return self._pick(
            (
                f"rate({vector})",
                f"sum({vector}",
                f"{vector} + on (nope) ({vector})",
                f"({vector})[5m]",
                f"topk({vector})",
                f"1 and {vector}",
                f"unknown_function({vector})",
                f"{vector} offset",
                f'label_replace({vector}, "a b", "", "job", "(")',
                f"{{}} + {vector}",
            )
        )

    def _pick(self, options: Sequence[T]) -> T:
        return self._rng.choice(options)

    def _choose(self, rules: Sequence[tuple[int, T]]) -> T:
        return self._rng.choices([rule for _, rule in rules], [weight for weight, _ in rules])[0]
