// Rule groups as the server evaluates them.
import { plainAnswer } from "./alertmanager.ts";
import { call, reach } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface RuleAlert {
  labels: Labels;
  annotations: Labels;
  state: "pending" | "firing";
  activeAt: string;
  value: string;
}

interface Evaluated {
  name: string;
  query: string;
  labels: Labels;
  health: "ok" | "err" | "unknown";
  lastError?: string;
  /** Seconds. */
  evaluationTime: number;
  lastEvaluation: string;
}

export interface AlertingRule extends Evaluated {
  type: "alerting";
  state: "inactive" | "pending" | "firing" | "unknown";
  /** Seconds: `for`, and `keep_firing_for`. */
  duration: number;
  keepFiringFor: number;
  annotations: Labels;
  alerts: RuleAlert[];
}

export interface RecordingRule extends Evaluated {
  type: "recording";
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  name: string;
  file: string;
  rules: Rule[];
  /** Seconds. */
  interval: number;
  limit: number;
  evaluationTime: number;
  lastEvaluation: string;
}

export const ruleGroups = async (signal?: AbortSignal): Promise<RuleGroup[]> =>
  (await call<{ groups: RuleGroup[] }>("rules", {}, signal)).data.groups;

/** What somebody did over HTTP to a group of a namespace. */
export interface RuleChange {
  /** Counts up in its namespace. */
  version: number;
  time: string;
  user: string;
  namespace: string;
  group: string;
  deleted: boolean;
}

/** `text`: empty when the group was deleted. */
export type RuleVersion = RuleChange & { text: string };

/** Of all namespaces, oldest first. */
export const ruleChanges = async (signal?: AbortSignal): Promise<RuleChange[]> =>
  plainAnswer(await reach("config/v1/rules?versions=true", {}, signal));

export const ruleVersions = async (namespace: string, signal?: AbortSignal): Promise<RuleVersion[]> =>
  plainAnswer(await reach(`config/v1/rules/${encodeURIComponent(namespace)}?versions=true`, {}, signal));
