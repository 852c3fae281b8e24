import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, AlertGroup } from "../src/api/alertmanager.ts";
import type { Rule, RuleGroup } from "../src/api/rules.ts";
import type { AlertRoute } from "../src/api/why.ts";
import { withThreshold } from "../src/charts/threshold.ts";
import { inLanguage } from "../src/i18n/annotations.ts";
import { countStandings, distinctAlerts, mutedBy, ownLabels, shownGroups, standingOf } from "../src/pages/alerts/grouping.ts";
import { outcomeOf, standingOnRoutes } from "../src/pages/alerts/outcome.ts";
import { countRules, shownRules, stateOf } from "../src/pages/rules/filter.ts";
import { definitionOf, draftOf, NEW_DRAFT } from "../src/pages/slos/reading.ts";
import { thresholdOf } from "../src/promql/threshold.ts";

type Quiet = Partial<Alert["status"]>;

function alert(name: string, severity: string, startsAt: string, quiet: Quiet = {}): Alert {
  return {
    fingerprint: `${name} ${startsAt}`,
    labels: { alertname: name, severity, job: "a" },
    annotations: {},
    startsAt,
    endsAt: "",
    receivers: [],
    status: { state: "active", silencedBy: [], inhibitedBy: [], mutedBy: [], ...quiet },
  };
}

const group = (receiver: string, alerts: Alert[]): AlertGroup => ({
  labels: { alertname: alerts[0]!.labels["alertname"]! },
  receiver: { name: receiver },
  alerts,
});

const INFO = alert("Info", "info", "2026-01-03");
const OLD = alert("Down", "critical", "2026-01-01");
const NEW = alert("Down", "critical", "2026-01-02");
const QUIET = alert("Quiet", "warning", "2026-01-01", { silencedBy: ["x"], inhibitedBy: ["y"] });
const ALL = [group("a", [INFO]), group("a", [OLD, NEW]), group("b", [QUIET])];

test("what keeps an alert quiet is told by the first that holds", () => {
  assert.equal(standingOf(QUIET), "silenced");
  assert.equal(standingOf(alert("a", "", "", { mutedBy: ["night"] })), "muted");
  assert.deepEqual(countStandings([INFO, QUIET]), { active: 1, silenced: 1, inhibited: 0, muted: 0 });
});

test("an alert of two routes counts once, and as audible where either route is", () => {
  const muted = alert("Down", "critical", "2026-01-01", { mutedBy: ["night"] });
  const found = distinctAlerts([group("a", [muted]), group("b", [OLD])]);
  assert.deepEqual(found.map(standingOf), ["active"]);
});

test("the worst group comes first, the newest alert first in it", () => {
  const shown = shownGroups(ALL, [], "active");
  assert.deepEqual(
    shown.map(({ receiver, alerts }) => [receiver, alerts.map(({ startsAt }) => startsAt)]),
    [
      ["a", ["2026-01-02", "2026-01-01"]],
      ["a", ["2026-01-03"]],
    ],
  );
});

test("groups by chosen labels hold every alert once", () => {
  const shown = shownGroups(ALL, ["job"], "all");
  assert.deepEqual(
    shown.map(({ labels, alerts }) => [labels, alerts.length]),
    [[{ job: "a" }, 4]],
  );
  assert.deepEqual(ownLabels(OLD, { job: "a" }), {});
});

test("an expression that is one comparison gives its value and its limit", () => {
  assert.deepEqual(thresholdOf("rate(x[5m]) > 0.5"), { expr: "rate(x[5m])", operator: ">", value: 0.5 });
  assert.deepEqual(thresholdOf('(a{b=">1"} / c <= -1e3)'), { expr: 'a{b=">1"} / c', operator: "<=", value: -1000 });
  assert.deepEqual(thresholdOf("sum by (x) (up == 0) > 2")?.expr, "sum by (x) (up == 0)");
});

test("anything else is left whole", () => {
  for (const text of [
    "up",
    "up == on (a) b",
    "a > 1 and b > 2",
    "a > 1 > 2",
    "x > bool 1",
    "> 1",
    "(a > 1) or (b > 2)",
    "a)(b > 1",
  ])
    assert.equal(thresholdOf(text), null, text);
});

test("a limit is a dashed line as long as the chart", () => {
  const chart = withThreshold({ times: [1, 2], series: [{ id: "a", name: "a", values: [3, null] }] }, "> 5", 5);
  assert.deepEqual(chart.series[1], { id: "threshold > 5", name: "> 5", values: [5, 5], slot: 8, dashed: true });
});

const RULE = { name: "Down", query: "up == 0", labels: { team: "db" }, evaluationTime: 0, lastEvaluation: "" };
const FIRING = { ...RULE, type: "alerting", state: "firing", health: "ok" } as unknown as Rule;
const BROKEN = { ...RULE, name: "Bad", type: "recording", health: "err", lastError: "too many" } as unknown as Rule;
const RULES: RuleGroup[] = [
  { name: "g", file: "f.yml", rules: [FIRING, BROKEN], interval: 1, limit: 0, evaluationTime: 0, lastEvaluation: "" },
];

test("rules are found by state and by every word, also of errors", () => {
  assert.deepEqual([FIRING, BROKEN].map(stateOf), ["firing", "failing"]);
  assert.equal(countRules(RULES).failing, 1);
  const names = (state: "firing" | "", words: string): string[] =>
    shownRules(RULES, state, words).flatMap(({ rules }) => rules.map(({ name }) => name));
  assert.deepEqual(names("firing", ""), ["Down"]);
  assert.deepEqual(names("", "many f.yml"), ["Bad"]);
  assert.deepEqual(names("firing", "many"), []);
});

test("a form keeps what it does not show of an objective", () => {
  const latency = { histogram: "h", threshold: 0.3, native: true };
  const before = { name: "a", objective: 99, indicator: { latency }, labels: { team: "x" }, window: "7d" };
  const after = definitionOf({ ...draftOf(before), objective: "99.5" }, before);
  assert.deepEqual(after, { ...before, description: "", objective: 99.5, group_by: [] });
  const events = definitionOf({ ...NEW_DRAFT, name: " b ", kind: "good", total: "t", events: "g" });
  assert.deepEqual([events.name, events.indicator], ["b", { events: { total: "t", good: "g" } }]);
});

const way = (steps: [string, boolean, string][], sent = false): AlertRoute => ({
  receiver: "a",
  path: [],
  groupKey: "",
  groupLabels: {},
  groupWait: 0,
  groupInterval: 0,
  repeatInterval: 0,
  nextFlush: null,
  sent,
  steps: steps.map(([step, passes, code]) => ({ step, passes, code, integration: "", parts: [] })),
});
const TOLD = way([
  ["silence", true, "not_silenced"],
  ["dedup", false, "already_told"],
  ["set", true, "told_firing"],
]);
const SILENCED = way([
  ["inhibit", true, "not_inhibited"],
  ["silence", false, "silenced"],
  ["set", true, "told_firing"],
]);

test("a route says whether it will tell, has told, or keeps quiet", () => {
  assert.deepEqual([way([], true), TOLD, SILENCED, way([])].map(outcomeOf), [
    "willBeSent",
    "told",
    "notSent",
    "notSent",
  ]);
});

test("an alert is quiet only where no route leaves it audible", () => {
  assert.equal(standingOnRoutes([SILENCED]), "silenced");
  assert.equal(standingOnRoutes([way([["mute", false, "muted"]]), TOLD]), "active");
  assert.equal(standingOnRoutes([]), "active");
});

test("what one silence mutes is shown alone", () => {
  assert.deepEqual(
    mutedBy(ALL, "x").flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint)),
    [QUIET.fingerprint],
  );
  assert.equal(mutedBy(ALL, ""), ALL);
});

test("annotations in the reader's language stand for the plain ones", () => {
  const given = { summary: "full", summary_zh: "已满", link: "x", only_zh: "y" };
  assert.deepEqual(inLanguage(given, "zh-CN"), { summary: "已满", link: "x", only_zh: "y" });
  assert.deepEqual(inLanguage(given, "en"), { summary: "full", link: "x", only_zh: "y" });
});
