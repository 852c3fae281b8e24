import assert from "node:assert/strict";
import { test } from "node:test";
import { automaticStep, NEW_PANEL, readPanels, spanOf, writePanels } from "../src/state/panels.ts";

const read = (query: string) => readPanels(new URLSearchParams(query));

test("a link reproduces its panels", () => {
  const panels = [
    { ...NEW_PANEL, expr: 'rate(a{b="c&d"}[5m])', range: 5400, end: 1_700_000_000, step: 15, stacked: true },
    { ...NEW_PANEL, expr: "up", view: "table" },
    { ...NEW_PANEL, expr: "up", view: "explain" },
    { ...NEW_PANEL, expr: "up", view: "heatmap" },
    { ...NEW_PANEL, expr: "up", exemplars: true, compare: 86_400 },
  ] as const;
  assert.deepEqual(readPanels(new URLSearchParams(writePanels(panels).toString())), panels);
});

test("links of Prometheus' old and new pages are understood", () => {
  const old = read(
    "g0.expr=up&g0.tab=1&g0.stacked=0&g0.range_input=2h&g0.end_input=2023-11-14%2022%3A13%3A20&g0.step_input=60",
  );
  assert.deepEqual(old, [{ ...NEW_PANEL, expr: "up", view: "table", range: 7200, end: 1_700_000_000, step: 60 }]);
  const current = read("g0.expr=up&g0.tab=graph&g0.display_mode=stacked&g0.res_type=fixed&g0.res_step=30&g1.expr=down");
  assert.deepEqual(
    current.map(({ view, stacked, step }) => [view, stacked, step]),
    [
      ["graph", true, 30],
      ["graph", false, null],
    ],
  );
  assert.equal(read("g0.expr=up&g0.tab=0")[0]!.view, "graph");
  assert.equal(read("g0.expr=up&g0.tab=graph&g0.display_mode=heatmap&g0.show_exemplars=1")[0]!.view, "heatmap");
  assert.equal(read("g0.expr=up&g0.show_exemplars=1")[0]!.exemplars, true);
});

test("what cannot be read falls back to a new panel's setting", () => {
  const [panel] = read("g0.expr=up&g0.range_input=soon&g0.end_input=never&g0.step_input=-1");
  assert.deepEqual(panel, { ...NEW_PANEL, expr: "up" });
  assert.deepEqual(read("expr=up"), []);
});

test("an automatic step is round and gives no more points than wanted", () => {
  for (const range of [60, 900, 3600, 86_400, 604_800, 31_536_000]) {
    const step = automaticStep(range);
    assert.ok(range / step <= 251, `${range}: ${step}`);
  }
  assert.deepEqual(spanOf({ range: 3600, end: null, step: null }, 1007), { start: -2595, end: 1005, step: 15 });
  assert.deepEqual(spanOf({ range: 60, end: 1007, step: 7 }, 0), { start: 947, end: 1007, step: 7 });
});
