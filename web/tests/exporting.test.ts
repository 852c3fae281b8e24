import assert from "node:assert/strict";
import { test } from "node:test";
import { curlCommand, fileName, instantCsv, rangeCsv } from "../src/pages/query/exporting.ts";
import { mended } from "../src/pages/query/mending.ts";
import { NEW_PANEL } from "../src/state/panels.ts";

test("a range becomes a column for each series on one time grid", () => {
  const result = [
    { metric: { __name__: "up", job: 'a"b' }, values: [[0, "1"], [30, "NaN"]] as const },
    { metric: { __name__: "up", job: "c" }, values: [[15, "2"]] as const },
  ];
  assert.equal(
    rangeCsv(result, { start: 0, end: 30, step: 15 }),
    'time,"up{job=""a\\""b""}","up{job=""c""}"\r\n1970-01-01T00:00:00.000Z,1,\r\n' +
      "1970-01-01T00:00:15.000Z,,2\r\n1970-01-01T00:00:30.000Z,NaN,\r\n",
  );
});

test("a vector becomes a row for each series, a column for each label", () => {
  const csv = instantCsv({
    resultType: "vector",
    result: [
      { metric: { __name__: "up", job: "a" }, value: [1.5, "1"] },
      { metric: { zone: "x,y" }, value: [1.5, "+Inf"] },
    ],
  });
  assert.equal(
    csv,
    "__name__,job,zone,time,value\r\nup,a,,1970-01-01T00:00:01.500Z,1\r\n,,\"x,y\",1970-01-01T00:00:01.500Z,+Inf\r\n",
  );
  assert.equal(instantCsv({ resultType: "scalar", result: [0, "2"] }), "time,value\r\n1970-01-01T00:00:00.000Z,2\r\n");
});

test("the command line asks what the panel asks, whatever is quoted in it", () => {
  const panel = { ...NEW_PANEL, expr: "up{job='a b'}", end: 1000, step: 10, range: 100 };
  const command = curlCommand(panel, "http://h:1", 0);
  assert.match(command, /^curl -G 'http:\/\/h:1\/.*api\/v1\/query_range' /);
  assert.ok(command.includes("--data-urlencode 'query=up{job='\\''a b'\\''}'"), command);
  assert.ok(command.endsWith("'start=900' --data-urlencode 'end=1000' --data-urlencode 'step=10'"), command);
  assert.match(curlCommand({ ...panel, view: "table" }, "http://h:1", 0), /v1\/query' .*'time=1000'$/);
});

test("a file is named after the expression, safely", () => {
  assert.equal(fileName('sum by (a) (rate(b{c="/d"}[5m]))'), "sum_by_a_rate_b_c_d_5m_");
  assert.equal(fileName(""), "query");
});

const matcher = (name: string, type: string, value: string) => ({
  ...{ text: "", alone: 0, without: 0, closeValues: [], closeNames: [] },
  ...{ name, type, value },
});

test("a close value takes the place of the one that matches nothing", () => {
  const expr = "sum(rate(foo_total{job = 'ap', pod=\"1\"}[5m])) / foo_totals";
  assert.equal(
    mended(expr, "foo_total{}", matcher("job", "=", "ap"), { value: "api" }),
    'sum(rate(foo_total{job = "api", pod="1"}[5m])) / foo_totals',
  );
  assert.equal(
    mended(expr, "foo_total{}", matcher("__name__", "=", "foo_total"), { value: "food_total" }),
    "sum(rate(food_total{job = 'ap', pod=\"1\"}[5m])) / foo_totals",
  );
  assert.equal(
    mended('a{jbo=~"x.*"}', "a", matcher("jbo", "=~", "x.*"), { name: "job" }),
    'a{job=~"x.*"}',
  );
  assert.equal(mended('a{b=~"x$"}', "a", matcher("b", "=~", "x$"), { value: "x$1" }), 'a{b="x$1"}');
});

test("what is not found as written is left to the reader", () => {
  assert.equal(mended('{"a b"="c"}', "{}", matcher("job", "=", "ap"), { value: "api" }), null);
  assert.equal(mended("up", "{}", matcher("__name__", "=", "down"), { value: "up" }), null);
});
