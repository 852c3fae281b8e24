import assert from "node:assert/strict";
import { test } from "node:test";
import { type DryRun, placedError, type ReceiverCount } from "../src/api/dry_run.ts";
import { compareReceivers, differenceText, overTime } from "../src/pages/routing/comparing.ts";

const receiver = (name: string, notifications: number): ReceiverCount => ({
  receiver: name,
  notifications,
  alerts: 1,
  integrations: {},
  groups: [],
});
const RUN: DryRun = {
  start: 100,
  end: 130,
  alerts: 2,
  historyTruncated: false,
  notifications: 5,
  receivers: [receiver("new", 3), receiver("both", 2)],
  suppressed: {},
  overTime: { step: 10, counts: [3, 0, 2] },
  current: {
    notifications: 9,
    receivers: [receiver("both", 8), receiver("old", 1)],
    suppressed: {},
    overTime: { step: 10, counts: [9, 0, 0] },
  },
};

test("receivers of either configuration are compared, the busiest of either first", () => {
  const told = compareReceivers(RUN).map(({ name, count, inForce }) => [name, count, inForce]);
  assert.deepEqual(told, [
    ["both", 2, 8],
    ["new", 3, 0],
    ["old", 0, 1],
  ]);
  assert.equal(compareReceivers(RUN)[2]!.told, undefined);
});

test("a difference has a sign, and nothing is no difference", () => {
  assert.deepEqual([differenceText(5, 2), differenceText(2, 5), differenceText(2, 2)], ["+3", "−3", ""]);
});

test("both configurations are drawn over the same times", () => {
  const { times, series } = overTime(RUN, ["this", "in force"]);
  assert.deepEqual(times, [100, 110, 120]);
  assert.deepEqual(
    series.map(({ values }) => values),
    [
      [3, 0, 2],
      [9, 0, 0],
    ],
  );
});

test("an error says which line of the configuration it is about, if any", () => {
  assert.deepEqual(placedError("alertmanager.yml:12: route: no\nreally"), { line: 12, text: "route: no\nreally" });
  assert.deepEqual(placedError("alertmanager.yml: empty"), { line: 0, text: "alertmanager.yml: empty" });
});
