// What the stored series are made of, and what dropping a label would save.
import { call } from "./envelope.ts";

export interface Cardinality {
  series: number;
  samples_per_second: number;
  names: { name: string; series: number; share: number }[];
  labels: { name: string; values: number; series: number }[];
  pairs: { name: string; value: string; series: number }[];
  churn: { name: string; created_1h: number; gone_1h: number }[];
  drop?: LabelDrop | null;
}

export interface LabelDrop {
  label: string;
  series_before: number;
  series_after: number;
  names: { name: string; series_before: number; series_after: number }[];
}

export interface CardinalityQuestion {
  limit: number;
  /** A selector that the series must match; empty: all of them. */
  match: string;
  /** The label to leave out; empty: none. */
  drop: string;
}

export const cardinality = async (
  { limit, match, drop }: CardinalityQuestion,
  signal?: AbortSignal,
): Promise<Cardinality> =>
  (await call<Cardinality>("cardinality", { limit, "match[]": match || undefined, drop: drop || undefined }, signal))
    .data;
