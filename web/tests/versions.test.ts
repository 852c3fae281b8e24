import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuleChange, RuleGroup } from "../src/api/rules.ts";
import { type DiffLine, diffLines, foldSame } from "../src/format/line_diff.ts";
import { changedGroupOf, changedGroups } from "../src/pages/rules/changes.ts";

const SIGNS = { same: " ", added: "+", removed: "-" };
const shown = (lines: readonly DiffLine[]): string[] => lines.map(({ kind, text }) => SIGNS[kind] + text);

test("a changed line is removed and added where it stands", () => {
  assert.deepEqual(shown(diffLines("a\nb\nc\n", "a\nB\nc\n")), [" a", "-b", "+B", " c"]);
  assert.deepEqual(shown(diffLines("", "a\n")), ["+a"]);
  assert.deepEqual(shown(diffLines("a\n", "")), ["-a"]);
  assert.deepEqual(shown(diffLines("a", "a\n")), [" a"]);
});

test("lines that repeat are not taken for each other", () => {
  assert.deepEqual(shown(diffLines("x\nx", "x\nx\nx")), [" x", " x", "+x"]);
  assert.deepEqual(shown(diffLines("a\nx\nb\nx", "a\nb\nx\nc")), [" a", "-x", " b", " x", "+c"]);
});

test("a difference holds both texts, whatever they are", () => {
  let seed = 7;
  const random = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
  const text = (): string => Array.from({ length: random(12) }, () => "abc"[random(3)]!).join("\n");
  for (let round = 0; round < 300; round++) {
    const [before, after] = [text(), text()];
    const lines = diffLines(before, after);
    const without = (kind: string): string =>
      lines
        .filter((line) => line.kind !== kind)
        .map((line) => line.text)
        .join("\n");
    assert.deepEqual([without("added"), without("removed")], [before, after]);
  }
});

test("what is too long to compare is shown as replaced", () => {
  const many = (word: string): string => Array.from({ length: 2001 }, (_, at) => `${word}${at}`).join("\n");
  const lines = diffLines(many("a"), many("b"));
  assert.deepEqual([lines.length, lines[0]!.kind, lines.at(-1)!.kind], [4002, "removed", "added"]);
});

test("long stretches without a change are folded, and a single line is not", () => {
  const same = (count: number): DiffLine[] => Array.from({ length: count }, () => ({ kind: "same", text: "" }));
  const change: DiffLine = { kind: "added", text: "" };
  const kinds = (lines: DiffLine[]): (string | number)[] =>
    foldSame(lines).map((line) => (line.kind === "folded" ? line.count : line.kind[0]!));
  assert.deepEqual(kinds([...same(6), change, ...same(4)]), [3, "s", "s", "s", "a", "s", "s", "s", "s"]);
  assert.deepEqual(kinds(same(5)), [5]);
});

const change = (namespace: string, group: string, deleted = false): RuleChange => ({
  version: 1,
  time: "",
  user: "",
  namespace,
  group,
  deleted,
});
const CHANGES = [change("n", "a"), change("n", "b"), change("n", "a", true), change("m", "a")];

test("a group is as its newest change left it", () => {
  assert.deepEqual(
    changedGroups(CHANGES).map(({ key, deleted }) => [key, deleted]),
    [
      ["n/a", true],
      ["n/b", false],
      ["m/a", false],
    ],
  );
});

test("a group of a file has no history, nor one that was deleted over HTTP", () => {
  const group = (file: string, name: string) => ({ file, name }) as RuleGroup;
  assert.equal(changedGroupOf(CHANGES, group("n", "b"))?.key, "n/b");
  assert.equal(changedGroupOf(CHANGES, group("/etc/n.yml", "b")), undefined);
  assert.equal(changedGroupOf(CHANGES, group("n", "a")), undefined);
});
