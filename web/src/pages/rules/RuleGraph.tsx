// The last hour of a rule's expression; where it is a comparison with a number, its left side and that number.
import { useMemo } from "preact/hooks";
import { queryRange } from "../../api/query.ts";
import { toChartData } from "../../charts/data.ts";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { withThreshold } from "../../charts/threshold.ts";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { seriesText, tellApart } from "../../promql/labels.ts";
import { thresholdOf } from "../../promql/threshold.ts";
import { unitOf } from "../../promql/unit_of.ts";
import { NEW_PANEL, spanOf } from "../../state/panels.ts";
import { useResource } from "../../state/resource.ts";

const HEIGHT = 180;
const SERIES_SHOWN = 20;

export default function RuleGraph({ expr }: { expr: string }) {
  const threshold = useMemo(() => thresholdOf(expr), [expr]);
  const drawn = threshold?.expr ?? expr;
  const { data, error } = useResource(drawn, async (signal) => {
    const span = spanOf(NEW_PANEL, Date.now() / 1000);
    return { result: (await queryRange(drawn, span, signal)).data.result.slice(0, SERIES_SHOWN), span };
  });
  const chart = useMemo(() => {
    if (!data) return undefined;
    const { distinct } = tellApart(data.result.map(({ metric }) => metric));
    const names = new Map(data.result.map(({ metric }, index) => [metric, seriesText(distinct[index]!)]));
    const made = toChartData(data.result, data.span, ({ metric }) => names.get(metric)!);
    return threshold && made.series.length > 0 ? withThreshold(made, `${threshold.operator} ${threshold.value}`, threshold.value) : made;
  }, [data, threshold]);
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (!chart || !data) return <Skeleton height={HEIGHT} />;
  if (chart.series.length === 0) return <p class="soft rule-graph-empty">{t("rules.noSeries")}</p>;
  return <TimeChart data={chart} unit={unitOf(drawn)} label={drawn} height={HEIGHT} start={data.span.start} end={data.span.end} />;
}
