import assert from "node:assert/strict";
import { test } from "node:test";
import { groupPath, readGroup } from "../src/api/push.ts";

test("a group's own times are told from its metrics", () => {
  const family = (value: string) => ({ time_stamp: "", type: "GAUGE", metrics: [{ labels: {}, value }] });
  const group = readGroup({
    labels: { job: "a" },
    last_push_successful: true,
    push_time_seconds: family("1700000000.5"),
    push_failure_time_seconds: family("0"),
    done: family("1"),
  });
  assert.deepEqual([group.pushedAt, group.failedAt, group.succeeded], [1_700_000_000.5, null, true]);
  assert.deepEqual(
    group.families.map(({ name, help }) => [name, help]),
    [["done", ""]],
  );
});

test("a group's path carries any value", () => {
  assert.equal(groupPath({ job: "a/b", zone: "", name: "é" }), "metrics/job@base64/YS9i/zone@base64/=/name@base64/w6k=");
});
