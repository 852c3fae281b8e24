import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesText, tellApart } from "../src/promql/labels.ts";
import { unitOf } from "../src/promql/unit_of.ts";

test("the unit of an expression follows from names and arithmetic", () => {
  const cases = {
    node_memory_MemFree_bytes: "bytes",
    "rate(node_network_receive_bytes_total[1m])": "bytes/s",
    "sum by (device) (rate(node_network_receive_bytes_total{device!~\"lo|x\"}[1m])) * 8": "bits/s",
    "rate(node_cpu_seconds_total[1m])": "ratio",
    "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[1m])))": "percent",
    "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes": "ratio",
    "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))": "seconds",
    "rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])": "seconds",
    "rate(http_requests_total[5m])": "per-second",
    "sum(increase(http_requests_total[1h]))": "none",
    "count(node_memory_MemFree_bytes)": "none",
    "time() - node_boot_time_seconds": "seconds",
    node_boot_time_seconds: "timestamp",
    "topk(3, process_resident_memory_bytes)": "bytes",
    "node_hwmon_temp_celsius": "celsius",
    up: "none",
    "a_bytes > 10": "bytes",
    "max_over_time(rate(x_bytes_total[1m])[10m:1m])": "bytes/s",
    "a_bytes / on (instance) group_left () b_bytes": "ratio",
    "": "none",
    "))((": "none",
    "sum(": "none",
  };
  for (const [expression, unit] of Object.entries(cases)) assert.equal(unitOf(expression), unit, expression);
});

test("any text has a unit, and the guess ends", () => {
  const alphabet = ["a_bytes", "rate", "(", ")", "[5m]", "/", "*", "8", "by", "on", "bool", "{", "}", ",", "-", "offset", "@", "'"];
  let seed = 1;
  const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: next(12) }, () => alphabet[next(alphabet.length)]).join(" ");
    assert.equal(typeof unitOf(text), "string");
  }
});

test("a series is written as PromQL selects it", () => {
  assert.equal(seriesText({ __name__: "up", job: "a", instance: 'b"c' }), 'up{instance="b\\"c", job="a"}');
  assert.equal(seriesText({ __name__: "my.metric", "a.b": "c" }), '{"my.metric", "a.b"="c"}');
  assert.equal(seriesText({}), "{}");
});

test("series are told apart by what they do not share", () => {
  const told = tellApart([{ job: "a", mode: "x" }, { job: "a", mode: "y" }]);
  assert.deepEqual(told, { common: { job: "a" }, distinct: [{ mode: "x" }, { mode: "y" }] });
  assert.deepEqual(tellApart([{ job: "a" }]).distinct, [{ job: "a" }]);
});
