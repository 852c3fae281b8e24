// What another configuration would have sent in the past.
import { sendText } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface GroupCount {
  groupKey: string;
  groupLabels: Labels;
  notifications: number;
  /** Unix seconds. */
  first: number;
  last: number;
}

export interface ReceiverCount {
  receiver: string;
  notifications: number;
  /** How many different ones it was told of. */
  alerts: number;
  /** Notifications by `webhook[0]`. */
  integrations: Record<string, number>;
  groups: GroupCount[];
}

/** What one configuration did with the alerts. */
export interface Played {
  notifications: number;
  /** The busiest first; those that were told nothing are left out. */
  receivers: ReceiverCount[];
  suppressed: Record<string, number>;
  overTime: { step: number; counts: number[] };
}

export interface DryRun extends Played {
  start: number;
  end: number;
  /** How many different ones there were. */
  alerts: number;
  /** Not every alert of the time was played. */
  historyTruncated: boolean;
  /** Of the configuration in force. */
  current: Played;
}

export const dryRun = (config: string, since: string, signal: AbortSignal): Promise<DryRun> =>
  sendText("alerts/dry-run", { since }, config, signal);

/** The line of the configuration that an error is about, and what it says; line 0: about no line. */
export function placedError(message: string): { line: number; text: string } {
  const placed = /^alertmanager\.yml:(\d+): (.*)$/s.exec(message);
  return placed ? { line: Number(placed[1]), text: placed[2]! } : { line: 0, text: message };
}
