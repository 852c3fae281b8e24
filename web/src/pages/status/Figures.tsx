// The size of the store and what goes into it, in large figures.
import type { StoreStatus } from "../../api/status.ts";
import { Skeleton } from "../../components/Notice.tsx";
import { dateTime } from "../../format/time.ts";
import { formatValue, type Unit } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { type Resource, useResource } from "../../state/resource.ts";
import { FIGURES, figure } from "./expressions.ts";

export function Figures({ store, tick }: { store: Resource<StoreStatus>; tick: number }) {
  const head = store.data?.headStats;
  const missing = store.error === undefined ? undefined : "–";
  return (
    <div class="figures">
      <FigureTile title="status.series" value={head ? formatValue(head.numSeries, "none") : missing} />
      <FigureTile title="status.chunks" value={head ? formatValue(head.chunkCount, "none") : missing} />
      {FIGURES.map(({ key, unit, expr }) => (
        <AskedFigure key={key} title={key} unit={unit} expr={expr} tick={tick} />
      ))}
      <FigureTile title="status.oldest" value={head ? headStart(head.minTime) : missing} small />
    </div>
  );
}

/** An empty head begins at the largest number there is. */
const DATE_MS_MAX = 8.64e15;

const headStart = (milliseconds: number): string =>
  milliseconds > 0 && milliseconds < DATE_MS_MAX ? dateTime(milliseconds / 1000) : "–";

function AskedFigure({ title, unit, expr, tick }: { title: Key; unit: Unit; expr: string; tick: number }) {
  const { data, error } = useResource(`${expr} ${tick}`, (signal) => figure(expr, signal));
  const value = data === undefined && error === undefined ? undefined : data == null ? "–" : formatValue(data, unit);
  return <FigureTile title={title} value={value} />;
}

function FigureTile({ title, value, small = false }: { title: Key; value: string | undefined; small?: boolean }) {
  return (
    <div class="card figure">
      <span class="small soft">{t(title)}</span>
      {value === undefined ? (
        <Skeleton height={30} />
      ) : (
        <strong class={small ? "number figure-small" : "number"}>{value}</strong>
      )}
    </div>
  );
}
