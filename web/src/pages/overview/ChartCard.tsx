// One chart of the overview: its queries, its place while loading, its words when there is nothing.
import { useMemo } from "preact/hooks";
import { queryRange } from "../../api/query.ts";
import { type ChartData, type ChartSeries, toChartData } from "../../charts/data.ts";
import { InlineLegend } from "../../charts/Legend.tsx";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { language } from "../../state/preferences.ts";
import type { ChartPlan } from "./expressions.ts";
import type { View } from "./view.ts";

const HEIGHT = 168;

export function ChartCard({ plan, view }: { plan: ChartPlan; view: View }) {
  const key = JSON.stringify([plan.lines.map(({ expr }) => expr), view.span]);
  const { data: loaded, error } = useResource(key, async (signal) => {
    const answers = await Promise.all(plan.lines.map(({ expr }) => queryRange(expr, view.span, signal)));
    return { results: answers.map(({ data }) => data.result), span: view.span };
  });
  const words = language.value;
  const chart = useMemo(() => loaded && merge(plan, loaded), [loaded, words]);
  return (
    <article class="card chart-card">
      <header class="row">
        <h3>{t(plan.title)}</h3>
        <span class={`aspect ${plan.aspect}`}>{t(`aspect.${plan.aspect}`)}</span>
      </header>
      {chart ? <Plot plan={plan} chart={chart} view={view} /> : error ? <ErrorNotice error={error} /> : <Skeleton height={HEIGHT + 22} />}
    </article>
  );
}

function Plot({ plan, chart, view }: { plan: ChartPlan; chart: ChartData; view: View }) {
  if (chart.series.length === 0) return <div class="chart-empty soft">{t("overview.noSeries")}</div>;
  return (
    <>
      <TimeChart
        data={chart}
        unit={plan.unit}
        label={t(plan.title)}
        height={HEIGHT}
        start={view.span.start}
        end={view.span.end}
        stacked={plan.stacked ?? false}
        cursorKey="overview"
        onZoom={view.zoom}
        {...(plan.ceiling === undefined ? {} : { ceiling: plan.ceiling })}
      />
      <InlineLegend data={chart} unit={plan.unit} />
    </>
  );
}

/** The processor's modes keep their colours on every machine. */
const MODES = ["user", "system", "nice", "iowait", "irq", "softirq", "steal"];

const slotOf = (name: string): { slot?: number } => (MODES.includes(name) ? { slot: MODES.indexOf(name) } : {});

type Loaded = { results: Awaited<ReturnType<typeof queryRange>>["data"]["result"][]; span: View["span"] };

function merge(plan: ChartPlan, { results, span }: Loaded): ChartData {
  const parts = plan.lines.map((line, index) => {
    const { name } = line;
    const nameOf = ({ metric }: { metric: Record<string, string> | object }): string =>
      "key" in name ? t(name.key) : ((metric as Record<string, string>)[name.label] ?? "");
    const part = toChartData(results[index] ?? [], span, nameOf);
    // Aggregates of several lines have equal labels: the line's name tells them apart, its place gives the colour.
    const told = (one: ChartSeries): ChartSeries =>
      "key" in name ? { ...one, id: name.key, slot: line.slot ?? index } : { ...one, id: `${name.label}=${one.name}`, ...slotOf(one.name) };
    return { ...part, series: part.series.map(told) };
  });
  return { times: parts[0]?.times ?? [], series: parts.flatMap(({ series }) => series) };
}
