import assert from "node:assert/strict";
import { test } from "node:test";
import { tickLabels } from "../src/format/time.ts";
import { colourYaml } from "../src/pages/status/yaml.ts";
import { byPool, matches } from "../src/pages/targets/filter.ts";
import { changes } from "../src/pages/targets/relabelling.ts";

test("colouring changes no character of a configuration", () => {
  const text =
    'global:\n  scrape_interval: 15s # often\n- job_name: "a: b"\n  - "x"\n  url: http://h:1/p?q=#f\n\n# end\n  re: (.*);(.+)\n- - a\n}{:::';
  const back = colourYaml(text)
    .map((line) => line.map((part) => part.text).join(""))
    .join("\n");
  assert.equal(back, text);
});

test("keys, strings, numbers and comments are told apart", () => {
  const kinds = (line: string): string[] => colourYaml(line)[0]!.map(({ kind, text }) => `${kind}:${text}`);
  assert.deepEqual(kinds("a: 15s # b"), ["key:a", "mark::", "plain: ", "number:15s", "comment: # b"]);
  assert.deepEqual(kinds('- job: "x"'), ["mark:- ", "key:job", "mark::", "plain: ", 'string:"x"']);
  assert.deepEqual(kinds("ok: true").at(-1), "word:true");
});

test("targets are found by every word, also in labels and errors", () => {
  const target = {
    scrapePool: "node",
    labels: { team: "Storage" },
    discoveredLabels: {},
    scrapeUrl: "http://a:1/metrics",
    lastError: "refused",
  };
  assert.ok(matches(target, "team=storage REFUSED"));
  assert.ok(matches(target, ""));
  assert.ok(!matches(target, "node other"));
});

test("targets are grouped by job in the order of names", () => {
  const groups = byPool([{ scrapePool: "b", discoveredLabels: {} }, { discoveredLabels: { job: "a" } }]);
  assert.deepEqual(
    groups.map(([name]) => name),
    ["a", "b"],
  );
});

test("a relabelling step shows what came, went and changed", () => {
  assert.deepEqual(changes({ a: "1", b: "2", c: "3" }, { a: "1", b: "4", d: "5" }), [
    { name: "b", from: "2", to: "4" },
    { name: "c", from: "3" },
    { name: "d", to: "5" },
  ]);
});

test("a new day shows its date on the time axis", () => {
  const midnight = new Date(2026, 2, 1).getTime() / 1000;
  assert.deepEqual(tickLabels([midnight - 3600, midnight, midnight + 3600], 3600), ["23:00", "00:00\n03-01", "01:00"]);
  assert.deepEqual(tickLabels([midnight], 86_400), ["03-01"]);
  assert.deepEqual(tickLabels([midnight, midnight + 366 * 86_400], 366 * 86_400), ["2026-03", "2027-03"]);
});
