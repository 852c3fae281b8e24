// Service level objectives: declared, with their budgets and the alerts that guard them.
import { call, send } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface SloDefinition {
  name: string;
  description?: string;
  /** Percent. */
  objective: number;
  /** `30d` */
  window?: string;
  indicator: {
    events?: { total: string; good?: string; bad?: string };
    latency?: { histogram: string; threshold: number; native?: boolean };
  };
  group_by?: string[];
  labels?: Labels;
  annotations?: Labels;
  page_severity?: string;
  ticket_severity?: string;
  alerting?: boolean;
}

export interface BudgetState {
  labels: Labels;
  errorRatios: Record<string, number | null>;
  windowErrorRatio: number | null;
  /** 1: nothing used; below 0: overspent. */
  remaining: number | null;
  burnRates: Record<string, number | null>;
  /** Seconds, at the present burn; null: never. */
  exhaustedIn: number | null;
}

export interface BurnAlert {
  severity: string;
  longWindow: string;
  shortWindow: string;
  factor: number;
  fraction: number;
  state: "inactive" | "pending" | "firing";
}

export interface Slo {
  definition: SloDefinition;
  source: "file" | "api";
  /** The part of the events that may be bad. */
  budget: number;
  groups: BudgetState[];
  alerts: BurnAlert[];
}

export const slos = async (signal?: AbortSignal): Promise<Slo[]> =>
  (await call<{ slos: Slo[] }>("slos", {}, signal)).data.slos;

/** Checked first: a name that no path can carry is refused in the server's words too. */
export async function saveSlo(definition: SloDefinition): Promise<Slo> {
  await checkSlo(definition);
  return send("PUT", `slos/${encodeURIComponent(definition.name)}`, definition);
}

export const deleteSlo = (name: string): Promise<unknown> => send("DELETE", `slos/${encodeURIComponent(name)}`);

export interface SloVersion {
  number: number;
  /** Unix seconds. */
  time: number;
  user: string;
  /** null: it was deleted. */
  definition: SloDefinition | null;
}

/** Oldest first. */
export const sloVersions = async (name: string, signal?: AbortSignal): Promise<SloVersion[]> =>
  (await call<{ versions: SloVersion[] }>(`slos/${encodeURIComponent(name)}/versions`, {}, signal)).data.versions;

/** The rules that a definition would make, as YAML; nothing is stored. */
export const checkSlo = async (definition: SloDefinition): Promise<string> =>
  (await send<{ rules: string }>("POST", "slos/check", definition)).rules;
