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
import { Stats, timed } from "./Stats.tsx";

const ROWS_SHOWN = 500;
const POINTS_SHOWN = 50;

interface Row {
  labels: Labels;
  cells: string[];
}

export function TableResult({ panel, refresh }: { panel: Panel; refresh: string }) {
  const { expr, end } = panel;
  const key = expr ? JSON.stringify([expr, end, refresh]) : null;
  const { data, error, loading } = useResource(key, (signal) => timed(() => queryInstant(expr, end ?? Date.now() / 1000, signal)));
  if (!expr) return <Empty title={t("query.empty")}>{t("query.emptyHint")}</Empty>;
  return (
    <div class="result" aria-busy={loading}>
      {error !== undefined && <ErrorNotice error={error} />}
      {data && error === undefined ? <Rows {...data} /> : error === undefined && <Skeleton height={160} />}
    </div>
  );
}

function Rows({ answer, milliseconds }: { answer: Answer<InstantResult>; milliseconds: number }) {
  const [all, setAll] = useState(false);
  const rows = rowsOf(answer.data);
  const shown = all ? rows : rows.slice(0, ROWS_SHOWN);
  return (
    <>
      <Notices kind="warn" texts={answer.warnings} />
      <Notices kind="info" texts={answer.infos} />
      {rows.length === 0 ? (
        <Empty title={t("query.noSeries")}>{t("query.noSeriesHint")}</Empty>
      ) : (
        <div class="scroll-x" tabIndex={0} role="group" aria-label={t("query.table")}>
          <table class="values">
            <thead>
              <tr>
                <th scope="col">{t("legend.series")}</th>
                <th scope="col" class="number">{t("query.value")}</th>
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
      <Stats milliseconds={milliseconds} series={rows.length} />
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
    return data.result.map(({ metric, value, histogram }) => ({ labels: metric, cells: value ? [value[1]] : histogram ? histogramCells(histogram) : [] }));
  }
  return data.result.map(({ metric, values = [], histograms = [] }) => ({
    labels: metric,
    cells: [...values.map(pointText), ...histograms.flatMap(histogramCells)].slice(-POINTS_SHOWN),
  }));
}

const pointText = ([time, value]: Point): string => `${value} @ ${dateTime(time)}`;

const BOUNDS = [["(", "]"], ["[", ")"], ["(", ")"], ["[", "]"]] as const;

function histogramCells([, { count, sum, buckets = [] }]: HistogramPoint): string[] {
  const bars = buckets.map(([rule, low, high, inside]) => `${BOUNDS[rule]?.[0] ?? "("}${low}, ${high}${BOUNDS[rule]?.[1] ?? "]"}: ${inside}`);
  return [`count ${count}, sum ${sum}`, ...bars];
}
