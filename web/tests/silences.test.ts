import assert from "node:assert/strict";
import { test } from "node:test";
import type { Silence } from "../src/api/alertmanager.ts";
import { setsOf, startFrom, wantedSilence } from "../src/pages/silences/wanted.ts";

const matcher = (name: string, value: string, isRegex = false, isEqual = true) => ({ name, value, isRegex, isEqual });
const ONE = [matcher("job", "a"), matcher("path", "/x|/y", true)];
const TWO = [matcher("zone", 'a"b', false, false)];
const SILENCE: Silence = {
  id: "1",
  status: { state: "active" },
  matchers: ONE,
  matcherSets: [ONE, TWO],
  startsAt: "2026-01-01T00:00:00.000Z",
  endsAt: "2026-01-01T02:00:00.000Z",
  updatedAt: "",
  createdBy: "li",
  comment: "why",
  annotations: { ticket: "7" },
};

test("a silence shows every one of its matcher sets", () => {
  assert.deepEqual(setsOf(SILENCE), [['job="a"', 'path=~"/x|/y"'], [String.raw`zone!="a\"b"`]]);
  const { matcherSets: _, ...single } = SILENCE;
  assert.deepEqual(setsOf(single), [['job="a"', 'path=~"/x|/y"']]);
});

test("a silence that is opened and saved keeps its sets, its author and its annotations", () => {
  const { id, status: _, updatedAt: __, ...rest } = SILENCE;
  const start = startFrom(SILENCE);
  const { sets, startsAt = 0, endsAt = 0, createdBy = "", comment = "", annotations = {} } = start;
  const wanted = wantedSilence({ id: start.id, sets, startsAt, endsAt, createdBy, comment, annotations });
  assert.deepEqual(wanted, { id, ...rest });
});

test("a set that was emptied is gone, and what is left of one set is written as every Alertmanager reads it", () => {
  const times = { startsAt: 0, endsAt: 60, createdBy: "", comment: "", annotations: {} };
  const wanted = wantedSilence({ id: undefined, sets: [[], ['zone!="c"']], ...times });
  assert.deepEqual([wanted.matchers, wanted.matcherSets], [[matcher("zone", "c", false, false)], undefined]);
});

test("one that is over begins anew and has a new author", () => {
  const again = startFrom({ ...SILENCE, status: { state: "expired" } });
  assert.deepEqual([again.id, again.startsAt, again.createdBy, again.sets.length], [undefined, undefined, undefined, 2]);
});
