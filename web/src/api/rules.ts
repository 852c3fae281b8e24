// Rule groups as the server evaluates them.
import { call } from "./envelope.ts";
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
