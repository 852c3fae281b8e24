// What is shown of which machine: the scope of every expression and the span of every chart, made once per refresh.
import type { TimeSpan } from "../../api/query.ts";
import { formatDuration } from "../../format/duration.ts";
import { spanOf } from "../../state/panels.ts";
import { type Scope, selectorOf } from "./expressions.ts";
import type { Machine } from "./machine.ts";

export interface View {
  scope: Scope;
  span: TimeSpan;
  now: number;
  zoom: (start: number, end: number) => void;
}

export const RANGES = ["15m", "1h", "6h", "24h", "7d"] as const;
export const REFRESH_SECONDS = 15;

/** Rates look at four scrapes of 15 s, or at one step where steps are longer, so that no sample is skipped. */
const WINDOW_SECONDS_MIN = 60;

export function viewOf(machine: Machine, range: number, end: number | null, now: number, zoom: View["zoom"]): View {
  const span = spanOf({ range, end, step: null }, now);
  const scope = {
    selector: selectorOf(machine.labels),
    window: formatDuration(Math.max(WINDOW_SECONDS_MIN, span.step)),
    range: formatDuration(Math.max(range, WINDOW_SECONDS_MIN)),
  };
  return { scope, span, now: end ?? now, zoom };
}
