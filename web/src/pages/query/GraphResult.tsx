// A range query as lines over time, its legend and what the server remarked.
import { useMemo, useRef, useState } from "preact/hooks";
import type { Exemplar } from "../../api/exemplars.ts";
import type { RangeSeries } from "../../api/query.ts";
import { type ChartData, toChartData } from "../../charts/data.ts";
import type { Mark } from "../../charts/exemplars.ts";
import { LegendTable } from "../../charts/Legend.tsx";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { Notices } from "../../components/Notice.tsx";
import { formatDuration } from "../../format/duration.ts";
import { formatValue, type Unit } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { pairs, seriesText, tellApart } from "../../promql/labels.ts";
import { unitOf } from "../../promql/unit_of.ts";
import { theme } from "../../state/preferences.ts";
import { assignSlots, seriesColour } from "../../theme/palette.ts";
import { picture, rangeCsv } from "./exporting.ts";
import type { Loaded } from "./loading.ts";
import { RangeView, type RangeViewProps, RESULT_HEIGHT, type ShownProps } from "./RangeView.tsx";
import { Stats } from "./Stats.tsx";
import { WhyEmpty } from "./WhyEmpty.tsx";

/** More lines than this can neither be told apart nor drawn at once. */
const SERIES_MAX = 400;

export const GraphResult = (props: RangeViewProps) => <RangeView {...props} Shown={Graph} />;

function Graph({ loaded, panel, onZoom, onBack, onFix, ...counting }: ShownProps) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const { answer, span, milliseconds } = loaded;
  const { expr } = loaded.panel;
  const { result } = answer.data;
  const { chart, common } = useMemo(() => draw(loaded), [loaded]);
  const unit = useMemo(() => unitOf(expr), [expr]);
  const marks = useMemo(() => loaded.exemplars.map((one) => markOf(one, unit)), [loaded, unit]);
  const cut = result.length > SERIES_MAX ? [t("query.cut", { shown: SERIES_MAX, all: result.length })] : [];
  const histograms = result.some((series) => series.histograms) ? [t("query.histogramsElsewhere")] : [];
  const missing = panel.exemplars && marks.length === 0 ? [t("query.noExemplars")] : [];
  const undrawn = chart.series.length > 0 && chart.series.every(isBlank) ? [t("query.notFinite")] : [];
  return (
    <>
      <Notices kind="warn" texts={[...answer.warnings, ...cut]} />
      <Notices kind="info" texts={[...answer.infos, ...histograms, ...missing, ...undrawn]} />
      {chart.series.length === 0 ? (
        <WhyEmpty expr={expr} moment={span} onFix={onFix} />
      ) : (
        <>
          <div ref={frame}>
            <TimeChart
              data={chart}
              unit={unit}
              label={expr}
              height={RESULT_HEIGHT}
              start={span.start}
              end={span.end}
              stacked={panel.stacked}
              hidden={hidden}
              focused={focused}
              cursorKey="query"
              onZoom={onZoom}
              marks={marks}
            />
          </div>
          {Object.keys(common).length > 0 && (
            <div class="row common small faint">
              {t("query.common")} {common["__name__"] && <code>{common["__name__"]}</code>}
              <LabelChips labels={common} />
            </div>
          )}
          <LegendTable data={chart} unit={unit} hidden={hidden} onHide={setHidden} onFocus={setFocused} />
        </>
      )}
      <Stats
        panel={panel}
        milliseconds={milliseconds}
        series={result.length}
        step={span.step}
        stats={answer.data.stats}
        csv={() => rangeCsv(result, span)}
        {...(chart.series.length > 0 ? { image: () => image(frame.current!, expr, chart) } : {})}
        onBack={onBack}
        {...counting}
      />
    </>
  );
}

const isBlank = ({ values }: ChartData["series"][number]): boolean => values.every((value) => value === null);

function image(frame: HTMLElement, title: string, chart: ChartData): Promise<Blob> {
  const slots = assignSlots(chart.series);
  const entries = chart.series.map(({ name }, index) => ({ name, colour: seriesColour(slots[index]!, theme.peek()) }));
  return picture(frame.querySelector("canvas")!, title, entries);
}

/** Names say what tells a series from the others; what all share is said once. */
function draw({ answer, earlier, span, panel }: Loaded): { chart: ChartData; common: Record<string, string> } {
  const shown = answer.data.result.slice(0, SERIES_MAX);
  const before = (earlier?.data.result ?? []).slice(0, SERIES_MAX);
  const { common, distinct } = tellApart([...shown, ...before].map(({ metric }) => metric));
  const names = new Map([...shown, ...before].map(({ metric }, index) => [metric, seriesText(distinct[index]!)]));
  const nameOf = ({ metric }: RangeSeries): string => {
    const name = names.get(metric) ?? "{}";
    return name === "{}" ? (metric["__name__"] ?? panel.expr) : name;
  };
  const chart = toChartData(shown, span, nameOf);
  if (panel.compare !== null) addEarlier(chart, before, nameOf, panel.compare, span);
  return { chart, common };
}

/** Series of the earlier time, moved to this one; each in the colour of its counterpart. */
function addEarlier(
  chart: ChartData,
  before: readonly RangeSeries[],
  nameOf: (series: RangeSeries) => string,
  by: number,
  span: Loaded["span"],
): void {
  const moved = before.map(({ metric, values = [] }) => ({
    metric,
    values: values.map(([time, text]) => [time + by, text] as const),
  }));
  const names = new Map(before.map((series) => [seriesText(series.metric), nameOf(series)]));
  const past = toChartData(moved, span, ({ metric }) => names.get(seriesText(metric))!).series;
  const now = chart.series.map(({ id }) => id);
  const ids = [...now, ...past.map(({ id }) => id).filter((id) => !now.includes(id))];
  const slots = assignSlots(ids.map((id) => ({ id })));
  const slotOf = (id: string): number => slots[ids.indexOf(id)]!;
  const note = t("compare.ago", { time: formatDuration(by) });
  chart.series = [
    ...chart.series.map((series) => ({ ...series, slot: slotOf(series.id) })),
    ...past.map(({ id, name, values }) => ({
      id: `${id} ${by}`,
      name: `${name} (${note})`,
      values,
      slot: slotOf(id),
      earlier: true,
    })),
  ];
}

function markOf({ time, value, labels, series }: Exemplar, unit: Unit): Mark {
  const rows = [
    [t("exemplar.value"), formatValue(value, unit)],
    ...pairs(labels),
    ["", seriesText(series)],
  ] as const;
  return { time, value, rows: rows as Mark["rows"] };
}
