// The size of the store and what goes into it, in large figures.
import type { StoreStatus } from "../../api/status.ts";
import { FigureTile } from "../../components/FigureTile.tsx";
import { dateTime } from "../../format/time.ts";
import { formatValue } from "../../format/units.ts";
import { type Resource, useResource } from "../../state/resource.ts";
import { type Figure, FIGURES, figure } from "./expressions.ts";

export function Figures({ store, tick }: { store: Resource<StoreStatus>; tick: number }) {
  const head = store.data?.headStats;
  const missing = store.error === undefined ? undefined : "–";
  return (
    <div class="figures">
      <FigureTile title="status.series" value={head ? formatValue(head.numSeries, "none") : missing} />
      <FigureTile title="status.chunks" value={head ? formatValue(head.chunkCount, "none") : missing} />
      {FIGURES.map((plan) => (
        <AskedFigure key={plan.key} plan={plan} tick={tick} />
      ))}
      <FigureTile title="status.oldest" value={head ? headStart(head.minTime) : missing} small />
    </div>
  );
}

/** An empty head begins at the largest number there is. */
const DATE_MS_MAX = 8.64e15;

const headStart = (milliseconds: number): string =>
  milliseconds > 0 && milliseconds < DATE_MS_MAX ? dateTime(milliseconds / 1000) : "–";

function AskedFigure({ plan, tick }: { plan: Figure; tick: number }) {
  const { data, error } = useResource(`${plan.expr} ${tick}`, (signal) => figure(plan.expr, signal));
  if (plan.ours && data == null) return null;
  const value =
    data === undefined && error === undefined ? undefined : data == null ? "–" : formatValue(data, plan.unit);
  return <FigureTile title={plan.key} value={value} />;
}
