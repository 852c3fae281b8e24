// What makes the store large: metrics and labels by what they cost.
import type { NamedCount, StoreStatus } from "../../api/status.ts";
import { Empty, Skeleton } from "../../components/Notice.tsx";
import { formatValue, type Unit } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { address } from "../../state/router.ts";

const seriesOf = (metric: string): string => `count({__name__=${JSON.stringify(metric)}})`;

export function Rankings({ store }: { store: StoreStatus | undefined }) {
  return (
    <div class="columns">
      <Ranking title="status.topMetrics" counts={store?.seriesCountByMetricName} unit="none" expression={seriesOf} />
      <Ranking title="status.topLabels" counts={store?.labelValueCountByLabelName} unit="none" />
      <Ranking title="status.topPairs" counts={store?.seriesCountByLabelValuePair} unit="none" />
      <Ranking title="status.topMemory" counts={store?.memoryInBytesByLabelName} unit="bytes" />
    </div>
  );
}

interface RankingProps {
  title: Key;
  counts: readonly NamedCount[] | undefined;
  unit: Unit;
  expression?: (name: string) => string;
}

function Ranking({ title, counts, unit, expression }: RankingProps) {
  const most = Math.max(1, ...(counts ?? []).map(({ value }) => value));
  return (
    <section class="card ranking">
      <h2>{t(title)}</h2>
      {!counts && <Skeleton height={240} />}
      {counts?.length === 0 && <Empty title={t("status.nothing")} />}
      <ol>
        {counts?.map(({ name, value }) => (
          <li key={name} class="number">
            <i class="ranking-bar" style={{ width: `${(value / most) * 100}%` }} />
            <span class="mono">
              {expression ? (
                <a href={address("query", { "g0.expr": expression(name), "g0.tab": "table" })}>{name}</a>
              ) : (
                name
              )}
            </span>
            <span>{formatValue(value, unit)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
