"""Texts of matchers: the reference's compliance table, its errors, the three modes; the index against plain matching."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.alerting.matchers import AlertMatcher, MatcherMode, classic, matches_all, utf8
from vedette.alerting.matchers.index import MatcherIndex
from vedette.alerting.matchers.matcher import format_matchers
from vedette.model.errors import BadInput
from vedette.model.matchers import MatchType

EQUAL, NOT_EQUAL, REGEX, NOT_REGEX = MatchType

# matcher/compliance/compliance_test.go: what both syntaxes read, and read alike.
ALIKE = [
    ("{foo=bar}", [("foo", EQUAL, "bar")]),
    ('{foo="bar"}', [("foo", EQUAL, "bar")]),
    ("{foo=~bar.*}", [("foo", REGEX, "bar.*")]),
    ('{foo=~"bar.*"}', [("foo", REGEX, "bar.*")]),
    ("{foo!=bar}", [("foo", NOT_EQUAL, "bar")]),
    ('{foo!="bar"}', [("foo", NOT_EQUAL, "bar")]),
    ("{foo!~bar.*}", [("foo", NOT_REGEX, "bar.*")]),
    ('{foo!~"bar.*"}', [("foo", NOT_REGEX, "bar.*")]),
    ('{foo="bar", baz!="quux"}', [("foo", EQUAL, "bar"), ("baz", NOT_EQUAL, "quux")]),
    ('{foo="bar", baz!~"quux.*"}', [("foo", EQUAL, "bar"), ("baz", NOT_REGEX, "quux.*")]),
    (
        '{foo="bar",baz!~".*quux", derp="wat"}',
        [("foo", EQUAL, "bar"), ("baz", NOT_REGEX, ".*quux"), ("derp", EQUAL, "wat")],
    ),
    (
        '{foo="bar", baz!="quux", derp="wat"}',
        [("foo", EQUAL, "bar"), ("baz", NOT_EQUAL, "quux"), ("derp", EQUAL, "wat")],
    ),
    ('{foo="bar", instance=~"some-api.*"}', [("foo", EQUAL, "bar"), ("instance", REGEX, "some-api.*")]),
    ('{foo=""}', [("foo", EQUAL, "")]),
    ('{foo="bar,quux", job="job1"}', [("foo", EQUAL, "bar,quux"), ("job", EQUAL, "job1")]),
    ('{foo = "bar", dings != "bums", }', [("foo", EQUAL, "bar"), ("dings", NOT_EQUAL, "bums")]),
    ("foo=bar,dings!=bums", [("foo", EQUAL, "bar"), ("dings", NOT_EQUAL, "bums")]),
    (
        '{quote="She said: \\"Hi, ladies! That\'s gender-neutral…\\""}',
        [("quote", EQUAL, 'She said: "Hi, ladies! That\'s gender-neutral…"')],
    ),
    ('statuscode=~"5.."', [("statuscode", REGEX, "5..")]),
    (
        'contains_quote != "\\"" , contains_comma !~ "foo,bar" , ',
        [("contains_quote", NOT_EQUAL, '"'), ("contains_comma", NOT_REGEX, "foo,bar")],
    ),
]
# The same table's cases that only the classic syntax reads.
CLASSIC_ONLY = [
    ("{foo='}", [("foo", EQUAL, "'")]),
    ("{foo=`}", [("foo", EQUAL, "`")]),
    ("{foo=\\n}", [("foo", EQUAL, "\n")]),
    ("{foo=bar\\n}", [("foo", EQUAL, "bar\n")]),
    ("{foo=\\t}", [("foo", EQUAL, "\\t")]),
    ("{foo=bar\\}", [("foo", EQUAL, "bar\\")]),
    ("{foo=bar\\\\}", [("foo", EQUAL, "bar\\")]),
    ('{foo=\\"}', [("foo", EQUAL, '"')]),
    ('{foo=bar\\"}', [("foo", EQUAL, 'bar"')]),
    ("tricky=~~~", [("tricky", REGEX, "~~")]),
    ('trickier==\\\\=\\=\\"', [("trickier", EQUAL, '=\\=\\="')]),
    ("{foo=bar}}", [("foo", EQUAL, "bar}")]),
    ("{foo=bar}},}", [("foo", EQUAL, "bar}}")]),
    ("{foo=,bar=}}", [("foo", EQUAL, ""), ("bar", EQUAL, "}")]),
    ("job=", [("job", EQUAL, "")]),
]
CLASSIC_ERRORS = [
    ("{,}", "bad matcher format: "),
    ('job="value', 'matcher value contains unescaped double quote: "value'),
    ('job=value"', 'matcher value contains unescaped double quote: value"'),
    ('trickier==\\\\=\\=\\""', 'matcher value contains unescaped double quote: =\\\\=\\=\\""'),
    ('contains_unescaped_quote = foo"bar', 'matcher value contains unescaped double quote: foo"bar'),
    ('{foo=~"invalid[regexp"}', "error parsing regexp: missing closing ]: `[regexp)$`"),
    ('"{foo=\\"bar"}', 'bad matcher format: "{foo=\\"bar"'),
    ('"foo=\\"bar"', 'bad matcher format: "foo=\\"bar"'),
    ('"foo="bar""', 'bad matcher format: "foo="bar""'),
    ("{{foo=", "bad matcher format: {foo="),
]
UTF8_ONLY = [
    ("", []),
    ("{}", []),
    ('{name-with-dashes = "bar"}', [("name-with-dashes", EQUAL, "bar")]),
    ("{foo=🙂bar}", [("foo", EQUAL, "🙂bar")]),
    ('{"foo"=~"\\\\d+"}', [("foo", REGEX, "\\d+")]),
    ('{"foo"="\\xf0\\x9f\\x99\\x82"}', [("foo", EQUAL, "🙂")]),
    ('{"foo"="\\U0001f642"}', [("foo", EQUAL, "🙂")]),
    ('{"foo"="bar\\t"}', [("foo", EQUAL, "bar\t")]),
    ('{"foo"="\\"bar\\""}', [("foo", EQUAL, '"bar"')]),
    ('"a b"="bar",', [("a b", EQUAL, "bar")]),
]
UTF8_ERRORS = [
    (",", "0:1: unexpected ,: expected label name"),
    ("{,}", "1:2: unexpected ,: expected label name"),
    ("{", "0:1: end of input: expected close brace"),
    ("}", "0:1: }: expected opening brace"),
    ("foo=bar}", "0:8: }: expected opening brace"),
    ("{foo=bar", "0:8: end of input: expected close brace"),
    ('{foo=:"bar"}', '6:11: unexpected "bar": expected a comma or close brace'),
    ('{foo="bar\\w"}', '5:12: "bar\\w": invalid input'),
    ('{"foo"=~"\\d+"}', '8:13: "\\d+": invalid input'),
    ("{foo=bar\\n}", "8:9: \\: invalid input: expected a comma or close brace"),
    ('{"foo"="\\xf0\\x9f"}', '7:17: "\\xf0\\x9f": invalid input'),
    ('foo="bar', '4:8: "bar: missing end ": expected label value'),
    ("foo!bar", "3:4: !: expected one of '=~': expected an operator such as '=', '!=', '=~' or '!~'"),
    ("foo", "end of input: expected an operator such as '=', '!=', '=~' or '!~'"),
]


def plain(matchers):
    return [(matcher.name, matcher.type, matcher.value) for matcher in matchers]


@pytest.mark.parametrize(("text", "wanted"), ALIKE)
def test_both_syntaxes_read_the_common_cases_alike(text, wanted):
    assert plain(utf8.parse_matchers(text)) == wanted
    assert plain(classic.parse_matchers(text)) == wanted


@pytest.mark.parametrize(("text", "wanted"), CLASSIC_ONLY)
def test_the_classic_syntax_is_tolerant_and_the_fallback_keeps_its_meaning(text, wanted):
    assert plain(classic.parse_matchers(text)) == wanted
    assert plain(MatcherMode.FALLBACK.matchers(text, "test")) == wanted
    with pytest.raises(BadInput):
        utf8.parse_matchers(text)


@pytest.mark.parametrize(("text", "message"), CLASSIC_ERRORS)
def test_classic_errors_are_the_references(text, message):
    with pytest.raises(BadInput) as raised:
        classic.parse_matchers(text)
    assert raised.value.message == message


@pytest.mark.parametrize(("text", "wanted"), UTF8_ONLY)
def test_the_utf8_syntax_takes_any_name_and_gos_escapes(text, wanted):
    assert plain(utf8.parse_matchers(text)) == wanted


@pytest.mark.parametrize(("text", "message"), UTF8_ERRORS)
def test_utf8_errors_carry_the_references_columns(text, message):
    with pytest.raises(BadInput) as raised:
        utf8.parse_matchers(text)
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("text", "message"), [("", "no matchers"), ("{}", "no matchers"), ("a=b,c=d", "expected 1 matcher, found 2")]
)
def test_a_single_matcher_is_exactly_one(text, message):
    with pytest.raises(BadInput) as raised:
        utf8.parse_matcher(text)
    assert raised.value.message == message


def test_the_fallback_takes_the_classic_meaning_where_both_disagree():
    assert MatcherMode.FALLBACK.matcher('foo="\\xf0\\x9f\\x99\\x82"', "test").value == "\\xf0\\x9f\\x99\\x82"
    assert MatcherMode.UTF8_STRICT.matcher('foo="\\xf0\\x9f\\x99\\x82"', "test").value == "🙂"
    assert MatcherMode.FALLBACK.matcher("foo🙂=bar", "test").name == "foo🙂"


def test_the_fallback_reports_the_classic_error_when_neither_reads_it():
    with pytest.raises(BadInput, match="bad matcher format: foo!bar"):
        MatcherMode.FALLBACK.matcher("foo!bar", "test")


@pytest.mark.parametrize("mode", [MatcherMode.FALLBACK, MatcherMode.UTF8_STRICT])
def test_a_single_matcher_takes_no_braces_outside_of_classic_mode(mode):
    with pytest.raises(BadInput, match="unexpected open or close brace"):
        mode.matcher("{foo=bar}", "test")


@pytest.mark.parametrize(("name", "is_classic"), [("foo", True), ("_foo1", True), ("0foo", False), ("foo🙂", False)])
def test_label_names_depend_on_the_mode(name, is_classic):
    assert MatcherMode.CLASSIC.is_label_name(name) is is_classic
    assert MatcherMode.FALLBACK.is_label_name(name)
    assert not MatcherMode.UTF8_STRICT.is_label_name("")


def test_matchers_print_as_group_keys_have_them():
    found = (
        AlertMatcher("a", EQUAL, 'b"\n'),
        AlertMatcher("a b", NOT_REGEX, "c🙂"),
        AlertMatcher("foo🙂", EQUAL, "bar"),
    )
    assert format_matchers(found) == '{a="b\\"\\n","a b"!~"c🙂",foo🙂="bar"}'


def test_a_dot_does_not_match_a_newline():
    assert not AlertMatcher("a", REGEX, "x.y").matches("x\ny")


names = st.sampled_from(["a", "b", "c"])
values = st.sampled_from(["", "x", "y", "xy"])
matcher_lists = st.lists(
    st.lists(st.builds(AlertMatcher, names, st.sampled_from(list(MatchType)), values), max_size=3).map(tuple),
    max_size=6,
)
label_sets = st.dictionaries(names, values.filter(bool))


@settings(deadline=None)
@given(matcher_lists, label_sets)
def test_the_index_finds_what_trying_each_list_finds(lists, labels):
    wanted = [place for place, matchers in enumerate(lists) if matches_all(matchers, labels)]
    assert MatcherIndex(lists).matching(labels) == wanted


@settings(deadline=None)
@given(st.text(alphabet='{}=!~,"\\ ab1🙂\n', max_size=20))
def test_any_text_is_read_or_refused(text):
    for mode in MatcherMode:
        try:
            found = mode.matchers(text, "fuzz")
        except BadInput:
            continue
        assert all(isinstance(matcher, AlertMatcher) for matcher in found)


@settings(deadline=None)
@given(
    st.lists(st.builds(AlertMatcher, st.text(min_size=1), st.sampled_from([EQUAL, NOT_EQUAL]), st.text()), max_size=3)
)
def test_what_is_printed_is_read_back(matchers):
    for matcher in matchers:
        assert utf8.parse_matchers(str(matcher)) == (matcher,)
