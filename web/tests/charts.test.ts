import assert from "node:assert/strict";
import { test } from "node:test";
import { stack, summarise, toChartData } from "../src/charts/data.ts";
import { valueRange } from "../src/charts/scales.ts";
import { assignSlots, isDashed } from "../src/theme/palette.ts";

const SPAN = { start: 100, end: 160, step: 15 };

test("absent and not finite samples are gaps on the query's grid", () => {
  const series = {
    metric: { a: "1" },
    values: [
      [100, "1"],
      [130, "NaN"],
      [145, "+Inf"],
      [160, "2.5"],
    ] as const,
  };
  const { times, series: drawn } = toChartData([series], SPAN, () => "a");
  assert.deepEqual(times, [100, 115, 130, 145, 160]);
  assert.deepEqual(drawn[0]!.values, [1, null, null, null, 2.5]);
});

test("a series without floats is not drawn", () => {
  assert.equal(toChartData([{ metric: {}, histograms: [] }], SPAN, () => "a").series.length, 0);
});

test("a gap lifts nothing in a stack", () => {
  assert.deepEqual(
    stack([
      [1, null, 3],
      [10, 20, null],
      [100, 100, 100],
    ]),
    [
      [1, null, 3],
      [11, 20, null],
      [111, 120, 103],
    ],
  );
});

test("a summary ignores gaps", () => {
  assert.deepEqual(summarise([null, 2, null, 4, null]), { last: 4, min: 2, mean: 3, max: 4 });
  assert.equal(summarise([null]).last, null);
});

test("the value axis has a height whatever the values", () => {
  for (const [min, max] of [
    [0, 0],
    [5, 5],
    [-3, -3],
    [-1, 1],
    [1e9, 1e9 + 1],
    [null, null],
  ] as const) {
    const [low, high] = valueRange(min, max, "none");
    assert.ok(low < high, `${min}..${max}`);
    if (min !== null) assert.ok(low <= min && high >= max, `${min}..${max}`);
  }
});

test("a series keeps its colour whatever order it comes in", () => {
  const ids = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
  const forward = assignSlots(ids);
  assert.deepEqual(assignSlots(ids.toReversed()), forward.toReversed());
  assert.equal(new Set(forward).size, ids.length);
  assert.equal(assignSlots([{ id: "z", slot: 3 }])[0], 3);
});

test("more series than colours are dashed, and still differ", () => {
  const many = Array.from({ length: 35 }, (_, index) => ({ id: String(index) }));
  assert.equal(new Set(assignSlots(many)).size, many.length);
  assert.deepEqual(assignSlots(many).filter((slot) => !isDashed({}, slot)).length, 10);
});
