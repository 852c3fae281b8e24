// The values that the rule compares, over the time of the alert, each with its limit; and the series behind them.
import { useMemo } from "preact/hooks";
import type { RangeSeries } from "../../api/query.ts";
import type { Comparison, Trace, Why } from "../../api/why.ts";
import { type ChartData, toChartData } from "../../charts/data.ts";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { withThreshold } from "../../charts/threshold.ts";
import { InlineLegend } from "../../charts/Legend.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { seriesText, tellApart } from "../../promql/labels.ts";
import { unitOf } from "../../promql/unit_of.ts";
import { address } from "../../state/router.ts";

const HEIGHT = 200;
const SERIES_SHOWN = 20;

type Values = NonNullable<Why["values"]>;

export default function ValuesCard({ why: { values, series } }: { why: Why }) {
  if (!values) return null;
  return (
    <section class="card alert-card">
      <h2>{t("alert.values")}</h2>
      {values.comparisons.length === 0 && <p class="soft">{t("alert.noComparison")}</p>}
      {values.comparisons.map((comparison, index) => (
        <ComparisonChart key={index} comparison={comparison} values={values} />
      ))}
      {series.length > 0 && <Behind series={series} />}
    </section>
  );
}

function Behind({ series }: { series: Why["series"] }) {
  return (
    <>
      <h3>{t("alert.series")}</h3>
      <ul class="alert-series">
        {series.map(({ selector, matched }) => (
          <li key={selector}>
            <a class="mono" href={address("query", { "g0.expr": selector })}>
              {selector}
            </a>{" "}
            <span class="small faint number">{t("query.seriesCount", { count: matched })}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function ComparisonChart({ comparison, values }: { comparison: Comparison; values: Values }) {
  const { left, right, op } = comparison;
  const chart = useMemo(() => draw(comparison, values), [comparison, values]);
  const unit = unitOf(left.query);
  const limit = right.constant === null ? right.query : formatValue(right.constant, unit);
  return (
    <figure class="comparison">
      <figcaption class="mono">
        {left.query} <strong>{`${op} ${limit}`}</strong>
      </figcaption>
      {left.series.length === 0 ? (
        <p class="soft">{t("rules.noSeries")}</p>
      ) : (
        <>
          <TimeChart data={chart} unit={unit} label={`${left.query} ${op} ${limit}`} height={HEIGHT} start={values.start} end={values.end} />
          <InlineLegend data={chart} unit={unit} />
        </>
      )}
    </figure>
  );
}

function draw({ left, right, op }: Comparison, span: Values): ChartData {
  const shown = left.series.slice(0, SERIES_SHOWN);
  const { distinct } = tellApart(shown.map(({ labels }) => labels));
  const names = shown.map(({ labels }, index) => nameOf(distinct[index]!, labels, left.query));
  const chart = chartOf(shown, span, names);
  if (right.constant !== null) return withThreshold(chart, `${op} ${right.constant}`, right.constant);
  const limits = chartOf(right.series.slice(0, SERIES_SHOWN), span, right.series.map(() => `${op} ${right.query}`));
  const dashed = limits.series.map((one) => ({ ...one, id: `limit ${one.id}`, dashed: true }));
  return { times: chart.times, series: [...chart.series, ...dashed] };
}

function chartOf(traces: readonly Trace[], span: Values, names: readonly string[]): ChartData {
  const series: RangeSeries[] = traces.map(({ labels, points }) => ({
    metric: labels,
    values: points.map(([time, value]) => [time, String(value)] as const),
  }));
  const byMetric = new Map(series.map(({ metric }, index) => [metric, names[index]!]));
  return toChartData(series, span, ({ metric }) => byMetric.get(metric)!);
}

function nameOf(distinct: Trace["labels"], whole: Trace["labels"], query: string): string {
  const name = seriesText(distinct);
  return name === "{}" ? (whole["__name__"] ?? query) : name;
}
