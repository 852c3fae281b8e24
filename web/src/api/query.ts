// PromQL over HTTP: instant and range queries, their result shapes.
import { type Answer, call } from "./envelope.ts";
import type { QueryStats } from "./explain.ts";

export type Labels = Readonly<Record<string, string>>;

/** Unix seconds and the value as the server printed it: "NaN" and "+Inf" included. */
export type Point = readonly [number, string];

export interface NativeHistogram {
  count: string;
  sum: string;
  /** Boundary rule (0-3), lower bound, upper bound, count. */
  buckets?: readonly (readonly [number, string, string, string])[];
}

export type HistogramPoint = readonly [number, NativeHistogram];

export interface InstantSeries {
  metric: Labels;
  value?: Point;
  histogram?: HistogramPoint;
}

export interface RangeSeries {
  metric: Labels;
  values?: readonly Point[];
  histograms?: readonly HistogramPoint[];
}

export type InstantResult = { stats?: QueryStats } & (
  | { resultType: "vector"; result: InstantSeries[] }
  | { resultType: "matrix"; result: RangeSeries[] }
  | { resultType: "scalar"; result: Point }
  | { resultType: "string"; result: Point }
);

export interface RangeResult {
  resultType: "matrix";
  result: RangeSeries[];
  stats?: QueryStats;
}

/** Both ends are included. Seconds. */
export interface TimeSpan {
  start: number;
  end: number;
  step: number;
}

export const queryInstant = (
  expr: string,
  time: number,
  signal?: AbortSignal,
  counted = false,
): Promise<Answer<InstantResult>> => call("query", { query: expr, time, stats: counted ? "all" : undefined }, signal);

/** `counted`: with statistics, which take the server some time. */
export const queryRange = (
  expr: string,
  span: TimeSpan,
  signal?: AbortSignal,
  counted = false,
): Promise<Answer<RangeResult>> =>
  call("query_range", { query: expr, ...span, stats: counted ? "all" : undefined }, signal);

export const formatQuery = async (expr: string): Promise<string> =>
  (await call<string>("format_query", { query: expr })).data;

/** The vector of an instant query as numbers; anything but a vector is empty. */
export async function instantVector(
  expr: string,
  time: number,
  signal?: AbortSignal,
): Promise<{ labels: Labels; value: number }[]> {
  const { data } = await queryInstant(expr, time, signal);
  if (data.resultType !== "vector") return [];
  return data.result.flatMap(({ metric, value }) => (value ? [{ labels: metric, value: sampleValue(value[1]) }] : []));
}

export const sampleValue = (text: string): number => {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
};
