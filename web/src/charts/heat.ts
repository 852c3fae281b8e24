// Histograms over time as rows of buckets: classic ones by their `le` labels, native ones by the buckets they carry.
import { type RangeSeries, sampleValue, type TimeSpan } from "../api/query.ts";
import { timeGrid } from "./data.ts";

export interface HeatRow {
  low: number;
  high: number;
}

export interface HeatData {
  times: number[];
  /** Lowest bucket first. */
  rows: HeatRow[];
  /** What fell into a row at a time: cells[row * times.length + time]. */
  cells: Float64Array;
  max: number;
  /** Label sets, without `le`, whose histograms were added up. */
  groups: number;
}

/** More rows than this are finer than a pixel is worth; neighbours are joined. */
const ROWS_MAX = 100;

/** null where no series is a histogram. */
export function toHeat(result: readonly RangeSeries[], span: TimeSpan): HeatData | null {
  const native = result.filter(({ histograms }) => histograms !== undefined);
  if (native.length > 0) return nativeHeat(native, span);
  const classic = result.filter(({ metric, values }) => values !== undefined && bound(metric["le"]) !== null);
  return classic.length > 0 ? classicHeat(classic, span) : null;
}

function bound(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = sampleValue(text);
  return Number.isNaN(value) || text.trim() === "" ? null : value;
}

/** Buckets of classic histograms count everything up to their bound: a row is what its bucket has more than the one below. */
function classicHeat(series: readonly RangeSeries[], span: TimeSpan): HeatData {
  const times = timeGrid(span);
  const bounds = [...new Set(series.map(({ metric }) => bound(metric["le"])!))].sort((a, b) => a - b);
  const place = new Map(bounds.map((value, row) => [value, row]));
  const groups = new Map<string, Float64Array>();
  for (const { metric, values = [] } of series) {
    const key = groupOf(metric);
    const counts = groups.get(key) ?? new Float64Array(bounds.length * times.length).fill(NaN);
    groups.set(key, counts);
    const from = place.get(bound(metric["le"])!)! * times.length;
    for (const [time, text] of values) {
      const at = columnOf(time, span, times.length);
      if (at !== null) counts[from + at] = sampleValue(text);
    }
  }
  const cells = new Float64Array(bounds.length * times.length);
  for (const counts of groups.values()) addDifferences(cells, counts, bounds.length, times.length);
  const rows = bounds.map((high, row) => ({ low: row > 0 ? bounds[row - 1]! : high > 0 ? 0 : -Infinity, high }));
  return { times, rows, cells, max: largest(cells), groups: groups.size };
}

function groupOf(metric: Readonly<Record<string, string>>): string {
  const { le: _, ...others } = metric;
  return JSON.stringify(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addDifferences(cells: Float64Array, counts: Float64Array, rows: number, width: number): void {
  for (let at = 0; at < width; at++) {
    let below = 0;
    for (let row = 0; row < rows; row++) {
      const upTo = counts[row * width + at]!;
      if (Number.isNaN(upTo)) continue;
      cells[row * width + at]! += Math.max(upTo - below, 0);
      below = Math.max(upTo, below);
    }
  }
}

/** Native histograms may change their resolution: rows lie between all bounds there are, a wide bucket fills several. */
function nativeHeat(series: readonly RangeSeries[], span: TimeSpan): HeatData {
  const times = timeGrid(span);
  const edges = edgesOf(series);
  const joined = Math.max(1, Math.ceil((edges.length - 1) / ROWS_MAX));
  const rows: HeatRow[] = [];
  for (let edge = 0; edge < edges.length - 1; edge += joined) {
    rows.push({ low: edges[edge]!, high: edges[Math.min(edge + joined, edges.length - 1)]! });
  }
  const place = new Map(edges.map((edge, index) => [edge, index]));
  const cells = new Float64Array(rows.length * times.length);
  for (const { histograms = [] } of series) {
    for (const [time, { buckets = [] }] of histograms) {
      const at = columnOf(time, span, times.length);
      if (at === null) continue;
      for (const [, low, high, count] of buckets) {
        const [from, to] = [place.get(sampleValue(low))!, place.get(sampleValue(high))!];
        const part = sampleValue(count) / Math.max(to - from, 1);
        for (let edge = from; edge < Math.max(to, from + 1); edge++) {
          const row = Math.min(Math.floor(edge / joined), rows.length - 1);
          if (row >= 0) cells[row * times.length + at]! += part;
        }
      }
    }
  }
  return { times, rows, cells, max: largest(cells), groups: series.length };
}

function edgesOf(series: readonly RangeSeries[]): number[] {
  const edges = new Set<number>();
  for (const { histograms = [] } of series) {
    for (const [, { buckets = [] }] of histograms) {
      for (const [, low, high] of buckets) edges.add(sampleValue(low)).add(sampleValue(high));
    }
  }
  return [...edges].sort((a, b) => a - b);
}

function columnOf(time: number, { start, step }: TimeSpan, width: number): number | null {
  const at = Math.round((time - start) / step);
  return at >= 0 && at < width ? at : null;
}

function largest(cells: Float64Array): number {
  let max = 0;
  for (const value of cells) if (value > max && Number.isFinite(value)) max = value;
  return max;
}
