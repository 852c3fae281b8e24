import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration, roughDuration } from "../src/format/duration.ts";
import { formatTicks, formatValue, tickSteps, type Unit } from "../src/format/units.ts";

test("a value reads in its unit", () => {
  const cases: [number, Unit, string][] = [
    [0, "bytes", "0 B"],
    [1023, "bytes", "1023 B"],
    [1536, "bytes", "1.5 KiB"],
    [25_276_510_208, "bytes", "23.5 GiB"],
    [1_250_000, "bits/s", "1.25 Mbit/s"],
    [0.1234, "ratio", "12.3%"],
    [0.00001, "ratio", "<0.01%"],
    [1.97, "ratio", "197%"],
    [12_345, "none", "12.3k"],
    [999_999, "none", "1M"],
    [0.00001, "none", "1.0e-5"],
    [-1536, "bytes", "-1.5 KiB"],
    [0.0125, "seconds", "12.5ms"],
    [93_784, "seconds", "1d 2h"],
    [Infinity, "none", "+Inf"],
    [NaN, "bytes", "NaN"],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatValue(value, unit), text);
});

test("ticks close together get the digits that tell them apart", () => {
  const ticks = [22.9375, 22.96875, 23].map((value) => value * 2 ** 30);
  assert.equal(new Set(formatTicks(ticks, "bytes")).size, 3);
  assert.deepEqual(formatTicks([0, 0.5, 1], "ratio"), ["0%", "50%", "100%"]);
});

test("tick distances rise without gaps", () => {
  for (const unit of ["none", "bytes", "seconds"] as const) {
    const steps = tickSteps(unit);
    steps.slice(1).forEach((step, index) => assert.ok(step > steps[index]!, `${unit}: ${step}`));
  }
});

test("a duration is read and written as PromQL does", () => {
  for (const [text, seconds] of [["1h30m", 5400], ["15s", 15], ["250ms", 0.25], ["90", 90], ["1d", 86_400], ["2w", 1_209_600]] as const) {
    assert.equal(parseDuration(text), seconds);
  }
  for (const text of ["", "h", "1h 30m", "-5m", "0", "1x"]) assert.equal(parseDuration(text), null);
  for (const seconds of [1, 59, 60, 5400, 86_400, 90_061, 0.25]) assert.equal(parseDuration(formatDuration(seconds)), seconds);
  assert.equal(roughDuration(0.0000005), "1µs");
  assert.equal(roughDuration(3661), "1h 1m");
});
