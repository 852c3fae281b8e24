// An objective in figures: how its budget stands, how fast it burns, what the form holds.
import type { SloDefinition } from "../../api/slos.ts";

export type Standing = "good" | "warn" | "bad";

const LOW = 0.25;

/** By what is left of the budget. */
export function standingOf(remaining: number): Standing {
  return remaining <= 0 ? "bad" : remaining < LOW ? "warn" : "good";
}

/** Burn 1 uses the budget up exactly at the window's end. */
export function burnStanding(rate: number | null): Standing {
  if (rate === null) return "good";
  return rate >= 6 ? "bad" : rate > 1 ? "warn" : "good";
}

export interface Draft {
  name: string;
  description: string;
  objective: string;
  window: string;
  kind: "bad" | "good" | "latency";
  total: string;
  /** Good or bad events, as `kind` says. */
  events: string;
  histogram: string;
  threshold: string;
  groupBy: string[];
}

export const NEW_DRAFT: Draft = {
  name: "",
  description: "",
  objective: "99.9",
  window: "30d",
  kind: "bad",
  total: "",
  events: "",
  histogram: "",
  threshold: "0.3",
  groupBy: [],
};

export function draftOf({ name, description = "", objective, window = "30d", indicator, group_by = [] }: SloDefinition): Draft {
  const { events, latency } = indicator;
  return {
    ...NEW_DRAFT,
    name,
    description,
    objective: String(objective),
    window,
    kind: latency ? "latency" : events?.good ? "good" : "bad",
    total: events?.total ?? "",
    events: events?.good || events?.bad || "",
    histogram: latency?.histogram ?? "",
    threshold: latency ? String(latency.threshold) : NEW_DRAFT.threshold,
    groupBy: [...group_by],
  };
}

/** `before`: what is changed; what the form does not show of it stays. */
export function definitionOf(draft: Draft, before?: SloDefinition): SloDefinition {
  const { kind, total, events, histogram, threshold } = draft;
  const native = before?.indicator.latency?.native;
  return {
    ...before,
    name: draft.name.trim(),
    description: draft.description.trim(),
    objective: Number(draft.objective),
    window: draft.window.trim(),
    indicator:
      kind === "latency"
        ? { latency: { histogram, threshold: Number(threshold), ...(native === undefined ? {} : { native }) } }
        : { events: { total, [kind]: events } },
    group_by: draft.groupBy,
  };
}
