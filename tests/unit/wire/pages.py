"""Pages for the tests: strategies for well-formed ones, and small ones that touch every corner of the grammars."""

from __future__ import annotations

from hypothesis import strategies as st

from vedette.model.labels import METRIC_NAME, Labels, escape_value

TEXT_SEEDS = (
    b'# HELP a some \\\\ help\\n\n# TYPE a counter\na 1\na{b="c"} 2.5 1700000000000\n\n  # other\n',
    b'{"my.metric", "a.b"="c\\"d", e="f\\\\g\\nh"} NaN\n x_y:z{ l = "v" , m="" } -Inf 5\n#c\na+1',
    b'# TYPE h histogram\nh_bucket{le="1"} 3\nh_bucket{le="+Inf"}4\nh_sum 1e-5\nh_count 0x\n',
    'm{l="é漢\U0001f600"} 1_0\n'.encode(),
    b"a 123456789012345678901234567890e-25 \t12\n# HELP b\n# TYPE  c gauge\nd{a=\"1\"b='2'} .5\n",
    b'm{a="1" b="2",} +5.e3\nm{"n"} 1\n{"q"x="1"} 2\n',
)
OPENMETRICS_SEEDS = (
    b'# TYPE a counter\n# HELP a b\\"c\n# UNIT a_s s\na_total{x="y"} 1 1.5 # {t="u"} 0.5 2\na_created 1\n# EOF\n',
    b'{"my.metric",a="b"} 1\nb{c="d",} 2 # {} 3\nc NaN 1e300\n# EOF',
    b'# TYPE h histogram\nh_bucket{le="1.0"} 1 # {"q.r"="s"} 1\nh_bucket{le="+Inf"} 1\n# EOF\n',
    'm{l="é漢"} -0.0 -1.5\n# EOF\n'.encode(),
)

names = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,12}", fullmatch=True) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8
)
label_names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6
)
values = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
series = st.builds(
    lambda name, pairs: Labels.of({**pairs, METRIC_NAME: name}), names, st.dictionaries(label_names, values, max_size=4)
)
floats = st.floats() | st.floats(width=32) | st.integers(-(1 << 60), 1 << 60).map(float)


def write_number(value: float) -> str:
    if value != value:
        return "NaN"
    return repr(value).replace("inf", "Inf").replace("+Inf", "Inf")


def write_series(labels: Labels) -> str:
    """As Prometheus writes it, without the blanks that OpenMetrics does not allow."""
    pairs = [f'"{escape_value(name)}"="{escape_value(value)}"' for name, value in labels if name != METRIC_NAME]
    return "{" + ",".join([f'"{escape_value(labels.name)}"', *pairs]) + "}"
