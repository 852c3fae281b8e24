// Targets as the server scrapes them, and how relabelling made or dropped them.
import { call } from "./envelope.ts";
import type { Labels } from "./query.ts";

export type Health = "up" | "down" | "unknown";

export interface ActiveTarget {
  discoveredLabels: Labels;
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: Health;
  scrapeInterval: string;
  scrapeTimeout: string;
}

export interface DroppedTarget {
  discoveredLabels: Labels;
  scrapePool?: string;
}

export interface Targets {
  activeTargets: ActiveTarget[];
  droppedTargets: DroppedTarget[];
  droppedTargetCounts?: Record<string, number>;
}

export interface RelabelStep {
  rule: Record<string, unknown>;
  output: Labels;
  keep: boolean;
}

export const targets = async (signal?: AbortSignal): Promise<Targets> => (await call<Targets>("targets", { state: "any" }, signal)).data;

export async function relabelSteps(scrapePool: string, labels: Labels, signal?: AbortSignal): Promise<RelabelStep[]> {
  const parameters = { scrapePool, labels: JSON.stringify(labels) };
  return (await call<{ steps: RelabelStep[] | null }>("targets/relabel_steps", parameters, signal)).data.steps ?? [];
}
