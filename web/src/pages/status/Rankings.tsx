// What makes the store large: metrics and labels by what they cost.
import type { NamedCount, StoreStatus } from "../../api/status.ts";
import { Ranking, type RankingRow } from "../../components/Ranking.tsx";
import { t } from "../../i18n/translate.ts";
import { countOf } from "../../promql/suggestions.ts";

export function Rankings({ store }: { store: StoreStatus | undefined }) {
  return (
    <div class="columns">
      <Ranking title={t("status.topMetrics")} rows={store?.seriesCountByMetricName.map(linked)} />
      <Ranking title={t("status.topLabels")} rows={store?.labelValueCountByLabelName} />
      <Ranking title={t("status.topPairs")} rows={store?.seriesCountByLabelValuePair} />
      <Ranking title={t("status.topMemory")} rows={store?.memoryInBytesByLabelName} unit="bytes" />
    </div>
  );
}

const linked = (count: NamedCount): RankingRow => ({ ...count, href: countOf({ __name__: count.name }) });
