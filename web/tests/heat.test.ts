import assert from "node:assert/strict";
import { test } from "node:test";
import type { RangeSeries } from "../src/api/query.ts";
import { toHeat } from "../src/charts/heat.ts";

const SPAN = { start: 0, end: 20, step: 10 };

const bucket = (le: string, ...values: string[]): RangeSeries => ({
  metric: { le, job: "a" },
  values: values.map((value, index) => [index * 10, value] as const),
});

test("a row of a classic histogram is what its bucket has more than the one below", () => {
  const heat = toHeat([bucket("+Inf", "9", "9", "NaN"), bucket("0.1", "1", "2", "3"), bucket("1", "4", "9", "3")], SPAN)!;
  assert.deepEqual(heat.rows, [
    { low: 0, high: 0.1 },
    { low: 0.1, high: 1 },
    { low: 1, high: Infinity },
  ]);
  assert.deepEqual([...heat.cells], [1, 2, 3, 3, 7, 0, 5, 0, 0]);
  assert.deepEqual([heat.max, heat.groups], [7, 1]);
});

test("histograms of several label sets are added up, each with its own differences", () => {
  const other = { metric: { le: "1", job: "b" }, values: [[0, "5"]] as const };
  const heat = toHeat([bucket("1", "1", "1", "1"), bucket("2", "3", "3", "3"), other], SPAN)!;
  assert.deepEqual([...heat.cells], [6, 1, 1, 2, 2, 2]);
  assert.equal(heat.groups, 2);
});

const RECORDED: RangeSeries = {
  metric: {},
  histograms: [
    [0, { count: "4", sum: "6", buckets: [[0, "1", "2", "3"], [0, "2", "4", "1"]] }],
    [10, { count: "2", sum: "5", buckets: [[0, "1", "4", "2"]] }],
    [20, { count: "1", sum: "0", buckets: [[3, "-0.001", "0.001", "1"]] }],
  ],
};

test("a native histogram of a coarser resolution fills the finer rows evenly", () => {
  const heat = toHeat([RECORDED], SPAN)!;
  assert.deepEqual(
    heat.rows.map(({ low, high }) => [low, high]),
    [
      [-0.001, 0.001],
      [0.001, 1],
      [1, 2],
      [2, 4],
    ],
  );
  assert.deepEqual([...heat.cells], [0, 0, 1, 0, 0, 0, 3, 1, 0, 1, 1, 0]);
});

test("more rows than can be seen are joined and keep their counts", () => {
  const buckets = Array.from({ length: 330 }, (_, index) => [0, String(index), String(index + 1), "1"] as const);
  const heat = toHeat([{ metric: {}, histograms: [[0, { count: "330", sum: "1", buckets }]] }], SPAN)!;
  assert.ok(heat.rows.length <= 100);
  assert.equal(heat.rows.at(-1)!.high, 330);
  assert.equal(
    heat.cells.reduce((sum, value) => sum + value, 0),
    330,
  );
});

test("what is no histogram has no heatmap", () => {
  assert.equal(toHeat([{ metric: { le: "much" }, values: [[0, "1"]] }, { metric: {}, values: [] }], SPAN), null);
  assert.equal(toHeat([], SPAN), null);
});
