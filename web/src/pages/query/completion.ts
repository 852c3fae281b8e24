// What the editor may complete, asked of this server once a minute at most.
import type { PrometheusClient } from "@prometheus-io/codemirror-promql";
import { labelNames, labelValues, metadata, metricNames, series } from "../../api/catalogue.ts";

const FRESH_MS = 60_000;
const SERIES_MAX = 1000;

const answers = new Map<string, { until: number; answer: Promise<unknown> }>();

/** The same question within a minute has the same answer; a failed one is asked again. */
function once<T>(key: string, ask: () => Promise<T>, failed: T): Promise<T> {
  const known = answers.get(key);
  if (known && known.until > Date.now()) return known.answer as Promise<T>;
  const answer = ask().catch(() => {
    answers.delete(key);
    return failed;
  });
  answers.set(key, { until: Date.now() + FRESH_MS, answer });
  return answer;
}

/** Narrowed by the metric alone: matchers half written would match nothing. */
const selector = (metric: string | undefined): string | undefined => (metric ? `{__name__=${JSON.stringify(metric)}}` : undefined);

export const completionSource: PrometheusClient = {
  labelNames: (metric) => once(`names ${metric}`, () => labelNames(selector(metric)), []),
  labelValues: (label, metric) => once(`values ${label} ${metric}`, () => labelValues(label, selector(metric)), []),
  metricMetadata: () => once("metadata", () => metadata(), {}),
  metricNames: () => once("metrics", () => metricNames(), []),
  series: async (metric) => {
    const chosen = selector(metric) ?? '{__name__!=""}';
    const found = await once(`series ${chosen}`, () => series(chosen, SERIES_MAX), []);
    return found.map((labels) => new Map(Object.entries(labels)));
  },
  flags: () => Promise.resolve({}),
};
