// Single observations that the samples of a query stand for, mostly with the id of a trace.
import { call } from "./envelope.ts";
import { type Labels, sampleValue, type TimeSpan } from "./query.ts";

export interface Exemplar {
  /** Unix seconds. */
  time: number;
  value: number;
  labels: Labels;
  series: Labels;
}

interface ListedExemplars {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

export async function queryExemplars(expr: string, span: TimeSpan, signal?: AbortSignal): Promise<Exemplar[]> {
  const { data } = await call<ListedExemplars[]>(
    "query_exemplars",
    { query: expr, start: span.start, end: span.end },
    signal,
  );
  return data.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({
      time: timestamp,
      value: sampleValue(value),
      labels,
      series: seriesLabels,
    })),
  );
}
