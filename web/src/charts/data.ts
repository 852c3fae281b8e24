// From a range answer to columns on one time grid: what uPlot draws. A missing or not finite value is a gap (null).
import { type RangeSeries, sampleValue, type TimeSpan } from "../api/query.ts";
import { seriesText } from "../promql/labels.ts";

export type Column = (number | null)[];

export interface ChartSeries {
  /** Stable between refreshes; colour and visibility follow it. */
  id: string;
  name: string;
  values: Column;
  /** A fixed place in the palette; otherwise the id decides. */
  slot?: number;
  /** The same series at an earlier time, moved to this one. */
  earlier?: boolean;
  /** A limit, not a measurement. */
  dashed?: boolean;
}

export interface ChartData {
  times: number[];
  series: ChartSeries[];
}

export function timeGrid({ start, end, step }: TimeSpan): number[] {
  const count = Math.floor((end - start) / step + 1e-6) + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, index) => start + index * step);
}

export function toChartData(
  result: readonly RangeSeries[],
  span: TimeSpan,
  nameOf: (series: RangeSeries) => string,
): ChartData {
  const times = timeGrid(span);
  const series = result
    .filter(({ values }) => values !== undefined)
    .map((one) => ({ id: seriesText(one.metric), name: nameOf(one), values: toColumn(one, span, times.length) }));
  return { times, series };
}

function toColumn({ values = [] }: RangeSeries, { start, step }: TimeSpan, length: number): Column {
  const column: Column = new Array(length).fill(null);
  for (const [time, text] of values) {
    const value = sampleValue(text);
    const index = Math.round((time - start) / step);
    if (Number.isFinite(value) && index >= 0 && index < length) column[index] = value;
  }
  return column;
}

/** Each column on top of those before it; a gap stays a gap and lifts nothing. */
export function stack(columns: readonly Column[]): Column[] {
  const base: number[] = [];
  return columns.map((column) =>
    column.map((value, index) => {
      if (value === null) return null;
      base[index] = (base[index] ?? 0) + value;
      return base[index]!;
    }),
  );
}

export interface Summary {
  last: number | null;
  min: number | null;
  mean: number | null;
  max: number | null;
}

export function summarise(column: Column): Summary {
  const present = column.filter((value) => value !== null);
  if (present.length === 0) return { last: null, min: null, mean: null, max: null };
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of present) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { last: present[present.length - 1]!, min, mean: sum / present.length, max };
}
