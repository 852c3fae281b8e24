// A panel's range query, and the same one earlier where the panel compares; graph and heatmap draw what comes.
import type { Answer } from "../../api/envelope.ts";
import { type Exemplar, queryExemplars } from "../../api/exemplars.ts";
import { queryRange, type RangeResult, type TimeSpan } from "../../api/query.ts";
import { type Panel, spanOf } from "../../state/panels.ts";
import { type Resource, useResource } from "../../state/resource.ts";

export interface Loaded {
  answer: Answer<RangeResult>;
  /** The answer for `compare` seconds before, at its own times. */
  earlier: Answer<RangeResult> | null;
  exemplars: readonly Exemplar[];
  span: TimeSpan;
  panel: Panel;
  milliseconds: number;
}

export interface Asked {
  panel: Panel;
  /** Changes when the same question shall be asked again. */
  refresh: string;
  /** The server counts what the query looks at; that takes it longer. */
  counted: boolean;
}

export function useRange({ panel, refresh, counted }: Asked): Resource<Loaded> {
  const { expr, range, end, step, compare, exemplars } = panel;
  const key = expr ? JSON.stringify([expr, range, end, step, compare, exemplars, refresh, counted]) : null;
  return useResource<Loaded>(key, async (signal) => {
    const span = spanOf(panel, Date.now() / 1000);
    const [{ answer, milliseconds }, earlier, marks] = await Promise.all([
      timed(() => queryRange(expr, span, signal, counted)),
      compare === null ? null : queryRange(expr, moved(span, -compare), signal),
      exemplars ? queryExemplars(expr, span, signal) : [],
    ]);
    return { answer, earlier, exemplars: marks, span, panel, milliseconds };
  });
}

export const moved = ({ start, end, step }: TimeSpan, by: number): TimeSpan => ({
  start: start + by,
  end: end + by,
  step,
});

export async function timed<T>(ask: () => Promise<T>): Promise<{ answer: T; milliseconds: number }> {
  const from = performance.now();
  const answer = await ask();
  return { answer, milliseconds: performance.now() - from };
}
