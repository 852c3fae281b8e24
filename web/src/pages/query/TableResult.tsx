// An instant query as rows: vectors, range vectors, scalars, strings and native histograms, values as the server printed them.
import { useState } from "preact/hooks";
import type { Answer } from "../../api/envelope.ts";
import { type HistogramPoint, type InstantResult, type Labels, type Point, queryInstant } from "../../api/query.ts";
import { Empty, ErrorNotice, Notices, Skeleton } from "../../components/Notice.tsx";
import { dateTime } from "../../format/time.ts";
import { t } from "../../i18n/translate.ts";
import { pairs } from "../../promql/labels.ts";
import type { Panel } from "../../state/panels.ts";
import { useResource } from "../../state/resource.ts";
import { instantCsv } from "./exporting.ts";
import { type Asked, timed } from "./loading.ts";
import { Stats } from "./Stats.tsx";
import { WhyEmpty } from "./WhyEmpty.tsx";

const ROWS_SHOWN = 500;
const POINTS_SHOWN = 50;

interface Row {
  labels: Labels;
  cells: string[];
}

interface TableResultProps extends Asked {
  onCounted: (counted: boolean) => void;
  onChange: (panel: Panel, how: "step" | "adjust") => void;
}

export function TableResult({ panel, refresh, counted, onCounted, onChange }: TableResultProps) {
  const { expr, end } = panel;
  const key = expr ? JSON.stringify([expr, end, refresh, counted]) : null;
  const { data, error, loading } = useResource(key, async (signal) => {
    const time = end ?? Date.now() / 1000;
    return { time, ...(await timed(() => queryInstant(expr, time, signal, counted))) };
  });
  if (!expr) return <Empty title={t("query.empty")}>{t("query.emptyHint")}</Empty>;
  const shown = { panel, counted, onCounted, onFix: (fixed: string) => onChange({ ...panel, expr: fixed }, "step") };
  return (
    <div class="result" aria-busy={loading}>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && error === undefined ? <Rows {...data} {...shown} /> : error === undefined && <Skeleton height={160} />}
    </div>
  );
}

interface RowsProps {
  answer: Answer<InstantResult>;
  time: number;
  milliseconds: number;
  panel: Panel;
  counted: boolean;
  onCounted: (counted: boolean) => void;
  onFix: (expr: string) => void;
}

function Rows({ answer, time, milliseconds, panel, counted, onCounted, onFix }: RowsProps) {
  const [all, setAll] = useState(false);
  const rows = rowsOf(answer.data);
  const shown = all ? rows : rows.slice(0, ROWS_SHOWN);
  return (
    <>
      <Notices kind="warn" texts={answer.warnings} />
      <Notices kind="info" texts={answer.infos} />
      {rows.length === 0 ? (
        <WhyEmpty expr={panel.expr} moment={{ time }} onFix={onFix} />
      ) : (
        <div class="scroll-x" tabIndex={0} role="group" aria-label={t("query.table")}>
          <table class="values">
            <thead>
              <tr>
                <th scope="col">{t("legend.series")}</th>
                <th scope="col" class="number">
                  {t("query.value")}
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ labels, cells }, index) => (
                <tr key={index}>
                  <td class="mono">
                    <SeriesName labels={labels} />
                  </td>
                  <td class="mono number">
                    {cells.map((cell, at) => (
                      <div key={at}>{cell}</div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < rows.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t("legend.all", { count: rows.length })}
        </button>
      )}
      <Stats
        panel={panel}
        milliseconds={milliseconds}
        series={rows.length}
        stats={answer.data.stats}
        counted={counted}
        onCounted={onCounted}
        csv={() => instantCsv(answer.data)}
      />
    </>
  );
}

function SeriesName({ labels }: { labels: Labels }) {
  const inner = pairs(labels);
  const name = labels["__name__"];
  return (
    <>
      {name && <span class="series-name">{name}</span>}
      {(inner.length > 0 || !name) && "{"}
      {inner.map(([label, value], index) => (
        <span key={label}>
          {index > 0 && ", "}
          <span class="series-label">{label}</span>=<span class="series-value">{JSON.stringify(value)}</span>
        </span>
      ))}
      {(inner.length > 0 || !name) && "}"}
    </>
  );
}

function rowsOf(data: InstantResult): Row[] {
  if (data.resultType === "scalar" || data.resultType === "string") return [{ labels: {}, cells: [data.result[1]] }];
  if (data.resultType === "vector") {
    return data.result.map(({ metric, value, histogram }) => ({
      labels: metric,
      cells: value ? [value[1]] : histogram ? histogramCells(histogram) : [],
    }));
  }
  return data.result.map(({ metric, values = [], histograms = [] }) => ({
    labels: metric,
    cells: [...values.map(pointText), ...histograms.flatMap(histogramCells)].slice(-POINTS_SHOWN),
  }));
}

const pointText = ([time, value]: Point): string => `${value} @ ${dateTime(time)}`;

const BOUNDS = [
  ["(", "]"],
  ["[", ")"],
  ["(", ")"],
  ["[", "]"],
] as const;

function histogramCells([, { count, sum, buckets = [] }]: HistogramPoint): string[] {
  const bars = buckets.map(
    ([rule, low, high, inside]) => `${BOUNDS[rule]?.[0] ?? "("}${low}, ${high}${BOUNDS[rule]?.[1] ?? "]"}: ${inside}`,
  );
  return [`count ${count}, sum ${sum}`, ...bars];
}
