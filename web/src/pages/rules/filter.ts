// Which rules are shown: by state, and by every word in name, expression, labels or error.
import type { Rule, RuleGroup } from "../../api/rules.ts";

export const RULE_STATES = ["firing", "pending", "inactive", "failing", "recording"] as const;
export type RuleState = (typeof RULE_STATES)[number];

export function stateOf(rule: Rule): RuleState {
  if (rule.health === "err") return "failing";
  if (rule.type === "recording") return "recording";
  return rule.state === "firing" || rule.state === "pending" ? rule.state : "inactive";
}

export function countRules(groups: readonly RuleGroup[]): Record<RuleState, number> {
  const counts = { firing: 0, pending: 0, inactive: 0, failing: 0, recording: 0 };
  for (const { rules } of groups) for (const rule of rules) counts[stateOf(rule)] += 1;
  return counts;
}

/** Groups with the rules that are wanted, without groups that have none. */
export function shownRules(groups: readonly RuleGroup[], state: RuleState | "", words: string): RuleGroup[] {
  return groups
    .map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => (!state || stateOf(rule) === state) && matches(group, rule, words)),
    }))
    .filter(({ rules }) => rules.length > 0);
}

function matches(group: RuleGroup, rule: Rule, words: string): boolean {
  const labels = Object.entries(rule.labels).map(([name, value]) => `${name}=${value}`);
  const text = [group.name, group.file, rule.name, rule.query, rule.lastError, ...labels].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Names a rule in a link; rules of one group and name unfold together. */
export const ruleKey = (group: RuleGroup, rule: Rule): string => `${group.name}/${rule.name}`;
