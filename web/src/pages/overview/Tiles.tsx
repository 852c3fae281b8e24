// The first thing one sees: the resources as large figures with the shape of their last minutes.
import { queryRange } from "../../api/query.ts";
import { toChartData, summarise } from "../../charts/data.ts";
import { Sparkline } from "../../charts/Sparkline.tsx";
import { Skeleton } from "../../components/Notice.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { type TilePlan, tiles } from "./expressions.ts";
import type { View } from "./view.ts";

const HIGH = 0.8;
const CRITICAL = 0.92;
const TILE_HEIGHT = 98;

export function Tiles({ view }: { view: View }) {
  return (
    <div class="tiles">
      {tiles(view.scope).map((plan) => (
        <Tile key={plan.title} plan={plan} view={view} />
      ))}
    </div>
  );
}

function Tile({ plan, view }: { plan: TilePlan; view: View }) {
  const { data, error } = useResource(JSON.stringify([plan.expr, view.span]), async (signal) => {
    const answer = await queryRange(plan.expr, view.span, signal);
    return toChartData(answer.data.result, view.span, () => "").series[0]?.values ?? [];
  });
  if (!data && !error) return <div class="card tile"><Skeleton height={TILE_HEIGHT} /></div>;
  const values = data ?? [];
  const { last, max } = summarise(values);
  const level = plan.unit !== "ratio" || last === null || last < HIGH ? "calm" : last < CRITICAL ? "warn" : "bad";
  return (
    <a class={`card tile ${level}`} href={plan.href}>
      <span class="tile-title">{t(plan.title)}</span>
      <span class="tile-figure number">{last === null ? "–" : formatValue(last, plan.unit)}</span>
      <span class="small faint number">{max === null ? t("overview.noSeries") : t("overview.peak", { value: formatValue(max, plan.unit) })}</span>
      <div class="tile-line">
        <Sparkline values={values} colour="currentColor" {...(plan.ceiling === undefined ? {} : { ceiling: plan.ceiling })} />
      </div>
    </a>
  );
}
