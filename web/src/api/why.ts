// Everything the server knows about one alert, and why it was, or was not, told to anybody.
import type { Notes } from "./alert_notes.ts";
import { call } from "./envelope.ts";
import type { Labels } from "./query.ts";

/** Unix seconds; values that are not finite come as texts. */
export type TracePoint = readonly [number, number | string];

export interface Trace {
  labels: Labels;
  points: TracePoint[];
}

export interface Side {
  query: string;
  constant: number | null;
  series: Trace[];
}

export interface Comparison {
  op: string;
  left: Side;
  right: Side;
}

export interface Occurrence {
  startsAt: number;
  /** null: it fires. */
  endsAt: number | null;
  seconds: number;
  notifications: number;
  failures: number;
  acknowledgedBy: string;
}

export interface Neighbour {
  fingerprint: string;
  labels: Labels;
  startsAt: number;
  endsAt: number | null;
  /** Seconds after this alert began; negative before. */
  after: number;
  shared: string[];
}

export interface PipelineStep {
  step: string;
  /** Empty for steps of the whole route. */
  integration: string;
  passes: boolean;
  code: string;
  /** Words, and between them times in Unix seconds. */
  parts: (string | number)[];
}

export interface AlertRoute {
  receiver: string;
  path: { matchers: string[]; continue: boolean }[];
  groupKey: string;
  groupLabels: Labels;
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
  nextFlush: number | null;
  sent: boolean;
  steps: PipelineStep[];
}

export interface Why {
  alert: {
    fingerprint: string;
    labels: Labels;
    annotations: Labels;
    state: "pending" | "firing" | "resolved";
    startsAt: number;
    endsAt: number | null;
    updatedAt: number;
    generatorURL: string;
    notes: Notes;
  };
  rule: {
    group: string;
    file: string;
    name: string;
    query: string;
    for: number;
    keepFiringFor: number;
    health: string;
    lastError: string;
    lastEvaluation: number | null;
  } | null;
  values: { start: number; end: number; step: number; comparisons: Comparison[] } | null;
  series: { selector: string; matched: number; series: Trace[] }[];
  beside: Neighbour[];
  occurrences: Occurrence[];
  count: number;
  medianSeconds: number | null;
  routes: AlertRoute[];
}

export const whyAlert = async (fingerprint: string, lang: string, signal?: AbortSignal): Promise<Why> =>
  (await call<Why>(`alerts/${fingerprint}/why`, { lang }, signal)).data;
