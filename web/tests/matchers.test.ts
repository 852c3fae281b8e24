import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, equalityMatchers, formatMatcher, labelsOf, parseMatcher, readList, writeList } from "../src/matchers/matchers.ts";
import { suggestMatchers, suggestNames } from "../src/matchers/suggesting.ts";

test("a matcher is read with and without quotes, and written with them", () => {
  assert.deepEqual(parseMatcher("team=db"), { name: "team", value: "db", isRegex: false, isEqual: true });
  assert.deepEqual(parseMatcher(' team !~ "a|b" '), { name: "team", value: "a|b", isRegex: true, isEqual: false });
  assert.equal(canonical("instance=~db-.*"), 'instance=~"db-.*"');
  assert.equal(canonical('"my label" != "x"'), '"my label"!="x"');
  assert.equal(canonical('path="a\\"b"'), 'path="a\\"b"');
});

test("what is no matcher is refused, as is an operator that may not stand there", () => {
  for (const text of ["", "team", "=db", "team=", 'a="b', "a b=c"]) {
    if (text === "team=") assert.equal(canonical(text), 'team=""');
    else assert.equal(canonical(text), null, text);
  }
  assert.equal(canonical("team=~db", ["="]), null);
});

test("a list in a link is read back as it was written, whatever the values hold", () => {
  const texts = ['a="b"', 'c=~"d,e}"', 'f!="say \\"hi\\" {x}"', '"g h"!~""'];
  assert.deepEqual(readList(writeList(texts)), texts);
  assert.deepEqual(readList(""), []);
  assert.deepEqual(readList("team=db, severity=page"), ['team="db"', 'severity="page"']);
  assert.equal(writeList([]), "");
});

test("labels become matchers and back", () => {
  const labels = { team: "db", path: 'C:\\"x"' };
  assert.deepEqual(labelsOf(equalityMatchers(labels)), labels);
  assert.equal(formatMatcher({ name: "a", value: "b", isRegex: true, isEqual: true }), 'a=~"b"');
});

const KNOWN = [{ team: "db", job: "a" }, { team: "db" }, { team: "web.shop" }];

test("names are suggested by how often they occur, then values behind an operator", () => {
  assert.deepEqual(suggestNames("", KNOWN).map(({ text, count }) => [text, count]), [
    ["team", 3],
    ["job", 1],
  ]);
  assert.deepEqual(suggestMatchers("te", KNOWN, ["="])[0], { text: "team=", count: 3, whole: false });
  assert.deepEqual(
    suggestMatchers("team=", KNOWN, ["="]).map(({ text }) => text),
    ['team="db"', 'team="web.shop"'],
  );
  assert.deepEqual(suggestMatchers('team=~"web', KNOWN, ["="])[0]!.text, 'team=~"web\\\\.shop"');
  assert.deepEqual(suggestMatchers("none=", KNOWN, ["="]), []);
});
