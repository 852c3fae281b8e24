// Pings that must come, and the ones that we send so that somebody notices when alerting stops.
import { call } from "./envelope.ts";

export interface Heartbeat {
  name: string;
  /** Seconds. */
  every: number;
  /** Unix seconds; null: none yet. */
  last: number | null;
  missing: boolean;
}

export interface Deadman {
  /** Seconds. */
  interval: number;
  last: number | null;
  ok: boolean;
  error: string;
}

/** `deadman` null: none is configured. */
export const heartbeats = async (
  signal?: AbortSignal,
): Promise<{ heartbeats: Heartbeat[]; deadman: Deadman | null }> =>
  (await call<{ heartbeats: Heartbeat[]; deadman: Deadman | null }>("heartbeats", {}, signal)).data;
