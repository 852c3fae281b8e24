// What people say of alerts: acknowledged, assigned, commented.
import { call, send } from "./envelope.ts";

export interface Notes {
  /** Times are unix seconds. */
  acknowledged: { by: string; at: number; until: number | null; comment: string } | null;
  assignee: string;
  assignedBy: string;
  comments: { by: string; at: number; text: string }[];
}

/** Of every alert that has some and fires, by fingerprint. */
export const allNotes = async (signal?: AbortSignal): Promise<Record<string, Notes>> =>
  (await call<{ notes: Record<string, Notes> }>("alerts/notes", {}, signal)).data.notes;

/** `seconds` 0: until the alert resolves. `by` counts where nobody logs in. */
export const acknowledge = (fingerprint: string, by: string, comment: string, seconds: number): Promise<Notes> =>
  send("POST", `alerts/${fingerprint}/acknowledgement`, { by, comment, seconds });

export const takeBackAcknowledgement = (fingerprint: string, by: string): Promise<Notes> =>
  send("DELETE", `alerts/${fingerprint}/acknowledgement`, { by });

export const assign = (fingerprint: string, by: string, assignee: string): Promise<Notes> =>
  send("PUT", `alerts/${fingerprint}/assignee`, { by, assignee });

export const comment = (fingerprint: string, by: string, text: string): Promise<Notes> =>
  send("POST", `alerts/${fingerprint}/comments`, { by, text });
