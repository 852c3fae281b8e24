// What was left of the budget over the last days.
import { useMemo, useState } from "preact/hooks";
import { queryRange } from "../../api/query.ts";
import { toChartData } from "../../charts/data.ts";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { Choice } from "../../components/Button.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { formatDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { seriesText } from "../../promql/labels.ts";
import { automaticStep, spanOf } from "../../state/panels.ts";
import { useResource } from "../../state/resource.ts";

const HEIGHT = 180;
const HOUR = 3600;
/** Its rule is evaluated every 5 minutes: between two values the last one holds. */
const KNOWN_FOR = "11m";
const RANGES = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR];

export default function BudgetGraph({ name }: { name: string }) {
  const [range, setRange] = useState(24 * HOUR);
  const expr = `last_over_time(slo:error_budget_remaining:ratio{slo=${JSON.stringify(name)}}[${KNOWN_FOR}])`;
  const { data, error } = useResource(`${expr} ${range}`, async (signal) => {
    const span = spanOf({ range, end: null, step: automaticStep(range) }, Date.now() / 1000);
    return { result: (await queryRange(expr, span, signal)).data.result, span };
  });
  const chart = useMemo(() => data && toChartData(data.result, data.span, nameOf), [data]);
  return (
    <div class="budget-graph">
      <div class="row">
        <h3>{t("slos.graph")}</h3>
        <span class="spacer" />
        <Choice
          label={t("time.range")}
          value={String(range)}
          options={RANGES.map((one) => ({ value: String(one), text: formatDuration(one) }))}
          onChange={(one) => setRange(Number(one))}
        />
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {!chart && error === undefined && <Skeleton height={HEIGHT} />}
      {chart?.series.length === 0 && <p class="soft rule-graph-empty">{t("slos.noGraph")}</p>}
      {chart && data && chart.series.length > 0 && (
        <TimeChart data={chart} unit="ratio" label={t("slos.graph")} height={HEIGHT} start={data.span.start} end={data.span.end} fromZero ceiling={1} />
      )}
    </div>
  );
}

function nameOf({ metric }: { metric: Readonly<Record<string, string>> }): string {
  const { __name__: _, slo, ...others } = metric;
  return Object.keys(others).length > 0 ? seriesText(others) : (slo ?? "");
}
