// How the server evaluated a query, and why it answered nothing: our own part of the API.
import { type Answer, call, type Parameters } from "./envelope.ts";
import type { TimeSpan } from "./query.ts";

export interface NodeResult {
  series: number;
  samples: number;
  steps: number;
  evaluations: number;
  seconds: number;
  /** Without operands and reads. */
  ownSeconds: number;
}

/** Samples after merging; those of each source are counted before. */
export interface NodeRead {
  series: number;
  samples: number;
  seconds: number;
  shared: boolean;
  head: number;
  cache: number;
  engine: number;
  rollup: number;
}

export interface ExplainedNode {
  kind: string;
  /** What the node does, without its operands. */
  head: string;
  text: string;
  constant: boolean;
  result: NodeResult | null;
  read: NodeRead | null;
  operands: ExplainedNode[];
}

export interface QueryStats {
  timings: { execTotalTime: number; queryPreparationTime: number; innerEvalTime: number; execQueueTime: number };
  samples: { totalQueryableSamples: number; peakSamples: number };
}

export interface Explanation {
  tree: ExplainedNode;
  series: number;
  samples: number;
  stats: QueryStats;
}

export interface JudgedMatcher {
  text: string;
  name: string;
  type: string;
  value: string;
  /** Series that this matcher matches by itself, and that all others match. */
  alone: number;
  without: number;
  closeValues: string[];
  closeNames: string[];
}

export interface JudgedSelector {
  text: string;
  series: number;
  ever: number;
  matchers: JudgedMatcher[];
}

export type Loss = "too_few" | "too_old" | "compared" | "unmatched" | "other";

export interface Emptiness {
  empty: boolean;
  selectors: JudgedSelector[];
  losses: { text: string; loss: Loss }[];
}

/** A range, or one time. Seconds. */
export type Moment = TimeSpan | { time: number };

export const explainQuery = (expr: string, moment: Moment, signal?: AbortSignal): Promise<Answer<Explanation>> =>
  call("explain", asked(expr, moment), signal);

export const whyEmpty = async (expr: string, moment: Moment, signal?: AbortSignal): Promise<Emptiness> =>
  (await call<Emptiness>("why_empty", asked(expr, moment), signal)).data;

const asked = (expr: string, moment: Moment): Parameters => ({ query: expr, ...moment });
