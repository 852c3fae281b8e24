// What became of alerts, event by event.
import { call } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface AlertEvent {
  /** Unix seconds. */
  time: number;
  fingerprint: string;
  event: string;
  labels: Labels;
  /** A user, ids of silences, or the alert that inhibits, by the event. */
  by: string;
  receiver: string;
  integration: string;
  text: string;
}

export interface EventsAsked {
  fingerprint?: string;
  /** Unix seconds. */
  start: number;
  /** A selector: `{severity="page"}`. */
  match?: string | undefined;
  limit: number;
}

/** The newest first. */
export const alertHistory = async (
  { match, ...asked }: EventsAsked,
  signal?: AbortSignal,
): Promise<{ events: AlertEvent[]; truncated: boolean }> =>
  (
    await call<{ events: AlertEvent[]; truncated: boolean }>(
      "alerts/history",
      { ...asked, "match[]": match },
      signal,
    )
  ).data;
