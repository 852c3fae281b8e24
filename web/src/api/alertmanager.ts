// Alertmanager's API v2: alerts, their groups, silences. Plain JSON without an envelope; an error is a text or a small document.
import { ApiError, asJson, encode, kindOf, type Parameters, reach, readJson, statusText } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface Alert {
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  /** RFC 3339, as all times here. */
  startsAt: string;
  endsAt: string;
  generatorURL?: string;
  receivers: { name: string }[];
  status: {
    state: "active" | "suppressed" | "unprocessed";
    silencedBy: string[];
    inhibitedBy: string[];
    mutedBy: string[];
  };
}

export interface AlertGroup {
  labels: Labels;
  receiver: { name: string };
  alerts: Alert[];
}

export interface SilenceMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export interface Silence {
  id: string;
  status: { state: "active" | "pending" | "expired" };
  /** The first set. */
  matchers: SilenceMatcher[];
  /** Every set, where there are several: an alert that matches all of one of them is silenced. */
  matcherSets?: SilenceMatcher[][];
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  createdBy: string;
  comment: string;
  annotations: Labels;
}

/** Without an id it is made; with one it is changed, which may give it another id. */
export type WantedSilence = Omit<Silence, "id" | "status" | "updatedAt"> & { id?: string };

/** `filters` are matchers, all of which must hold. */
export const alertGroups = (filters: readonly string[], signal?: AbortSignal): Promise<AlertGroup[]> =>
  ask("alerts/groups", { filter: filters }, signal);

export const alerts = (filters: readonly string[], signal?: AbortSignal): Promise<Alert[]> =>
  ask("alerts", { filter: filters }, signal);

/** Alerts that match all filters of one of the sets, each once. */
export async function alertsOfAny(sets: readonly (readonly string[])[], signal?: AbortSignal): Promise<Alert[]> {
  const found = (await Promise.all(sets.map((filters) => alerts(filters, signal)))).flat();
  return [...new Map(found.map((alert) => [alert.fingerprint, alert])).values()];
}

export const silences = (signal?: AbortSignal): Promise<Silence[]> => ask("silences", {}, signal);

export const saveSilence = async (silence: WantedSilence): Promise<string> =>
  (await plainAnswer<{ silenceID: string }>(await reach("api/v2/silences", asJson("POST", silence)))).silenceID;

/** The configuration in force, as text that loads again; secrets read `<secret>`. */
export const runningConfig = async (): Promise<string> =>
  (await ask<{ config: { original: string } }>("status", {})).config.original;

export async function expireSilence(id: string): Promise<void> {
  const response = await reach(`api/v2/silence/${id}`, { method: "DELETE" });
  if (!response.ok) throw await failure(response);
}

async function ask<T>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<T> {
  const query = encode(parameters);
  return plainAnswer<T>(await reach(query ? `api/v2/${path}?${query}` : `api/v2/${path}`, {}, signal));
}

/** For whatever answers without an envelope. */
export async function plainAnswer<T>(response: Response): Promise<T> {
  if (!response.ok) throw await failure(response);
  const document = await readJson<T>(response);
  if (document === null) throw new ApiError("unreadable", statusText(response));
  return document;
}

async function failure(response: Response): Promise<ApiError> {
  const told = await readJson<string | { message?: string; error?: string }>(response);
  const text = typeof told === "string" ? told : (told?.message ?? told?.error);
  const denied = response.status === 401 || response.status === 403;
  const kind = denied ? "unauthorized" : response.status === 404 ? "not_found" : kindOf(response);
  return new ApiError(kind, text ?? statusText(response));
}
