// A range query as lines over time, its legend and what the server remarked.
import { useMemo, useState } from "preact/hooks";
import { type Answer } from "../../api/envelope.ts";
import { queryRange, type RangeResult, type TimeSpan } from "../../api/query.ts";
import { type ChartData, toChartData } from "../../charts/data.ts";
import { LegendTable } from "../../charts/Legend.tsx";
import { TimeChart } from "../../charts/TimeChart.tsx";
import { Button } from "../../components/Button.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { Empty, ErrorNotice, Notices, Skeleton } from "../../components/Notice.tsx";
import { formatDuration } from "../../format/duration.ts";
import { t } from "../../i18n/translate.ts";
import { seriesText, tellApart } from "../../promql/labels.ts";
import { unitOf } from "../../promql/unit_of.ts";
import { type Panel, spanOf } from "../../state/panels.ts";
import { useResource } from "../../state/resource.ts";
import { Stats, timed } from "./Stats.tsx";

const HEIGHT = 320;
/** More lines than this can neither be told apart nor drawn at once. */
const SERIES_MAX = 400;
const ZOOM_SECONDS_MIN = 10;

interface GraphResultProps {
  panel: Panel;
  refresh: string;
  onChange: (panel: Panel, how: "step" | "adjust") => void;
}

interface Loaded {
  answer: Answer<RangeResult>;
  span: TimeSpan;
  expr: string;
  milliseconds: number;
}

export function GraphResult({ panel, refresh, onChange }: GraphResultProps) {
  const { expr, range, end, step } = panel;
  const [zoomedFrom, setZoomedFrom] = useState<readonly Panel[]>([]);
  const back = (): void => {
    const { range: before, end: until } = zoomedFrom.at(-1)!;
    setZoomedFrom(zoomedFrom.slice(0, -1));
    onChange({ ...panel, range: before, end: until }, "step");
  };
  const key = expr ? JSON.stringify([expr, range, end, step, refresh]) : null;
  const { data, error, loading } = useResource<Loaded>(key, async (signal) => {
    const span = spanOf(panel, Date.now() / 1000);
    const { answer, milliseconds } = await timed(() => queryRange(expr, span, signal));
    return { answer, span, expr, milliseconds };
  });
  const zoom = (from: number, to: number): void => {
    if (to - from < ZOOM_SECONDS_MIN) return;
    setZoomedFrom([...zoomedFrom, panel]);
    onChange({ ...panel, range: Math.round(to - from), end: Math.round(to) }, "step");
  };
  if (!expr) return <Empty title={t("query.empty")}>{t("query.emptyHint")}</Empty>;
  return (
    <div class="result" aria-busy={loading}>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && error === undefined ? (
        <Drawn loaded={data} panel={panel} onZoom={zoom} onBack={zoomedFrom.length > 0 ? back : null} />
      ) : (
        error === undefined && <Skeleton height={HEIGHT} />
      )}
    </div>
  );
}

interface DrawnProps {
  loaded: Loaded;
  panel: Panel;
  onZoom: (from: number, to: number) => void;
  onBack: (() => void) | null;
}

function Drawn({ loaded, panel, onZoom, onBack }: DrawnProps) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string | null>(null);
  const { answer, span, expr, milliseconds } = loaded;
  const { result } = answer.data;
  const { chart, common } = useMemo(() => draw(loaded), [loaded]);
  const unit = useMemo(() => unitOf(expr), [expr]);
  const cut = result.length > SERIES_MAX ? [t("query.cut", { shown: SERIES_MAX, all: result.length })] : [];
  const histograms = result.some((series) => series.histograms) ? [t("query.histogramsInTable")] : [];
  return (
    <>
      <Notices kind="warn" texts={[...answer.warnings, ...cut]} />
      <Notices kind="info" texts={[...answer.infos, ...histograms]} />
      {chart.series.length === 0 ? (
        <Empty title={t("query.noSeries")}>{t("query.noSeriesHint")}</Empty>
      ) : (
        <>
          <TimeChart
            data={chart}
            unit={unit}
            label={expr}
            height={HEIGHT}
            start={span.start}
            end={span.end}
            stacked={panel.stacked}
            hidden={hidden}
            focused={focused}
            cursorKey="query"
            onZoom={onZoom}
          />
          {Object.keys(common).length > 0 && (
            <div class="row common small faint">
              {t("query.common")} <LabelChips labels={common} />
            </div>
          )}
          <LegendTable data={chart} unit={unit} hidden={hidden} onHide={setHidden} onFocus={setFocused} />
        </>
      )}
      <Stats milliseconds={milliseconds} series={result.length} step={formatDuration(span.step)}>
        {onBack && (
          <Button icon="back" kind="quiet" onClick={onBack}>
            {t("query.zoomBack")}
          </Button>
        )}
      </Stats>
    </>
  );
}

/** Names say what tells a series from the others; what all share is said once. */
function draw({ answer, span, expr }: Loaded): { chart: ChartData; common: Record<string, string> } {
  const shown = answer.data.result.slice(0, SERIES_MAX);
  const { common, distinct } = tellApart(shown.map(({ metric }) => metric));
  const names = new Map(shown.map(({ metric }, index) => [metric, seriesText(distinct[index]!)]));
  const nameOf = ({ metric }: { metric: Readonly<Record<string, string>> }): string => {
    const name = names.get(metric) ?? "{}";
    return name === "{}" ? (metric["__name__"] ?? expr) : name;
  };
  return { chart: toChartData(shown, span, nameOf), common };
}
